"""Faces merged and split by hand: what users know better than the tracker, and can take back.

What belongs to a face goes with it, and comes back when the edit is undone:

- names: a merged face keeps the name of the first, or takes the next one's if that has none; a face that is
  split off has none, or the one that it had before it was merged;
- markers and exclusions: those of all merged faces hold for the whole; at a split, those that lie behind it
  go to the new face, and those across it hold for both;
- viewings in studies: they follow a merge (two viewers are not merged), and stay with the earlier part of a
  face that is split.

Undoing goes backwards, the latest edit first. What was set in between stays: what was said of a merged face
then holds for each of its parts. Samples are never changed (`results.sessions.faces`, which also says what
becomes of smoothed values).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, insert, select, update

from results.database.errors import InputError, NotFoundError
from results.database.schema import (
    FaceEditRow,
    FacePartRow,
    FaceRow,
    SessionRow,
    StretchRow,
    ViewingRow,
)
from results.sessions.exclusions import TOLERANCE
from results.sessions.face_belongings import (
    copy_stretch,
    divide_stretches,
    move_stretches,
    move_viewings,
    name_of,
    remove_stretches,
    return_stretches,
    return_viewings,
    stretches_of,
    take_back_name,
    take_name,
    told,
)
from results.sessions.faces import (
    Part,
    Parts,
    divided,
    face_of,
    joined,
    number_of_its_own,
    same_faces,
)
from results.sessions.reading import find_session, load_parts, load_samples, load_tracks, state_of
from results.sessions.records import Ints, State
from results.sessions.samples import Samples
from results.sessions.statistics import digest
from results.sessions.store import Store
from results.sessions.table import SAMPLES


class FaceEditKind(StrEnum):
    MERGE = "merge"
    SPLIT = "split"


@dataclass(frozen=True)
class FaceEdit:
    """What was done to the faces of a session."""

    kind: FaceEditKind
    faces: tuple[int, ...]
    """Of a merge: the face that all became, then the others. Of a split: the face, then the new one."""
    at_s: float | None = None
    """Of a split: where the new face begins, in seconds of the session."""
    doubled: int = 0
    """Of a merge: frames in which more than one of the faces was seen; one sample of each counts."""
    restored: bool = False
    """The split was where the latest merge had joined: all is as before that, and neither is on record."""

    def __str__(self) -> str:
        first, *others = self.faces
        many = ", ".join(map(str, others[:-1])) + (" and " if others[:-1] else "") + str(others[-1])
        if self.kind is FaceEditKind.MERGE:
            return f"face{'s' if len(others) > 1 else ''} {many} merged into face {first}"
        return f"face {first} split at {self.at_s:.2f} s, face {many} from there on"


class FaceEdits:
    """The faces of a store's sessions, in a user's hands.

    Methods raise NotFoundError for a session or face that is not there, InputError for what cannot be
    (among that a session that still runs), and StudyError where a study would take two viewers for one.
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database

    def all(self, session: str) -> list[FaceEdit]:
        """What can be undone, the earliest first."""
        with self._database.read() as connection:
            key = find_session(connection, session).key
            return [_edit_of(row) for row in _edits(connection, key)]

    def merge(self, session: str, faces: Sequence[int]) -> FaceEdit:
        """Make several faces the first of them.

        Where several of them are in one frame, one sample counts: one with a detection before one that the
        tracker carried, then that of the smallest number that the analysis gave.
        """
        faces = tuple(dict.fromkeys(faces))
        if len(faces) < 2:
            raise InputError("Merging needs at least two different faces.")
        into, *others = faces
        with self._database.write() as connection:
            row = _finished_session(connection, session)
            tracks, before = load_tracks(connection, row.key), load_parts(connection, row.key)
            own = face_of(before, tracks.face_id, tracks.frame)
            for face in faces:
                _require(face, own, row)
            after = joined(before, tracks.faces, faces, into)
            edit = FaceEdit(FaceEditKind.MERGE, faces, doubled=_doubled(tracks, own, faces))
            main = _main_face(tracks, after)
            undo = {
                "parts": _as_json(before),
                "doubled": edit.doubled,
                "viewings": move_viewings(connection, row.key, dict.fromkeys(others, into), main),
                "held": [told(stretch) for stretch in stretches_of(connection, row.key, into)],
                "stretches": [
                    moved
                    for face in others
                    for moved in move_stretches(connection, stretches_of(connection, row.key, face), into)
                ],
                "named_as": take_name(connection, row.key, into, others),
            }
            _save(connection, row, edit, after, undo)
        return edit

    def split(self, session: str, face_id: int, at_s: float) -> FaceEdit:
        """Make a face another one from a time on (its first sample at or after it).

        The new face gets the number that it had before it was merged, else the next that is free. A split
        that takes the latest edit, a merge, apart where that had joined is that merge undone.
        """
        if not isfinite(at_s):
            raise InputError(f"A face cannot be split at {at_s:g} seconds.")
        with self._database.write() as connection:
            row = _finished_session(connection, session)
            tracks, before = load_tracks(connection, row.key), load_parts(connection, row.key)
            own = face_of(before, tracks.face_id, tracks.frame)
            _require(face_id, own, row)
            whole = own == face_id
            later = whole & (tracks.time >= at_s - TOLERANCE)
            if later.sum() in (0, whole.sum()):
                seen = tracks.time[whole]
                raise InputError(
                    f"Face {face_id} is seen from {seen.min():.2f} to {seen.max():.2f} s: "
                    f"it cannot be split at {at_s:.2f} s."
                )
            frame = int(tracks.frame[later].min())
            moved = whole & (tracks.frame >= frame)
            latest = _edits(connection, row.key)[-1:]
            if latest and latest[0].kind == FaceEditKind.MERGE:
                earlier = face_of(_from_json(latest[0].undo["parts"]), tracks.face_id, tracks.frame)
                if same_faces(np.where(moved, -1, own), earlier):
                    _undo(connection, row, latest[0])
                    pair = int(earlier[whole & ~moved][0]), int(earlier[moved][0])
                    return FaceEdit(FaceEditKind.SPLIT, pair, at_s, restored=True)
            new = number_of_its_own(tracks.face_id, own, moved) or _free_number(connection, row, tracks, own)
            edit = FaceEdit(FaceEditKind.SPLIT, (face_id, new), at_s)
            behind, copies = divide_stretches(connection, row.key, face_id, new, at_s)
            undo = {"parts": _as_json(before), "stretches": behind, "copies": copies}
            _save(connection, row, edit, divided(before, tracks.faces, face_id, frame, new), undo)
        return edit

    def undo(self, session: str) -> FaceEdit:
        """Take back the latest edit, and return it. Raises InputError: there is none."""
        with self._database.write() as connection:
            row = _finished_session(connection, session)
            edits = _edits(connection, row.key)
            if not edits:
                raise InputError(f"No face of session {row.id} was merged or split by hand.")
            _undo(connection, row, edits[-1])
            return _edit_of(edits[-1])


def forget_faces(connection: Connection, session_key: int, faces: set[int]) -> None:
    """Delete all that is kept of some faces of a session. Its edits cannot be undone then: they hold what is
    to be forgotten."""
    parts, tracks = load_parts(connection, session_key), load_tracks(connection, session_key)
    own = face_of(parts, tracks.face_id, tracks.frame)
    gone = np.isin(own, [*faces])
    for track in {*tracks.face_id[gone].tolist()}:
        of_track = (SAMPLES.c.session_key == session_key, SAMPLES.c.face_id == track)
        same = tracks.face_id == track
        for first, last in _runs(tracks.frame[same & gone], tracks.frame[same & ~gone]):
            connection.execute(delete(SAMPLES).where(*of_track, SAMPLES.c.frame.between(first, last)))
    # Also what stands under numbers that were merged into the forgotten ones.
    numbers = faces | ({*tracks.face_id[gone].tolist()} - {*own[~gone].tolist()})
    for table in (FaceRow, StretchRow, ViewingRow):
        of_face = table.face_id.in_([*numbers])
        connection.execute(delete(table).where(table.session_key == session_key, of_face))
    connection.execute(delete(FaceEditRow).where(FaceEditRow.session_key == session_key))
    left = {*tracks.face_id[~gone].tolist()}
    _save_parts(connection, session_key, tuple(part for part in parts if part.track in left))


def _runs(gone: Ints, left: Ints) -> Iterable[tuple[int, int]]:
    """Ranges of frames, first and last, that hold all of `gone` and none of `left`; both ascend."""
    for run in np.split(gone, np.flatnonzero(np.diff(np.searchsorted(left, gone))) + 1):
        yield int(run[0]), int(run[-1])


def _undo(connection: Connection, session: Row[Any], edit: Row[Any]) -> None:
    key, undo, parts = session.key, edit.undo, _from_json(edit.undo["parts"])
    first, others = edit.faces[0], edit.faces[1:]
    if edit.kind == FaceEditKind.MERGE:
        return_viewings(connection, key, undo["viewings"])
        known = [*undo["held"], *(moved[:3] for moved in undo["stretches"])]
        for stretch in stretches_of(connection, key, first):
            if told(stretch) not in known:  # said of the whole since then: it holds for every part
                for face in others:
                    copy_stretch(connection, stretch, face)
        given = undo["named_as"]
        if given is not None and name_of(connection, key, first) == name_of(connection, key, given):
            take_back_name(connection, key, first)
    else:
        (new,) = others
        tracks = load_tracks(connection, key)
        move_viewings(connection, key, {new: first}, _main_face(tracks, parts))
        remove_stretches(connection, key, undo["copies"])
        move_stretches(connection, stretches_of(connection, key, new), first)
        if new not in tracks.faces:
            take_name(connection, key, first, [new])
            take_back_name(connection, key, new)
    return_stretches(connection, key, undo["stretches"])
    _save_parts(connection, key, parts)
    connection.execute(delete(FaceEditRow).where(FaceEditRow.key == edit.key))
    _digest_anew(connection, session)


def _finished_session(connection: Connection, session: str) -> Row[Any]:
    """The row of a session, which nobody else changes now. Raises InputError: it still runs."""
    row = find_session(connection, session)
    if state_of(row) is State.RUNNING:
        raise InputError(f"Session {row.id} still runs: its faces can be merged and split when it is over.")
    # On PostgreSQL two edits would otherwise begin from the same state; on SQLite one writes at a time.
    connection.execute(select(SessionRow.key).where(SessionRow.key == row.key).with_for_update())
    return row


def _require(face: int, own: Ints, session: Row[Any]) -> None:
    if face not in own:
        raise NotFoundError(f"Session {session.id} has no face {face}.")


def _edits(connection: Connection, session_key: int) -> list[Row[Any]]:
    query = select(FaceEditRow).where(FaceEditRow.session_key == session_key).order_by(FaceEditRow.key)
    return list(connection.execute(query))


def _edit_of(row: Row[Any]) -> FaceEdit:
    return FaceEdit(FaceEditKind(row.kind), tuple(row.faces), row.at_s, row.undo.get("doubled", 0))


def _save(
    connection: Connection, session: Row[Any], edit: FaceEdit, parts: Parts, undo: dict[str, Any]
) -> None:
    values = {"session_key": session.key, "created": datetime.now(UTC), "kind": edit.kind.value}
    more = {"faces": list(edit.faces), "at_s": edit.at_s, "undo": undo}
    connection.execute(insert(FaceEditRow).values({**values, **more}))
    _save_parts(connection, session.key, parts)
    _digest_anew(connection, session)


def _save_parts(connection: Connection, session_key: int, parts: Parts) -> None:
    connection.execute(delete(FacePartRow).where(FacePartRow.session_key == session_key))
    if parts:
        rows = [
            {"session_key": session_key, "track": part.track, "first": part.first, "face_id": part.face_id}
            for part in parts
        ]
        connection.execute(insert(FacePartRow), rows)


def _digest_anew(connection: Connection, session: Row[Any]) -> None:
    content = digest(load_samples(connection, session.key), session.duration_s).as_json()
    connection.execute(update(SessionRow).where(SessionRow.key == session.key).values(digest=content))


def _as_json(parts: Parts) -> list[list[int]]:
    return [[part.track, part.first, part.face_id] for part in parts]


def _from_json(parts: Iterable[Sequence[int]]) -> Parts:
    return tuple(Part(*numbers) for numbers in parts)


def _doubled(tracks: Samples, own: Ints, faces: Sequence[int]) -> int:
    """In how many frames more than one of the faces was seen."""
    seen = np.unique(np.stack([tracks.frame, own])[:, np.isin(own, faces)], axis=1)
    return int(np.count_nonzero(np.unique(seen[0], return_counts=True)[1] > 1))


def _main_face(tracks: Samples, parts: Parts) -> int | None:
    """The face with the most samples, as `results.sessions.reading.main_face` finds it by these parts."""
    own = face_of(parts, tracks.face_id, tracks.frame)
    faces, counts = np.unique(np.unique(np.stack([own, tracks.frame]), axis=1)[0], return_counts=True)
    return int(faces[np.argmax(counts)]) if len(faces) else None


def _free_number(connection: Connection, session: Row[Any], tracks: Samples, own: Ints) -> int:
    """A number that nothing of the session knows as a face's."""
    known = {0, *own.tolist(), *tracks.faces}
    for table in (FaceRow, StretchRow, ViewingRow):
        query = select(table.face_id).where(table.session_key == session.key, table.face_id.is_not(None))
        known.update(face for face in connection.execute(query).scalars() if face is not None)
    return int(max(known)) + 1
