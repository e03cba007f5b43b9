"""Faces of a session that are to be forgotten, while others of it stay."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sqlalchemy import Connection, delete

from results.database.schema import FaceEditRow, FaceRow, StillTrackRow, StretchRow, ViewingRow
from results.sessions.face_edits import save_parts
from results.sessions.faces import face_of
from results.sessions.reading import load_parts, load_tracks
from results.sessions.records import Ints
from results.sessions.table import SAMPLES


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
    lost = {*tracks.face_id[gone].tolist()} - {*tracks.face_id[~gone].tolist()}
    of_lost = StillTrackRow.track.in_([*lost])
    connection.execute(delete(StillTrackRow).where(StillTrackRow.session_key == session_key, of_lost))
    connection.execute(delete(FaceEditRow).where(FaceEditRow.session_key == session_key))
    left = {*tracks.face_id[~gone].tolist()}
    save_parts(connection, session_key, tuple(part for part in parts if part.track in left))


def _runs(gone: Ints, left: Ints) -> Iterable[tuple[int, int]]:
    """Ranges of frames, first and last, that hold all of `gone` and none of `left`; both ascend."""
    for run in np.split(gone, np.flatnonzero(np.diff(np.searchsorted(left, gone))) + 1):
        yield int(run[0]), int(run[-1])
