"""How sessions and samples come back out of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, select

from results.database.errors import AmbiguousError, NotFoundError
from results.database.ids import literal
from results.database.schema import EventRow, FacePartRow, FaceRow, SessionRow, StretchRow
from results.sessions.faces import Part, Parts, shown
from results.sessions.owner import Owner
from results.sessions.records import Digest, Event, Kind, Session, State, Stretch, StretchKind
from results.sessions.samples import EXTRAS, SAMPLE_COLUMNS, Samples, arrays_of
from results.sessions.statistics import digest
from results.sessions.table import SAMPLES

_EXTRAS = {column.name: column for column in EXTRAS}
GIVEN_UP_AFTER = timedelta(seconds=60)
"""A session of another host that gave no sign of life for this long counts as interrupted."""


def load_samples(
    connection: Connection, session_key: int, face_id: int | None = None, after_frame: int | None = None
) -> Samples:
    """All samples of one session, or of one of its faces, or after a frame; ordered by frame, then face.

    Faces are as users have merged and split them.
    """
    return Samples(*load_fields(connection, session_key, [*SAMPLE_COLUMNS], face_id, after_frame))


def load_fields(
    connection: Connection,
    session_key: int,
    names: Sequence[str],
    face_id: int | None = None,
    after_frame: int | None = None,
) -> list[Any]:
    """Of the samples that `load_samples` reads, only these fields, or single extras, in half the time if they
    are few."""
    edited = load_parts(connection, session_key)
    if edited:
        told = shown(load_tracks(connection, session_key), edited, _time_constant(connection, session_key))
        if face_id is not None:
            told = told.of_face(face_id)
        if after_frame is not None:
            told = told[told.frame > after_frame]
        return [told.extra(_EXTRAS[name]) if name in _EXTRAS else getattr(told, name) for name in names]
    return _stored_fields(connection, session_key, names, face_id, after_frame)


def load_tracks(connection: Connection, session_key: int) -> Samples:
    """All samples of a session as they were analysed: `face_id` is the track, whatever users made of it."""
    return Samples(*_stored_fields(connection, session_key, [*SAMPLE_COLUMNS]))


def load_parts(connection: Connection, session_key: int) -> Parts:
    """What users made of a session's faces; nothing for nearly all sessions."""
    query = select(FacePartRow).where(FacePartRow.session_key == session_key)
    rows = connection.execute(query.order_by(FacePartRow.track, FacePartRow.first))
    return tuple(Part(row.track, row.first, row.face_id) for row in rows)


def face_counts(connection: Connection, session_key: int) -> dict[int, int]:
    """How many samples each face of a session has, by face id."""
    if load_parts(connection, session_key):
        (faces,) = load_fields(connection, session_key, ["face_id"])
        return {int(face): int((faces == face).sum()) for face in sorted({*faces.tolist()})}
    query = select(SAMPLES.c.face_id, func.count()).where(SAMPLES.c.session_key == session_key)
    rows = connection.execute(query.group_by(SAMPLES.c.face_id).order_by(SAMPLES.c.face_id))
    return {int(face): int(count) for face, count in rows}


def main_face(connection: Connection, session_key: int) -> int | None:
    """The face with the most samples, of several the one that came first; None without any."""
    counts = face_counts(connection, session_key)
    return max(counts, key=lambda face: (counts[face], -face), default=None)


def require_face(connection: Connection, session: Row[Any], face_id: int) -> None:
    """Raises NotFoundError unless the session has this face."""
    if load_parts(connection, session.key):
        there = face_id in face_counts(connection, session.key)
    else:
        query = select(SAMPLES.c.face_id).where(
            SAMPLES.c.session_key == session.key, SAMPLES.c.face_id == face_id
        )
        there = connection.execute(query.limit(1)).first() is not None
    if not there:
        raise NotFoundError(f"Session {session.id} has no face {face_id}.")


def _stored_fields(
    connection: Connection,
    session_key: int,
    names: Sequence[str],
    face_id: int | None = None,
    after_frame: int | None = None,
) -> list[Any]:
    parts = [(_EXTRAS[name],) if name in _EXTRAS else SAMPLE_COLUMNS[name] for name in names]
    query = select(*(SAMPLES.c[column.stored] for column in chain.from_iterable(parts)))
    query = query.where(SAMPLES.c.session_key == session_key)
    if face_id is not None:
        query = query.where(SAMPLES.c.face_id == face_id)
    if after_frame is not None:
        query = query.where(SAMPLES.c.frame > after_frame)
    rows = connection.execute(query.order_by(SAMPLES.c.frame, SAMPLES.c.face_id)).fetchall()
    return arrays_of(rows, parts)


def _time_constant(connection: Connection, session_key: int) -> float | None:
    """Of the session's smoothing, seconds; None where it does not say."""
    query = select(SessionRow.settings).where(SessionRow.key == session_key)
    said = (connection.execute(query).scalar_one() or {}).get("smoothing")
    return float(said) if isinstance(said, int | float) and 0 <= said < float("inf") else None


def find_session(connection: Connection, session_id: str) -> Row[Any]:
    """The row of a session, by its id or any beginning of it that fits no other.

    Raises NotFoundError, or AmbiguousError which names some of those that fit.
    """
    row = connection.execute(select(SessionRow).where(SessionRow.id == session_id)).first()
    if row is not None:
        return row
    query = select(SessionRow).where(SessionRow.id.like(f"{literal(session_id)}%", escape="\\"))
    rows = connection.execute(query.order_by(SessionRow.id).limit(4)).fetchall() if session_id else []
    if not rows:
        raise NotFoundError(f"There is no session {session_id!r}.")
    if len(rows) > 1:
        fitting = ", ".join(row.id for row in rows[:3]) + (", …" if len(rows) > 3 else "")
        raise AmbiguousError(f"{session_id!r} fits more than one session: {fitting}.")
    return rows[0]


def load_events(connection: Connection, session_key: int) -> list[Event]:
    """What happened during a session, in the order of its clock."""
    query = select(EventRow).where(EventRow.session_key == session_key).order_by(EventRow.time, EventRow.key)
    return [Event(row.time, row.kind, row.text) for row in connection.execute(query)]


def load_stretches(connection: Connection, session_key: int) -> list[Stretch]:
    """Markers and exclusions of one session, in the order of its clock."""
    query = select(StretchRow).where(StretchRow.session_key == session_key)
    rows = connection.execute(query.order_by(StretchRow.start, StretchRow.key))
    return [
        Stretch(row.key, StretchKind(row.kind), row.start, row.end, row.label, row.face_id) for row in rows
    ]


def face_names(connection: Connection, keys: Sequence[int]) -> dict[int, dict[int, str]]:
    """The names that users gave to faces: for each of the session keys, by face id."""
    names: dict[int, dict[int, str]] = {key: {} for key in keys}
    if not keys:
        return names
    # A range, not a list: databases bound how many values a query may list.
    for row in connection.execute(select(FaceRow).where(FaceRow.session_key.between(min(keys), max(keys)))):
        if row.session_key in names:
            names[row.session_key][row.face_id] = row.name
    return names


def state_of(row: Row[Any]) -> State:
    """Where a session stands. One that says that it runs, and whose process is gone, is interrupted: it could
    not say so itself, and nobody has written it down yet."""
    state = State(row.state)
    return State.INTERRUPTED if state is State.RUNNING and _is_abandoned(row) else state


def session_of(connection: Connection, row: Row[Any], named: dict[int, str], root: Path) -> Session:
    """A row as a Session; its files are under `root`."""
    state, known = state_of(row), Digest.from_json(row.digest)
    if row.state == State.RUNNING.value:  # given up once, and back: what was written down then is of less
        known = None
    if known is None and state is State.INTERRUPTED:
        known = digest(load_samples(connection, row.key), row.duration_s)
    return Session(
        id=row.id,
        name=row.name,
        source=row.source,
        origin=Path(row.origin) if row.origin else None,
        kind=Kind(row.kind),
        created=row.created.astimezone(),
        state=state,
        frames=row.frames,
        frames_with_faces=row.frames_with_faces,
        duration_s=row.duration_s,
        device=row.device,
        model_name=row.model_name,
        model_sha256=row.model_sha256,
        settings=row.settings,
        files={what: str(root / file) for what, file in row.files.items()},
        error=row.error,
        digest=known,
        face_names=named,
        tags=tuple(row.tags),
    )


def _is_abandoned(row: Row[Any]) -> bool:
    alive = Owner(row.owner_host, row.owner_pid, row.owner_started).alive()
    if alive is None:
        silence: timedelta = datetime.now(UTC) - row.heartbeat
        return silence > GIVEN_UP_AFTER
    return not alive
