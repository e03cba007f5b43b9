"""Opening the database: its file, its settings, its transactions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from results.database.errors import StoreError
from results.database.migration import is_current, prepare
from results.database.texts import storable

DATABASE_NAME = "valence.db"
BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for another process's commit before it gives up; a commit takes milliseconds."""


class Database:
    """An engine whose tables exist and are of this version.

    Raises StoreError, with the reason in one line, when it cannot be opened.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.given_url = url
        """As it was handed in, for another process that is to open the same."""
        # Not written as one: a path may hold characters that mean something in an address.
        self.url = url or URL.create("sqlite", database=str(folder / DATABASE_NAME))
        try:
            if not folder.exists():  # one that is there stays as a team has set it up
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = _identity(folder)
            self.read_only = url is None and _may_only_be_read(folder / DATABASE_NAME)
            if self.read_only:
                self.url = _unchanging(folder / DATABASE_NAME)
            self.engine = _engine(self.url)
            self._file: _Identity | None = None
            try:
                self._make_ready()
            except BaseException:
                self.close()  # on Windows nobody could move or remove a file that is held open
                raise
            self._file = _identity(folder / DATABASE_NAME) if url is None else None
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StoreError(f"The database address {self.address!r} cannot be used: {error}") from error
        except OSError as error:
            raise StoreError(f"The sessions folder {folder} cannot be made: {error.strerror}") from error

    @property
    def address(self) -> str:
        """The database's URL without its password."""
        try:
            url = make_url(self.url)
            shown = url.set(database=storable(url.database or ""))
            return shown.render_as_string(hide_password=True)
        except ArgumentError:
            return str(self.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state of the database."""
        with self._explained("read"), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is committed at the end, or rolled back if anything is raised in it."""
        if self.read_only:
            raise StoreError(
                f"The sessions folder {self.folder} may only be read: change that, or use another one."
            )
        with (
            self._explained("write to"),
            self.engine.connect().execution_options(valence_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    def _make_ready(self) -> None:
        with self.read() as connection:
            ready = is_current(connection)
        if not ready:
            with self.write() as connection:
                prepare(connection)

    def require_folder(self) -> None:
        """Raises StoreError where the sessions folder, or the database in it, is gone or is another one by
        now.

        What were written then would be nowhere. When it is put back, all is well again.
        """
        gone = _identity(self.folder) != self._folder
        if gone or (self._file is not None and _identity(self.folder / DATABASE_NAME) != self._file):
            what = f"sessions folder {self.folder}" if gone else f"database in {self.folder}"
            raise StoreError(
                f"The {what} is gone, or another one is in its place: put it back, or restart the program."
            )

    def trouble(self) -> str | None:
        """Why nothing can be stored or read just now; None where all is well."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except StoreError as error:
            return str(error)
        return None

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        self.require_folder()
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"Cannot {doing} the database {self.address}: {error.orig}") from error
        except PoolTimeoutError as error:  # a server that does not answer has all of them
            raise StoreError(f"Cannot {doing} the database {self.address}: no connection is free.") from error

    def scrub(self) -> None:
        """Empty SQLite's write-ahead log, which still holds pages of what was deleted."""
        if self.engine.dialect.name == "sqlite":
            with self._explained("clean"), self.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.engine.dispose()


def _may_only_be_read(file: Path) -> bool:
    """Whether SQLite could not make the files that it wants beside a database, and does without them."""
    if os.access(file.parent, os.W_OK) or not file.exists():
        return False
    beside = [file.with_name(f"{file.name}-{end}") for end in ("wal", "shm")]
    return not any(path.exists() for path in beside)  # else somebody writes, or was cut off while writing


def _unchanging(file: Path) -> URL:
    """The address of a database that nobody writes (sqlite.org/uri.html)."""
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    return URL.create("sqlite", database=f"file:{quote(str(file.absolute()))}", query=query)


_Identity = tuple[int, int]


def _identity(path: Path) -> _Identity | None:
    """What makes a file or folder this one, wherever it is moved; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _engine(url: str | URL) -> Engine:
    if not make_url(url).get_backend_name().startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    # As many connections as threads want: those that wait for a locked database have theirs
    # for all of BUSY_TIMEOUT_S, and who only reads must not wait for them.
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S}, poolclass=QueuePool, max_overflow=-1
    )
    read_only = "immutable" in make_url(url).query

    def connected(connection: Any, _record: Any) -> None:
        # Transactions are begun below, by us: the driver's own would begin as readers, and a reader that
        # turns writer while another process commits fails at once, whatever the timeout.
        connection.isolation_level = None
        if not read_only:
            _write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")  # safe in WAL against a killed process
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlinked

    def begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("valence_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _write_ahead(connection: Any) -> None:
    """Turn a SQLite database to write-ahead logging, which it remembers.

    Two processes that open a new database at once both want it for themselves for a moment, and SQLite
    does not wait for this statement, whatever the timeout: the one that comes second tries again.
    """
    give_up = monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except OperationalError as error:
            if "locked" not in str(error) or monotonic() > give_up:
                raise
            sleep(0.02)
        else:
            return
