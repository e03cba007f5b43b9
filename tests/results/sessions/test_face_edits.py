"""Faces merged and split by hand in stored sessions: nothing is lost, all can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from results import (
    FaceEditKind,
    FaceEdits,
    InputError,
    NotFoundError,
    Store,
    StretchKind,
    Studies,
    StudyError,
    Viewings,
    aggregate,
    excluded,
    responses,
    summary_of,
)
from results.sessions.faces import Part
from results.sessions.reading import load_parts
from stream.frames import Box, Sample
from tests.results.made import begin, rows_left


def seen(store: Store, spans: dict[int, tuple[int, int]]) -> str:
    """A session of faces that are seen from one frame to another, ten frames a second; the valence of a
    face is a tenth of its number."""
    with begin(store, "group", settings={"smoothing": 0.3}) as writer:
        for frame in range(61):
            writer.add(
                Sample(frame / 10, frame, face, Box(0, 0, 9, 9), face / 10, face / 10, 0.9, 0.8)
                for face, (first, last) in spans.items()
                if first <= frame <= last
            )
            writer.progress(frame + 1, frame + 1, frame / 10)
    return writer.id


@pytest.fixture
def session(store: Store) -> str:
    """One person in three pieces (1, 3, 4), and somebody else (2)."""
    return seen(store, {1: (0, 19), 2: (0, 60), 3: (25, 39), 4: (40, 60)})


def everything(store: Store, session: str) -> object:
    """All that a merge or a split may touch."""
    with store.database.read() as connection:
        parts = load_parts(connection, 1)
    samples = store.samples(session)
    columns = [values.tolist() for values in samples.by_column().values()]
    marks = [(s.kind, s.start, s.end, s.label, s.face_id) for s in store.stretches(session)]
    found = store.get(session)
    content = summary_of(store, session)[0]
    names = [face["name"] for face in content["faces"]]
    return columns, marks, names, content["faces"], found.digest, parts


def test_all_become_the_first(store: Store, session: str) -> None:
    edit = FaceEdits(store).merge(session, [1, 4, 3])

    assert str(edit) == "faces 4 and 3 merged into face 1" and edit.doubled == 0
    samples = store.samples(session)
    assert samples.faces == [1, 2] and len(samples) == 20 + 15 + 21 + 61, "no sample is lost"
    assert len(store.samples(session, 1)) == 56
    assert len(store.samples(session, after_frame=49)) == 2 * 11
    found = store.get(session).digest
    assert found is not None and found.faces == 2
    first, _ = summary_of(store, session)[0]["faces"]
    assert (first["first_s"], first["last_s"], first["samples"]) == (0.0, 6.0, 56)


def test_from_a_time_on_it_is_a_new_face(store: Store, session: str) -> None:
    edit = FaceEdits(store).split(session, 2, 3.0)

    assert (edit.kind, edit.faces, edit.at_s) == (FaceEditKind.SPLIT, (2, 5), 3.0)
    assert str(edit) == "face 2 split at 3.00 s, face 5 from there on"
    assert store.samples(session, 2).frame.tolist() == list(range(30))
    assert store.samples(session, 5).frame.tolist() == list(range(30, 61))
    again = FaceEdits(store).split(session, 5, 5.0)
    assert again.faces == (5, 6)


def test_everything_comes_back(store: Store, session: str) -> None:
    store.name_face(session, 3, "Ann")
    store.add_stretch(session, "excluded", 2.6, 3.0, "away", 3)
    store.add_stretch(session, "marker", 1.0, face_id=2)
    store.add_stretch(session, "excluded", 1.0, 5.0, face_id=2)
    store.add_stretch(session, "excluded", 4.0, 5.0, face_id=2)
    states = [everything(store, session)]
    edits = FaceEdits(store)
    for edit in (
        lambda: edits.merge(session, [1, 3]),
        lambda: edits.split(session, 2, 2.0),
        lambda: edits.merge(session, [5, 1]),
        lambda: edits.split(session, 5, 4.5),
        lambda: edits.merge(session, [4, 2, 5]),
    ):
        edit()
        states.append(everything(store, session))
    assert [edit.kind.value for edit in edits.all(session)] == ["merge", "split"] * 2 + ["merge"]

    while states[1:]:
        assert everything(store, session) == states.pop()
        edits.undo(session)
    assert everything(store, session) == states[0]
    assert edits.all(session) == []
    with pytest.raises(InputError, match="No face"):
        edits.undo(session)


@pytest.mark.parametrize("order", [[1, 3], [3, 1]])
def test_a_split_where_a_merge_had_joined_restores_all(store: Store, session: str, order) -> None:
    store.name_face(session, 3, "Ann")
    store.add_stretch(session, "excluded", 2.6, 3.0, face_id=3)
    before = everything(store, session)

    FaceEdits(store).merge(session, order)
    edit = FaceEdits(store).split(session, order[0], 2.5)

    assert edit.restored and edit.faces == (1, 3)
    assert everything(store, session) == before
    assert FaceEdits(store).all(session) == []


def test_a_face_that_is_whole_again_has_its_own_number_and_name(store: Store, session: str) -> None:
    store.name_face(session, 3, "Ann")
    FaceEdits(store).merge(session, [1, 3])
    FaceEdits(store).split(session, 2, 3.0)

    edit = FaceEdits(store).split(session, 1, 2.5)

    assert edit.faces == (1, 3) and store.get(session).face_names[3] == "Ann"
    assert len(store.samples(session, 3)) == 15


def test_names_of_merged_faces(store: Store, session: str) -> None:
    store.name_face(session, 3, "Ann")
    store.name_face(session, 4, "Bea")

    def names() -> dict[int, str | None]:
        return {face["face_id"]: face["name"] for face in summary_of(store, session)[0]["faces"]}

    FaceEdits(store).merge(session, [1, 3, 4])
    assert names() == {1: "Ann", 2: None}
    store.name_face(session, 1, "Carol")
    with pytest.raises(NotFoundError, match="no face 3"):
        store.name_face(session, 3, "Dora")
    FaceEdits(store).undo(session)
    assert names() == {1: "Carol", 2: None, 3: "Ann", 4: "Bea"}, "what was said since then stays"
    FaceEdits(store).merge(session, [4, 3])
    assert names() == {1: "Carol", 2: None, 4: "Bea"}


def test_what_was_excluded_stays_excluded(store: Store, session: str) -> None:
    def out() -> int:
        return int(excluded(store.samples(session), store.stretches(session)).sum())

    store.add_stretch(session, "excluded", 1.0, 3.05, face_id=3)
    assert out() == 6
    FaceEdits(store).merge(session, [1, 3])
    assert out() == 6 + 10, "of the first face too: it is the same one"
    store.add_stretch(session, "excluded", 3.5, 3.65, face_id=1)
    assert out() == 16 + 2
    FaceEdits(store).undo(session)
    assert out() == 6 + 2, "what was set since then holds for both"
    FaceEdits(store).split(session, 2, 3.0)
    store.add_stretch(session, "excluded", 5.0, 5.15, face_id=5)
    assert out() == 8 + 2
    FaceEdits(store).undo(session)
    assert out() == 10 and {s.face_id for s in store.stretches(session)} == {1, 2, 3}


def test_a_mark_that_was_removed_does_not_come_back(store: Store, session: str) -> None:
    mark = store.add_stretch(session, "marker", 2.6, face_id=3)
    FaceEdits(store).merge(session, [1, 3])
    store.remove_stretch(session, mark.key)
    other = store.add_stretch(session, "marker", 1.0, face_id=1)  # SQLite gives it the same key
    FaceEdits(store).undo(session)
    assert sorted((s.start, s.face_id) for s in store.stretches(session)) == [(1.0, 1), (1.0, 3)]
    assert other.kind is StretchKind.MARKER


def test_faces_that_overlap_keep_one_sample_a_frame(store: Store) -> None:
    session = seen(store, {1: (0, 30), 2: (20, 60)})
    edit = FaceEdits(store).merge(session, [2, 1])
    assert edit.doubled == 11 and FaceEdits(store).all(session) == [edit]
    assert store.samples(session).frame.tolist() == list(range(61))
    FaceEdits(store).undo(session)
    assert len(store.samples(session)) == 31 + 41, "the others were only not told"


@pytest.mark.parametrize("faces", [[1], [2, 2], [], [1, 7], [7, 1]])
def test_merging_what_cannot_be_merged(store: Store, session: str, faces) -> None:
    with pytest.raises((InputError, NotFoundError)):
        FaceEdits(store).merge(session, faces)
    assert store.samples(session).faces == [1, 2, 3, 4]


@pytest.mark.parametrize("at", [-1.0, 0.0, 6.1, 1e9, float("nan"), float("inf")])
def test_splitting_where_nothing_is_on_one_side(store: Store, session: str, at) -> None:
    with pytest.raises(InputError, match="cannot be split"):
        FaceEdits(store).split(session, 2, at)
    assert FaceEdits(store).all(session) == []


def test_a_split_is_at_the_time_that_was_told(store: Store) -> None:
    with begin(store) as writer:
        writer.add(Sample(n / 30, n, 1, Box(0, 0, 9, 9), 0, 0, 1, 1) for n in range(30))
    FaceEdits(store).split(writer.id, 1, round(10 / 30, 6))  # which is a little less than 10 / 30
    assert store.samples(writer.id, 2).frame[0] == 10
    FaceEdits(store).undo(writer.id)
    FaceEdits(store).split(writer.id, 1, round(20 / 30, 6))  # and a little more
    assert store.samples(writer.id, 2).frame[0] == 20


def test_a_session_that_runs_has_no_faces_to_edit_yet(store: Store) -> None:
    writer = begin(store)
    with pytest.raises(InputError, match="still runs"):
        FaceEdits(store).merge(writer.id, [1, 2])
    with pytest.raises(InputError, match="still runs"):
        FaceEdits(store).split(writer.id, 1, 1.0)
    writer.finish()


def study_of(store: Store, session: str, faces: dict[str, int | None]) -> str:
    study = Studies(store).create("study").id
    Studies(store).add_stimulus(study, "ad", 6.0)
    for viewer, face in faces.items():
        Viewings(store).attach(study, "ad", session, viewer=viewer, face_id=face)
    return study


def test_studies_follow(store: Store, session: str) -> None:
    study = study_of(store, session, {"ann": 3, "ben": 2})
    with (
        store.database.write() as connection
    ):  # as with a participant's session that ran when it was attached
        connection.exec_driver_sql("UPDATE viewings SET face_id = NULL WHERE face_id = 2")

    def counts() -> dict[str, int]:
        return {response.viewer: len(response.time) for response in responses(store, study, "ad")}

    assert counts() == {"ann": 15, "ben": 61}
    FaceEdits(store).merge(session, [1, 3, 4])
    assert counts() == {"ann": 56, "ben": 61}
    assert [viewing.face_id for viewing in Viewings(store).all(study)] == [1, None]
    assert aggregate(store, study).panel.excluded.samples == 117
    FaceEdits(store).split(session, 1, 4.0)
    assert counts() == {"ann": 35, "ben": 61}, "the earlier part stays"
    Viewings(store).attach(study, "ad", session, viewer="carl", face_id=4)
    with pytest.raises(StudyError, match="'ann' and 'carl'"):
        FaceEdits(store).undo(session)
    Viewings(store).detach(Viewings(store).all(study)[2].key)
    FaceEdits(store).undo(session)
    FaceEdits(store).undo(session)
    assert counts() == {"ann": 15, "ben": 61}


@pytest.mark.parametrize("ben", [2, None])
def test_two_viewers_are_not_one(store: Store, session: str, ben) -> None:
    study = study_of(store, session, {"ann": 3, "ben": ben})
    with pytest.raises(StudyError, match=f"Study {study} knows these faces as two viewers"):
        FaceEdits(store).merge(session, [2, 3])
    assert store.samples(session).faces == [1, 2, 3, 4] and FaceEdits(store).all(session) == []
    assert [viewing.face_id for viewing in Viewings(store).all(study)] == [3, 2]


def test_a_viewer_of_merged_faces_is_forgotten_whole(store: Store, session: str) -> None:
    for face, name in {1: "ann", 2: "ben", 3: "ann's"}.items():
        store.name_face(session, face, name)
    FaceEdits(store).merge(session, [1, 3, 4])
    FaceEdits(store).split(session, 2, 5.0)
    study = study_of(store, session, {"ann": 1, "ben": 2})

    Viewings(store).delete_viewer(study, "ann")

    samples = store.samples(session)
    assert samples.faces == [2, 5] and len(samples) == 61, "the other one is as before"
    with store.database.read() as connection:
        raw = connection.exec_driver_sql("SELECT DISTINCT face_id FROM samples").fetchall()
        parts = load_parts(connection, 1)
    assert [tuple(row) for row in raw] == [(2,)] and parts == (Part(2, 50, 5),)
    assert dict(store.get(session).face_names) == {2: "ben"} and FaceEdits(store).all(session) == []
    files = b"".join(path.read_bytes() for path in store.root.glob("valence.db*"))
    assert b"ann's" not in files


def test_a_forgotten_part_of_a_track_leaves_the_other(store: Store, session: str) -> None:
    FaceEdits(store).split(session, 2, 2.0)
    FaceEdits(store).merge(session, [3, 5])
    study = study_of(store, session, {"ann": 3, "ben": 2})
    Viewings(store).delete_viewer(study, "ann")
    assert store.samples(session, 2).frame.tolist() == list(range(20))
    assert store.samples(session).faces == [1, 2, 4]


def test_deleting_a_session_leaves_nothing_of_its_edits(store: Store, session: str) -> None:
    FaceEdits(store).merge(session, [1, 3])
    FaceEdits(store).split(session, 2, 2.0)
    store.delete(session)
    assert set(rows_left(store).values()) == {0}


def test_a_restart_changes_nothing(store: Store, session: str, tmp_path: Path) -> None:
    FaceEdits(store).merge(session, [1, 3])
    with Store(store.root) as again:
        assert again.samples(session).faces == [1, 2, 4]
        assert again.get(session[:12]).id == session
