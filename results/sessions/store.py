"""The record of all sessions: begin one, list them, read them back, name, mark and delete them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from results.database.engine import Database
from results.database.errors import InputError, NotFoundError, StoreError
from results.database.ids import insert_under_free_id, literal, slug
from results.database.schema import FaceRow, SessionRow, StretchRow
from results.sessions.owner import this_process
from results.sessions.reading import (
    face_names,
    find_session,
    load_events,
    load_samples,
    load_stretches,
    require_face,
    session_of,
    state_of,
)
from results.sessions.records import Event, Kind, Session, State, Stretch, StretchKind
from results.sessions.samples import Samples
from results.sessions.statistics import digest
from results.sessions.still_faces import still_faces
from results.sessions.writer import SessionWriter

MOST_TAGS, LONGEST_TAG = 20, 50


class Store:
    """The sessions folder and its database.

    Any number of processes and threads may use the same one at a time. Methods raise StoreError when the
    database cannot be used, and NotFoundError (a LookupError) for an id that is not there.

    folder: where sessions keep their files; SQLite's database is `valence.db` in it.
    url: another database instead, as SQLAlchemy writes it (`postgresql+psycopg://user@host/name`).
    """

    def __init__(self, folder: Path | str, url: str | None = None) -> None:
        self.root = Path(folder)
        self.database = Database(self.root, url)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    # Writing a session

    def begin(
        self,
        name: str,
        *,
        source: str,
        kind: Kind | str,
        device: str = "",
        model_name: str = "",
        model_sha256: str = "",
        settings: Mapping[str, Any] | None = None,
        created: datetime | None = None,
        origin: Path | None = None,
        person: str | None = None,
        patience: float = 0.0,
    ) -> SessionWriter:
        """Start a session, owned by this process until it is finished.

        name: what people will call it (a file's stem, usually); any text. settings: anything JSON can hold.
        created: with a zone; now by default. origin: the file that is read, where `source` only tells people
        what it is called; by default the file that `source` names. person: the hash of what the participant
        who is seen is known by. patience: seconds for which a commit that fails is tried again.
        """
        self.close_interrupted()
        kind = Kind(kind)
        created = created or datetime.now().astimezone()
        stem = f"{created:%Y-%m-%d_%H-%M-%S}_{slug(name)}"
        owner = this_process()
        file = origin or (None if kind is Kind.LIVE else Path(source))
        values = {
            "name": name,
            "source": source,
            "origin": str(file.resolve()) if file else "",
            "person": person,
            "kind": kind.value,
            "created": created,
            "state": State.RUNNING.value,
            "device": device,
            "model_name": model_name,
            "model_sha256": model_sha256,
            "settings": dict(settings or {}),
            "files": {},
            "owner_host": owner.host,
            "owner_pid": owner.pid,
            "owner_started": owner.started,
            "heartbeat": datetime.now(UTC),
        }
        with self.database.write() as connection:
            key, session_id = insert_under_free_id(connection, SessionRow, stem, values)
        return SessionWriter(self.database, key, session_id, self.folder(session_id), patience)

    def close_interrupted(self) -> None:
        """Write down what reading sees anyway: sessions whose process is gone no longer run.

        For programs that write; they do so when they begin.
        """
        with self.database.read() as connection:
            orphans = _abandoned(connection)
        for row in orphans:
            with self.database.write() as connection:
                samples = load_samples(connection, row.key)
                connection.execute(
                    update(SessionRow)
                    .where(SessionRow.key == row.key)
                    .where(SessionRow.state == State.RUNNING.value)
                    .where(SessionRow.heartbeat == row.heartbeat)
                    .values(state=State.INTERRUPTED.value, digest=digest(samples, row.duration_s).as_json())
                )

    def folder(self, session_id: str) -> Path:
        """Where a session's files are; it may not exist."""
        return self.root / session_id

    def make_folder(self, session_id: str) -> Path:
        """A session's folder, which is there from now on. Raises StoreError."""
        self.database.require_folder()
        folder = self.folder(session_id)
        try:
            folder.mkdir(exist_ok=True)  # not its parents: a sessions folder that is gone stays gone
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be made: {error.strerror}") from error
        return folder

    # Finding sessions

    def sessions(
        self,
        *,
        search: str | None = None,
        state: State | str | None = None,
        kind: Kind | str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Session]:
        """Sessions, newest first; `search` looks in their ids, names and sources, whatever the case.

        since: with a zone; those that began then or later.
        """
        query = _found(select(SessionRow), search)
        if kind is not None:
            query = query.where(SessionRow.kind == Kind(kind).value)
        if since is not None:
            query = query.where(SessionRow.created >= since)
        query = query.order_by(SessionRow.created.desc(), SessionRow.key.desc())
        if limit is not None or offset:
            query = query.limit(limit).offset(offset)
        with self.database.read() as connection:
            if state is not None:
                query = query.where(_in_state(connection, State(state)))
            rows = connection.execute(query).fetchall()
            names = face_names(connection, [row.key for row in rows])
            return [session_of(connection, row, names[row.key], self.root) for row in rows]

    def count(self, *, search: str | None = None, state: State | str | None = None) -> int:
        """How many sessions there are, or are found."""
        query = _found(select(func.count()).select_from(SessionRow), search)
        with self.database.read() as connection:
            if state is not None:
                query = query.where(_in_state(connection, State(state)))
            return int(connection.execute(query).scalar_one())

    def get(self, session_id: str) -> Session:
        """One session, by its id or any beginning of it that fits no other."""
        with self.database.read() as connection:
            row = find_session(connection, session_id)
            found = session_of(connection, row, face_names(connection, [row.key])[row.key], self.root)
            return replace(found, still_faces=still_faces(connection, row.key))

    def read_from(self, path: Path) -> list[str]:
        """The ids of the sessions that were read from this file, whether they came to their end or not."""
        query = select(SessionRow.id).where(SessionRow.origin == str(path.resolve()))
        with self.database.read() as connection:
            return list(connection.execute(query).scalars())

    def latest_of(self, path: Path) -> Session | None:
        """The newest finished session that was read from this file as it now is; None without one."""
        origin = path.resolve()
        query = (
            select(SessionRow.id)
            .where(SessionRow.origin == str(origin), SessionRow.state == State.DONE.value)
            .order_by(SessionRow.created.desc(), SessionRow.key.desc())
        )
        with self.database.read() as connection:
            found = connection.execute(query.limit(1)).scalar_one_or_none()
        session = self.get(found) if found else None
        if session is None or session.created.timestamp() + 1 < origin.stat().st_mtime:
            return None
        return session

    def samples(self, session_id: str, face_id: int | None = None, after_frame: int | None = None) -> Samples:
        """A session's samples so far, of all faces or of one, of all frames or of those after one."""
        with self.database.read() as connection:
            key = find_session(connection, session_id).key
            return load_samples(connection, key, face_id, after_frame)

    def events(self, session_id: str) -> list[Event]:
        """What happened during a session, in the order of its clock."""
        with self.database.read() as connection:
            return load_events(connection, find_session(connection, session_id).key)

    # What users add to a session

    def rename(self, session_id: str, name: str) -> None:
        """Give a session another name; its id and folder stay."""
        if not name.strip():
            raise InputError("A session's name cannot be empty.")
        self._update(session_id, name=name.strip())

    def tag(self, session_id: str, tags: Iterable[str]) -> None:
        """Give a session these tags and no others; each counts once, whatever its case."""
        given = {tag.casefold(): tag for tag in (" ".join(tag.split()) for tag in tags) if tag}
        if len(given) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in given.values()):
            raise InputError(f"A session has at most {MOST_TAGS} tags of {LONGEST_TAG} characters.")
        self._update(session_id, tags=sorted(given.values(), key=str.casefold))

    def name_face(self, session_id: str, face_id: int, name: str) -> None:
        """Name a face; an empty name takes it back. NotFoundError if the session has no such face."""
        with self.database.write() as connection:
            row = find_session(connection, session_id)
            require_face(connection, row, face_id)
            key = row.key
            connection.execute(delete(FaceRow).where(FaceRow.session_key == key, FaceRow.face_id == face_id))
            if name.strip():
                connection.execute(
                    insert(FaceRow).values(session_key=key, face_id=face_id, name=name.strip())
                )

    def set_files(self, session_id: str, files: Mapping[str, Path | str]) -> None:
        """Say which files belong to a session, by what they are; they are deleted with it."""
        with self.database.write() as connection:
            row = find_session(connection, session_id)
            known = {**row.files, **{what: self._kept_path(Path(path)) for what, path in files.items()}}
            connection.execute(update(SessionRow).where(SessionRow.key == row.key).values(files=known))

    def stretches(self, session_id: str) -> list[Stretch]:
        """Markers and exclusions, in the order of the session's clock."""
        with self.database.read() as connection:
            return load_stretches(connection, find_session(connection, session_id).key)

    def add_stretch(
        self,
        session_id: str,
        kind: StretchKind | str,
        start: float,
        end: float | None = None,
        label: str = "",
        face_id: int | None = None,
    ) -> Stretch:
        """Set a marker (at `start`, or from `start` to `end`) or exclude a stretch (`end` is needed)."""
        kind = StretchKind(kind)
        if end is None and kind is StretchKind.EXCLUDED:
            raise InputError("An excluded stretch needs an end.")
        end = start if end is None else end
        if not 0 <= start <= end < float("inf"):
            raise InputError(f"A stretch from {start:g} to {end:g} seconds is not possible.")
        with self.database.write() as connection:
            values = {
                "session_key": find_session(connection, session_id).key,
                "kind": kind.value,
                "start": float(start),
                "end": float(end),
                "label": label,
                "face_id": face_id,
            }
            (key,) = connection.execute(insert(StretchRow).values(values)).inserted_primary_key or (0,)
        return Stretch(int(key), kind, float(start), float(end), label, face_id)

    def remove_stretch(self, session_id: str, key: int) -> None:
        with self.database.write() as connection:
            session_key = find_session(connection, session_id).key
            query = delete(StretchRow).where(StretchRow.session_key == session_key, StretchRow.key == key)
            if connection.execute(query).rowcount == 0:
                raise NotFoundError(f"Session {session_id} has no marker or exclusion {key}.")

    def delete(self, session_id: str) -> None:
        """Remove every trace of a session: its files, its folder, its rows, and the pages that held them.

        Files go first: if one cannot be removed (StoreError), the session stays listed for another try.
        """
        with self.database.read() as connection:
            row = find_session(connection, session_id)
        files = [self.root / file for file in row.files.values()]
        remove_files(self.folder(row.id), files)
        for folder in {file.parent for file in files if file.parent.name == row.id}:
            _remove_if_empty(folder)  # where results went elsewhere, into a folder of the session's name
        with self.database.write() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.key == row.key))
        self.database.scrub()
        remove_files(self.folder(row.id), files)  # what somebody wrote anew in the meantime

    def _kept_path(self, path: Path) -> str:
        """Relative to the sessions folder where it is in there, so that the folder can be moved."""
        absolute, root = path.resolve(), self.root.resolve()
        inside = absolute.is_relative_to(root)
        return (absolute.relative_to(root) if inside else absolute).as_posix()

    def _update(self, session_id: str, **values: Any) -> None:
        with self.database.write() as connection:
            key = find_session(connection, session_id).key
            connection.execute(update(SessionRow).where(SessionRow.key == key).values(values))


def remove_files(folder: Path | None = None, files: Iterable[Path] = ()) -> None:
    """Remove files, and a folder with all it holds; what is not there is fine. Raises StoreError."""
    try:
        for file in files:
            file.unlink(missing_ok=True)
        if folder is not None and folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(f"{error.filename} cannot be deleted: {error.strerror}") from error


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _found(query: Select[Any], search: str | None) -> Select[Any]:
    """Only sessions in whose id, name or source the words occur, whatever the case."""
    if not search:
        return query
    wanted = f"%{literal(search)}%"
    columns = (SessionRow.id, SessionRow.name, SessionRow.source)
    return query.where(or_(*(column.ilike(wanted, escape="\\") for column in columns)))


def _abandoned(connection: Connection) -> list[Row[Any]]:
    """The sessions that say they run, and do not."""
    query = select(SessionRow).where(SessionRow.state == State.RUNNING.value)
    return [row for row in connection.execute(query) if state_of(row) is State.INTERRUPTED]


def _in_state(connection: Connection, state: State) -> ColumnElement[bool]:
    """What a query asks of sessions that stand so, whatever is written down of those that were abandoned."""
    written = SessionRow.state == state.value
    if state not in (State.RUNNING, State.INTERRUPTED):
        return written
    gone = SessionRow.key.in_([row.key for row in _abandoned(connection)])
    return or_(written, gone) if state is State.INTERRUPTED else and_(written, ~gone)
