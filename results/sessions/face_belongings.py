"""What belongs to a face, and goes with it when faces are merged and split: marks, names, viewings.

What was moved is told as JSON can hold it, with more than its key: a database gives the key of a row that was
deleted to another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from results.database.errors import StudyError
from results.database.schema import FaceRow, StimulusRow, StretchRow, StudyRow, ViewerRow, ViewingRow
from results.sessions.exclusions import TOLERANCE

Told = list[Any]
"""Of a row: what it is known by, and last its face where that is not the present one."""


# Markers and exclusions


def stretches_of(connection: Connection, session_key: int, face_id: int) -> list[Row[Any]]:
    query = select(StretchRow).where(StretchRow.session_key == session_key, StretchRow.face_id == face_id)
    return list(connection.execute(query))


def told(stretch: Row[Any]) -> Told:
    return [stretch.key, stretch.start, stretch.end]


def move_stretches(connection: Connection, stretches: Iterable[Row[Any]], face_id: int) -> list[Told]:
    """Give stretches to another face; returns what `return_stretches` takes."""
    moved = [[*told(stretch), stretch.face_id] for stretch in stretches]
    for stretch in moved:
        connection.execute(update(StretchRow).where(StretchRow.key == stretch[0]).values(face_id=face_id))
    return moved


def return_stretches(connection: Connection, session_key: int, moved: Iterable[Told]) -> None:
    """Give stretches back that are still there."""
    for key, start, end, face in moved:
        same = (StretchRow.key == key, StretchRow.start == start, StretchRow.end == end)
        of_session = StretchRow.session_key == session_key
        connection.execute(update(StretchRow).where(*same, of_session).values(face_id=face))


def divide_stretches(
    connection: Connection, session_key: int, face_id: int, new: int, at_s: float
) -> tuple[list[Told], list[Told]]:
    """Those behind a split go to the new face, those across it are copied for it; returns both."""
    own = stretches_of(connection, session_key, face_id)
    behind = [stretch for stretch in own if stretch.start >= at_s - TOLERANCE]
    across = [stretch for stretch in own if stretch.start < at_s - TOLERANCE <= stretch.end]
    copies = [copy_stretch(connection, stretch, new) for stretch in across]
    return move_stretches(connection, behind, new), copies


def copy_stretch(connection: Connection, stretch: Row[Any], face_id: int) -> Told:
    values = {**stretch._mapping, "face_id": face_id}
    del values["key"]
    (key,) = connection.execute(insert(StretchRow).values(values)).inserted_primary_key or (0,)
    return [int(key), stretch.start, stretch.end]


def remove_stretches(connection: Connection, session_key: int, copies: Iterable[Told]) -> None:
    """Remove stretches that are still there."""
    for key, start, end in copies:
        same = (StretchRow.key == key, StretchRow.start == start, StretchRow.end == end)
        connection.execute(delete(StretchRow).where(*same, StretchRow.session_key == session_key))


# Names


def name_of(connection: Connection, session_key: int, face_id: int) -> str | None:
    query = select(FaceRow.name).where(FaceRow.session_key == session_key, FaceRow.face_id == face_id)
    name: str | None = connection.execute(query).scalar_one_or_none()
    return name


def take_name(connection: Connection, session_key: int, face_id: int, others: Sequence[int]) -> int | None:
    """A face without a name gets the first that one of the others has; returns whose that was.

    The others' names stay with their numbers, which nobody sees until they are faces again.
    """
    if name_of(connection, session_key, face_id) is not None:
        return None
    for other in others:
        name = name_of(connection, session_key, other)
        if name is not None:
            connection.execute(insert(FaceRow).values(session_key=session_key, face_id=face_id, name=name))
            return other
    return None


def take_back_name(connection: Connection, session_key: int, face_id: int) -> None:
    connection.execute(delete(FaceRow).where(FaceRow.session_key == session_key, FaceRow.face_id == face_id))


# Viewings in studies


def move_viewings(
    connection: Connection, session_key: int, to: Mapping[int, int], main_face: int | None
) -> list[Told]:
    """Have the viewings of faces follow them, e.g. all of {3: 1} to face 1; returns what `return_viewings`
    takes. main_face: the one with the most samples, as it will be: it is meant where a viewing names none.

    Raises StudyError where two viewers of one stimulus would be the same face.
    """
    query = (
        select(ViewingRow, ViewerRow.id.label("viewer"), StudyRow.id.label("study"))
        .join(ViewerRow, ViewerRow.key == ViewingRow.viewer_key)
        .join(StimulusRow, StimulusRow.key == ViewingRow.stimulus_key)
        .join(StudyRow, StudyRow.key == StimulusRow.study_key)
        .where(ViewingRow.session_key == session_key)
        .order_by(ViewingRow.key)
    )
    rows = connection.execute(query).fetchall()
    seen: dict[tuple[int, int | None], str] = {}
    for row in rows:
        face = main_face if row.face_id is None else to.get(row.face_id, row.face_id)
        other = seen.setdefault((row.stimulus_key, face), row.viewer)
        if other != row.viewer:
            raise StudyError(
                f"Study {row.study} knows these faces as two viewers, {other!r} and {row.viewer!r}: "
                "take one of them out of it first."
            )
    moved = [[row.key, row.stimulus_key, row.viewer_key, row.face_id] for row in rows if row.face_id in to]
    for key, *_, face in moved:
        connection.execute(update(ViewingRow).where(ViewingRow.key == key).values(face_id=to[face]))
    return moved


def return_viewings(connection: Connection, session_key: int, moved: Iterable[Told]) -> None:
    """Give viewings back that are still there."""
    for key, stimulus, viewer, face in moved:
        same = (ViewingRow.key == key, ViewingRow.stimulus_key == stimulus, ViewingRow.viewer_key == viewer)
        of_session = ViewingRow.session_key == session_key
        connection.execute(update(ViewingRow).where(*same, of_session).values(face_id=face))
