"""Browsers that are signed in, and the addresses that sign one in once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select

from results.access.secrets import hashed, new_token
from results.database.engine import Database
from results.database.schema import EntryRow, OperatorRow, SignInRow

SIGNED_IN_FOR = timedelta(days=7)
ENTRY_FOR = timedelta(hours=12)
"""How long an address that signs in once may wait to be opened."""


@dataclass(frozen=True)
class SignIn:
    """A browser that is signed in."""

    operator: str | None
    """None: by the address that the server printed on its own computer."""
    expires: datetime


class SignIns:
    """The sign-ins of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new_entry(self) -> str:
        """A token that signs one browser in, once."""
        token, now = new_token(), datetime.now(UTC)
        with self._database.write() as connection:
            connection.execute(delete(EntryRow).where(EntryRow.expires < now))
            connection.execute(insert(EntryRow).values(hash=hashed(token), expires=now + ENTRY_FOR))
        return token

    def enter(self, token: str) -> str | None:
        """Use an entry up, and return what its browser is known by from now on; None: it is not (any more)
        an entry."""
        now = datetime.now(UTC)
        with self._database.read() as connection:  # looking writes nothing
            query = select(EntryRow.hash).where(EntryRow.hash == hashed(token), EntryRow.expires > now)
            if connection.execute(query).first() is None:
                return None
        with self._database.write() as connection:
            used = delete(EntryRow).where(EntryRow.hash == hashed(token), EntryRow.expires > now)
            if connection.execute(used).rowcount == 0:
                return None
        return self.begin()

    def begin(self, operator_key: int | None = None) -> str:
        """Sign a browser in; returns what it is known by from now on."""
        token, now = new_token(), datetime.now(UTC)
        values = {
            "hash": hashed(token),
            "operator_key": operator_key,
            "created": now,
            "expires": now + SIGNED_IN_FOR,
        }
        with self._database.write() as connection:
            connection.execute(delete(SignInRow).where(SignInRow.expires < now))
            connection.execute(insert(SignInRow).values(values))
        return token

    def find(self, token: str) -> SignIn | None:
        """The sign-in that a browser's token stands for, if it still holds."""
        query = (
            select(SignInRow.expires, OperatorRow.name)
            .outerjoin(OperatorRow, OperatorRow.key == SignInRow.operator_key)
            .where(SignInRow.hash == hashed(token), SignInRow.expires > datetime.now(UTC))
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else SignIn(row.name, row.expires)

    def end_all(self) -> int:
        """Sign every browser out, and void addresses that sign in; returns how many browsers it was."""
        with self._database.write() as connection:
            connection.execute(delete(EntryRow))
            return connection.execute(delete(SignInRow)).rowcount

    def end(self, token: str) -> None:
        """Sign a browser out."""
        with self._database.write() as connection:
            connection.execute(delete(SignInRow).where(SignInRow.hash == hashed(token)))
