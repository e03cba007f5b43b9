"""Operators: those who run the installation, by name and password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from results.access.names import checked_name
from results.database.engine import Database
from results.database.errors import AccessError, NotFoundError
from results.database.schema import OperatorRow, SignInRow

SHORTEST = 8
"""Characters of a password. Length is what protects (NIST SP 800-63B); no other rule is made."""
LONGEST = 1000


@dataclass(frozen=True)
class Operator:
    key: int
    name: str
    created: datetime


class Operators:
    """The operators of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, password: str) -> Operator:
        """A new operator. Raises AccessError: the name is taken or empty, the password too short."""
        name = checked_name(name, "An operator")
        values = {"name": name, "password": _hash(password), "created": datetime.now(UTC)}
        with self._database.write() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(OperatorRow).values(values))
            except IntegrityError as error:
                raise AccessError(f"There is already an operator {name!r}.") from error
        return next(operator for operator in self.all() if operator.name == name)

    def set_password(self, name: str, password: str) -> None:
        """Another password; browsers that are signed in by the one before are signed out.

        Raises NotFoundError; AccessError: it is too short.
        """
        kept = _hash(password)
        with self._database.write() as connection:
            row = connection.execute(select(OperatorRow).where(OperatorRow.name == name)).first()
            if row is None:
                raise NotFoundError(f"There is no operator {name!r}.")
            self._keep(connection, row.key, kept)
            connection.execute(delete(SignInRow).where(SignInRow.operator_key == row.key))

    def remove(self, name: str) -> None:
        """Take an operator out; their browsers are signed out with them. Raises NotFoundError."""
        with self._database.write() as connection:
            if connection.execute(delete(OperatorRow).where(OperatorRow.name == name)).rowcount == 0:
                raise NotFoundError(f"There is no operator {name!r}.")

    def all(self) -> list[Operator]:
        """By name."""
        with self._database.read() as connection:
            rows = connection.execute(select(OperatorRow).order_by(OperatorRow.name)).fetchall()
        return [Operator(row.key, row.name, row.created.astimezone()) for row in rows]

    def any(self) -> bool:
        with self._database.read() as connection:
            return bool(connection.execute(select(func.count()).select_from(OperatorRow)).scalar_one())

    def verify(self, name: str, password: str) -> Operator | None:
        """The operator of that name and password; None where one of them is wrong.

        Takes as long for a name that nobody has.
        """
        with self._database.read() as connection:
            row = connection.execute(select(OperatorRow).where(OperatorRow.name == name)).first()
        right = _fits(row.password if row is not None else _nobodys(), password)
        if row is None or not right:
            return None
        if _hasher().check_needs_rehash(row.password):
            with self._database.write() as connection:
                self._keep(connection, row.key, _hasher().hash(password))
        return Operator(row.key, row.name, row.created.astimezone())

    def _keep(self, connection: Connection, key: int, kept: str) -> None:
        connection.execute(update(OperatorRow).where(OperatorRow.key == key).values(password=kept))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id with the parameters of RFC 9106 that suit a small server


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has."""
    return _hasher().hash("nobody's password")


def _hash(password: str) -> str:
    if len(password) < SHORTEST:
        raise AccessError(f"A password has at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise AccessError(f"A password has at most {LONGEST} characters.")
    return _hasher().hash(password)


def _fits(kept: str, password: str) -> bool:
    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False
