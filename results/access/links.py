"""Links for people who have no name here: participants of a stimulus, spectators of a live session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, insert, or_, select, update

from results.access.secrets import new_token
from results.database.engine import Database
from results.database.errors import NotFoundError
from results.database.schema import LinkRow, SessionRow, StimulusRow, StudyRow
from results.sessions.reading import find_session
from results.studies.records import find_stimulus, find_study


@dataclass(frozen=True)
class Link:
    """A link to one stimulus, or to one session."""

    key: int
    token: str
    note: str
    """Whom it is for; for whoever hands it out."""
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    study: str | None = None
    """With `stimulus`: for participants."""
    stimulus: str | None = None
    session: str | None = None
    """For spectators."""

    @property
    def open(self) -> bool:
        """Whether it still lets anybody in."""
        return self.revoked is None and (self.expires is None or self.expires > datetime.now(UTC))


class Links:
    """The links of a database. They are deleted with the stimulus or session to which they lead."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def invite(self, study: str, stimulus: str, *, note: str = "", days: float | None = None) -> Link:
        """A link for participants. Raises NotFoundError."""
        with self._database.read() as connection:
            key = find_stimulus(connection, find_study(connection, study).key, stimulus).key
        return self._make(days, stimulus_key=key, note=note)

    def show(self, session: str, *, note: str = "") -> Link:
        """A link for spectators. Raises NotFoundError."""
        with self._database.read() as connection:
            key = find_session(connection, session).key
        return self._make(None, session_key=key, note=note)

    def find(self, token: str) -> Link | None:
        """The link of that token, be it open or not; None where there is none (any more)."""
        with self._database.read() as connection:
            row = connection.execute(_links().where(LinkRow.token == token)).first()
        return None if row is None else _link_of(row)

    def of_study(self, study: str) -> list[Link]:
        """All links of a study, those that no longer let anybody in too, in the order they were made."""
        with self._database.read() as connection:
            key = find_study(connection, study).key
            rows = connection.execute(_links().where(StimulusRow.study_key == key)).fetchall()
        return [_link_of(row) for row in rows]

    def of_session(self, session: str) -> list[Link]:
        """All links of a session, in the order they were made."""
        with self._database.read() as connection:
            key = find_session(connection, session).key
            rows = connection.execute(_links().where(LinkRow.session_key == key)).fetchall()
        return [_link_of(row) for row in rows]

    def revoke(self, key: int) -> None:
        """The link lets nobody in any more. Raises NotFoundError."""
        with self._database.write() as connection:
            query = update(LinkRow).where(LinkRow.key == key, LinkRow.revoked.is_(None))
            if connection.execute(query.values(revoked=datetime.now(UTC))).rowcount == 0:
                raise NotFoundError(f"There is no link {key} that could be revoked.")

    def _make(self, days: float | None, **values: Any) -> Link:
        token, now = new_token(), datetime.now(UTC)
        expires = None if days is None else now + timedelta(days=days)
        with self._database.write() as connection:
            connection.execute(insert(LinkRow).values(token=token, created=now, expires=expires, **values))
        made = self.find(token)
        assert made is not None
        return made


def _links() -> Select[Any]:
    query: Any = (
        select(
            LinkRow,
            StudyRow.id.label("study_id"),
            StimulusRow.id.label("stimulus_id"),
            SessionRow.id.label("session_id"),
        )
        .outerjoin(StimulusRow, StimulusRow.key == LinkRow.stimulus_key)
        .outerjoin(StudyRow, StudyRow.key == StimulusRow.study_key)
        .outerjoin(SessionRow, SessionRow.key == LinkRow.session_key)
        .where(or_(LinkRow.stimulus_key.is_not(None), LinkRow.session_key.is_not(None)))
        .order_by(LinkRow.key)
    )
    return query  # type: ignore[no-any-return]


def _link_of(row: Row[Any]) -> Link:
    return Link(
        key=row.key,
        token=row.token,
        note=row.note,
        created=row.created,
        expires=row.expires,
        revoked=row.revoked,
        study=row.study_id,
        stimulus=row.stimulus_id,
        session=row.session_id,
    )
