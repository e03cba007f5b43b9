"""Faces that never moved while their session ran: pictures of people, rather. Analysis says so of tracks."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from results.database.schema import StillTrackRow
from results.sessions.faces import face_of
from results.sessions.reading import load_parts, load_tracks


def keep_still(connection: Connection, session_key: int, tracks: Iterable[int]) -> None:
    """Note that these tracks of a session never moved."""
    rows = [{"session_key": session_key, "track": int(track)} for track in tracks]
    if rows:
        connection.execute(insert(StillTrackRow), rows)


def still_faces(connection: Connection, session_key: int) -> frozenset[int]:
    """The faces of a session, as users have merged and split them, all of whose tracks never moved."""
    query = select(StillTrackRow.track).where(StillTrackRow.session_key == session_key)
    tracks = {*connection.execute(query).scalars()}
    parts = load_parts(connection, session_key) if tracks else ()
    if not parts:
        return frozenset(tracks)
    seen = load_tracks(connection, session_key)
    pairs = {*zip(face_of(parts, seen.face_id, seen.frame).tolist(), seen.face_id.tolist(), strict=True)}
    moved = {face for face, track in pairs if track not in tracks}
    return frozenset(face for face, _ in pairs) - moved
