"""Random tokens, how they are kept, and secrets that all servers on one database share."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from results.database.engine import Database
from results.database.schema import SecretRow

TOKEN_BYTES = 24
"""192 random bits: nobody finds one by trying."""


def new_token() -> str:
    """A token that can stand in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hashed(token: str) -> str:
    """What is kept of a token. A plain hash will do: there is nothing to guess in random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def shared_secret(database: Database, name: str) -> str:
    """The installation's secret of that name; made when it is first asked for."""
    query = select(SecretRow.value).where(SecretRow.name == name)
    with database.read() as connection:
        known = connection.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    with database.write() as connection:
        try:
            with connection.begin_nested():
                connection.execute(insert(SecretRow).values(name=name, value=secrets.token_urlsafe(48)))
        except IntegrityError:
            pass  # another server was faster
        return connection.execute(query).scalar_one()
