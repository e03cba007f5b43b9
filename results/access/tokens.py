"""Tokens by which programs get in: `Authorization: Bearer <token>`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from results.access.names import checked_name
from results.access.secrets import hashed, new_token
from results.database.engine import Database
from results.database.errors import AccessError, NotFoundError
from results.database.schema import TokenRow


@dataclass(frozen=True)
class Token:
    """What is known of a program's token; the token itself is told once, when it is made."""

    name: str
    read_only: bool
    created: datetime
    expires: datetime | None

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires <= datetime.now(UTC)


class Tokens:
    """The tokens of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, *, read_only: bool = False, days: float | None = None) -> str:
        """A new token, for `days` or until it is revoked. Raises AccessError: the name is taken or empty."""
        name = checked_name(name, "A token")
        token, now = new_token(), datetime.now(UTC)
        values = {
            "name": name,
            "hash": hashed(token),
            "read_only": read_only,
            "created": now,
            "expires": None if days is None else now + timedelta(days=days),
        }
        with self._database.write() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(TokenRow).values(values))
            except IntegrityError as error:
                raise AccessError(f"There is already a token {name!r}.") from error
        return token

    def all(self) -> list[Token]:
        """By name, those that have expired too."""
        with self._database.read() as connection:
            rows = connection.execute(select(TokenRow).order_by(TokenRow.name)).fetchall()
        return [Token(row.name, row.read_only, row.created, row.expires) for row in rows]

    def revoke(self, name: str) -> None:
        """From now on the token opens nothing. Raises NotFoundError."""
        with self._database.write() as connection:
            if connection.execute(delete(TokenRow).where(TokenRow.name == name)).rowcount == 0:
                raise NotFoundError(f"There is no token {name!r}.")

    def find(self, token: str) -> Token | None:
        """What a program's token is, if it still holds."""
        holds = or_(TokenRow.expires.is_(None), TokenRow.expires > datetime.now(UTC))
        with self._database.read() as connection:
            row = connection.execute(select(TokenRow).where(TokenRow.hash == hashed(token), holds)).first()
        return None if row is None else Token(row.name, row.read_only, row.created, row.expires)
