"""The audit trail: what was deleted, exported or let in, when, and by whom."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import insert, select

from results.database.engine import Database
from results.database.errors import StoreError
from results.database.schema import AuditRow

log = logging.getLogger("valence.audit")


@dataclass(frozen=True)
class AuditLine:
    time: datetime
    who: str
    """An operator, a program's token, a participant, or the user of a terminal."""
    action: str
    what: str


class Audit:
    """The audit trail of a database; also on the log `valence.audit`.

    It outlives what it speaks of, and so names nobody who was seen: a session by its time, a viewer not at
    all.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, who: str, action: str, what: str) -> None:
        """Add a line.

        Where the database cannot be written (a full disk, a folder that may only be read) it is on the log
        alone: who wants to save their data from there must be able to export it.
        """
        log.info("%s: %s %s", who, action, what)
        values = {"time": datetime.now(UTC), "who": who, "action": action, "what": what}
        try:
            with self._database.write() as connection:
                connection.execute(insert(AuditRow).values(values))
        except StoreError as error:
            log.error("The audit trail lacks a line (%s %s %s): %s", who, action, what, error)

    def lines(self, limit: int = 100) -> list[AuditLine]:
        """The latest first."""
        query = select(AuditRow).order_by(AuditRow.time.desc(), AuditRow.key.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).fetchall()
        return [AuditLine(row.time.astimezone(), row.who, row.action, row.what) for row in rows]


def nameless(session_id: str) -> str:
    """A session's id without the name in it, which may be somebody's.

    >>> nameless("2026-11-22_18-30-05_ann")
    'session 2026-11-22_18-30-05'
    """
    return f"session {session_id[:19]}"
