"""Bringing a database to the schema of this program: made new, or upgraded in place by Alembic's revisions.

Databases of before Alembic carry their version, 1 or 2, in a table `schema`; revision ``2`` is what version 2
was.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, insert, inspect, text

from results.database.errors import StoreError
from results.database.schema import Base, VersionRow

HEAD = "9"
"""The revision that `results.database.schema` declares."""
SCRIPTS = Path(__file__).resolve().parent / "migrations"
_LOCK = 0x56414C45  # "VALE": the key of PostgreSQL's advisory lock while tables are made


def is_current(connection: Connection) -> bool:
    """Whether nothing is to be done."""
    return _revision(connection) == HEAD


def prepare(connection: Connection) -> None:
    """Make the tables, or bring those of an older program up to date, in the connection's transaction.

    Raises StoreError for a database of a program that is newer than this one.
    """
    if connection.dialect.name == "postgresql":  # SQLite's write transaction already keeps others out
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    revision = _revision(connection)
    if revision == HEAD:  # another process was faster
        return
    if revision is None:
        Base.metadata.create_all(connection)
        _stamp(connection, HEAD)
        return
    if not revision.isdecimal() or not 1 <= int(revision) < int(HEAD):
        raise StoreError(
            f"The database is of version {revision} and this program understands version {HEAD}: "
            "use the program that wrote it, or another sessions folder."
        )
    _upgrade(connection, revision)


def _revision(connection: Connection) -> str | None:
    """What the database says of itself; None where it has no tables of ours."""
    for table, column in (("alembic_version", "version_num"), ("schema", "version")):
        if inspect(connection).has_table(table):
            found = connection.execute(text(f"SELECT {column} FROM {table}")).scalar_one_or_none()
            return str(found or 0)
    return None


def _stamp(connection: Connection, revision: str) -> None:
    """Note the revision as Alembic does, which takes a fifth of a second to load and is not needed for it."""
    Base.metadata.create_all(connection, tables=[Base.metadata.tables[VersionRow.__tablename__]])
    connection.execute(insert(VersionRow).values(version_num=revision))


def _upgrade(connection: Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    if not inspect(connection).has_table("alembic_version"):
        _stamp(connection, revision)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
