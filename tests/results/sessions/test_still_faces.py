"""Faces that never moved are told apart in what is read and written of a session."""

from __future__ import annotations

import json
from pathlib import Path

from results import FaceEdits, Store, refresh_folder, write_folder
from tests.results.made import begin, rows_left, sample


def made(store: Store) -> str:
    """Three faces, of which the second and third are posters."""
    with begin(store) as writer:
        writer.add(sample(frame, face) for frame in range(10) for face in (1, 2, 3))
        writer.finish(still=[3, 2])
    return writer.id


def still(store: Store, session: str) -> list[int]:
    return sorted(store.get(session).still_faces)


def test_a_session_knows_its_still_faces_and_its_summary_tells(store: Store) -> None:
    session = made(store)
    assert still(store, session) == [2, 3]
    content = write_folder(store, session)
    assert [face["still"] for face in content["faces"]] == [False, True, True]
    told = json.loads(Path(content["files"]["summary"]).read_text())
    assert [face["still"] for face in told["faces"]] == [False, True, True]


def test_merged_with_somebody_who_moves_a_poster_is_none(store: Store) -> None:
    session = made(store)
    write_folder(store, session)
    edits = FaceEdits(store)
    edits.merge(session, [2, 3])
    assert still(store, session) == [2]
    edits.merge(session, [1, 2])
    assert still(store, session) == []
    refresh_folder(store, session)
    edits.undo(session)
    edits.undo(session)
    assert still(store, session) == [2, 3]


def test_a_session_that_is_deleted_leaves_no_mark(store: Store) -> None:
    store.delete(made(store))
    assert rows_left(store)["still_tracks"] == 0
