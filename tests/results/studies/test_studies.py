"""Studies, viewers and viewings in the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, delete, func, select

from results import NotFoundError, Store, StudyError
from results.audience.panel import Options, make_panel
from results.database.schema import Base, SessionRow
from results.studies.responses import responses
from results.studies.store import Studies
from results.studies.viewings import Viewings
from stream.frames import Box, Sample


@pytest.fixture
def studies(store: Store) -> Studies:
    return Studies(store)


@pytest.fixture
def viewings(store: Store) -> Viewings:
    return Viewings(store)


@pytest.fixture
def study(studies: Studies) -> str:
    """A study of one ad of ten seconds."""
    made = studies.create("Spring campaign", consent_text="I agree to be measured.")
    studies.add_stimulus(made.id, "Ad A", 10.0)
    return made.id


def record(store: Store, name: str, levels: dict[int, float], seconds: float = 10.0) -> str:
    """A session in which each face holds its level, at ten frames a second."""
    with store.begin(name, source=f"{name}.mp4", kind="video") as writer:
        for frame in range(round(seconds * 10)):
            writer.add(
                Sample(frame / 10, frame, face, Box(0, 0, 9, 9), level, level, 0.9, 0.9)
                for face, level in levels.items()
                if not (face == 2 and frame < 5)
            )
        writer.progress(round(seconds * 10), round(seconds * 10), seconds)
    return writer.id


def rows_left(store: Store) -> int:
    with store.database.read() as connection:
        return sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name != "alembic_version"
        )


def test_a_study_keeps_what_it_was_told(studies: Studies) -> None:
    options = Options(step=0.5, baseline=(0.0, 2.0), min_quality=0.4)
    made = studies.create("Köln / Test", consent_text="Yes.", keep_media=True, notes="n", options=options)
    studies.add_stimulus(made.id, "Ad", 30.0)
    studies.set_segment(made.id, "ad", "logo", 20, 30)
    studies.set_segment(made.id, "ad", "story", 0, 20)
    studies.set_segment(made.id, "ad", "logo", 25, 30)

    read = studies.get(made.id)

    assert read.id == "köln-test" and read.name == "Köln / Test"
    assert (read.consent_text, read.keep_media, read.notes, read.options) == ("Yes.", True, "n", options)
    assert [(s.name, s.start, s.end) for s in read.stimulus().segments] == [
        ("story", 0, 20),
        ("logo", 25, 30),
    ]
    assert studies.get("Köln / Test") == read
    assert studies.create("Köln / Test").id == "köln-test-2"
    assert [study.id for study in studies.all()] == ["köln-test-2", "köln-test"]


def test_options_can_be_changed_and_the_rest_stays(studies: Studies, study: str) -> None:
    changed = studies.change(study, options=Options(min_quality=0.7), name="Summer")

    assert (changed.id, changed.name, changed.options.min_quality) == (study, "Summer", 0.7)
    assert changed.consent_text == "I agree to be measured."


def test_what_cannot_be_is_one_clear_error(studies: Studies, viewings: Viewings, study: str) -> None:
    with pytest.raises(StudyError, match="name"):
        studies.create("  ")
    for duration in (0, -1, float("nan"), float("inf")):
        with pytest.raises(StudyError, match="cannot last"):
            studies.add_stimulus(study, "x", duration)
    with pytest.raises(StudyError, match="too long"):
        studies.add_stimulus(study, "x", 1e9)
    for start, end in ((5, 5), (-1, 2), (8, 11)):
        with pytest.raises(StudyError, match="does not lie"):
            studies.set_segment(study, "ad-a", "logo", start, end)
    with pytest.raises(NotFoundError, match="'nothing'"):
        studies.get("nothing")
    with pytest.raises(NotFoundError, match="no stimulus 'x'"):
        studies.get(study).stimulus("x")
    studies.add_stimulus(study, "Ad A", 5)
    with pytest.raises(NotFoundError, match="ad-a, ad-a-2"):
        studies.get(study).stimulus()
    with pytest.raises(NotFoundError):
        viewings.attach(study, "ad-a", "no such session")
    with pytest.raises(NotFoundError):
        viewings.delete_viewer(study, "nobody")


def test_sessions_are_attached_to_viewers_of_their_own_name(
    store: Store, studies: Studies, viewings: Viewings, study: str
) -> None:
    studies.add_stimulus(study, "Ad B", 10.0)
    ann, again, ann_b = (record(store, "ann", {1: 0.5}) for _ in range(3))

    made = [
        viewings.attach(study, "ad-a", ann),
        viewings.attach(study, "ad-a", again),
        viewings.attach(study, "ad-b", ann_b),
    ]

    assert [viewing.viewer for viewing in made] == ["ann", again, "ann"], "one person saw both ads"
    assert viewings.all(study) == made
    assert [viewer.id for viewer in viewings.viewers(study)] == ["ann", again]
    assert [stimulus.viewings for stimulus in studies.get(study).stimuli] == [2, 1]
    with pytest.raises(StudyError, match="already attached"):
        viewings.attach(study, "ad-a", ann, viewer="someone else")
    viewings.detach(made[1].key)
    assert viewings.all(study, "ad-a") == made[:1]


def test_the_face_most_seen_is_the_viewer_unless_another_is_named(
    store: Store, viewings: Viewings, study: str
) -> None:
    couple = record(store, "couple", {1: 0.5, 2: -0.5})

    first = viewings.attach(study, "ad-a", couple, viewer="ann")
    second = viewings.attach(study, "ad-a", couple, viewer="bob", face_id=2)

    assert (first.face_id, second.face_id) == (1, 2)
    values = {response.viewer: set(response.valence) for response in responses(store, study, "ad-a")}
    assert values == {"ann": {0.5}, "bob": {-0.5}}
    with pytest.raises(NotFoundError, match="no face 3"):
        viewings.attach(study, "ad-a", couple, face_id=3)


def test_responses_are_on_the_stimulus_clock_and_bring_exclusions(
    store: Store, viewings: Viewings, study: str
) -> None:
    late, paused = record(store, "late", {1: 0.2}, 12), record(store, "paused", {1: 0.4}, 12)
    store.add_stretch(late, "excluded", 5.0, 6.0)
    store.add_stretch(late, "excluded", 1.0, 2.0, face_id=7)
    store.add_stretch(late, "marker", 8.0, 9.0)
    viewings.attach(study, "ad-a", late, offset_s=2.0)
    attached = viewings.attach(study, "ad-a", paused)
    viewings.set_clock(attached.key, clock=[(0.0, 0.0), (4.0, 4.0), (6.0, 4.0), (12.0, 10.0)])
    store.add_stretch(paused, "excluded", 3.0, 7.0)

    one, two = responses(store, study, "ad-a")

    assert one.excluded == ((3.0, 4.0),)
    assert one.time[0] == -2.0 and one.time[-1] == pytest.approx(9.9)
    assert two.excluded == ((3.0, 4.0), (4.0, 5.0)), "what lay in the pause is not on the stimulus's clock"
    assert len(two.time) == 120 - 20 and two.time[-1] == pytest.approx(9.9)
    panel = make_panel([one, two], 10.0)
    assert np.isnan(panel.values[0, panel.time == 3.5]).all()


def test_consent_is_kept_word_for_word(viewings: Viewings, studies: Studies, study: str) -> None:
    first = viewings.add_viewer(study, consent_text="I agree to be measured.")
    studies.change(study, consent_text="Another text.")
    second = viewings.add_viewer(study, "ann")

    assert (first.id, second.id) == ("viewer-001", "ann")
    assert first.consent_text == "I agree to be measured." and first.consent_time is not None
    assert second.consent_text is None and second.consent_time is None
    assert viewings.viewers(study) == [first, second]
    with pytest.raises(StudyError, match="already"):
        viewings.add_viewer(study, "ann")


def test_a_study_that_keeps_no_media_has_none(
    store: Store, studies: Studies, viewings: Viewings, study
) -> None:
    session = record(store, "ann", {1: 0.5})
    folder = store.folder(session)
    folder.mkdir()
    for name in ("annotated.mp4", "valence.csv"):
        folder.joinpath(name).write_bytes(b"x")
    store.set_files(session, {"annotated": folder / "annotated.mp4", "csv": folder / "valence.csv"})

    with pytest.raises(StudyError, match="keeps no pictures"):
        viewings.attach(study, "ad-a", session)
    assert (folder / "annotated.mp4").exists(), "nothing is lost without being told so"
    viewings.attach(study, "ad-a", session, discard_media=True)

    assert [path.name for path in folder.iterdir()] == ["valence.csv"]
    assert list(store.get(session).files) == ["csv"]
    keeping = studies.create("keeping", keep_media=True).id
    studies.add_stimulus(keeping, "Ad", 10)
    other = record(store, "bob", {1: 0.5})
    store.set_files(other, {"annotated": folder / "other.mp4"})
    viewings.attach(keeping, "ad", other)
    assert list(store.get(other).files) == ["annotated"]


def test_deleting_a_viewer_removes_every_trace(store: Store, viewings: Viewings, study: str) -> None:
    name = "Zarathustra-4711"
    viewings.add_viewer(study, name, consent_text=f"{name} agrees.")
    kept = record(store, "ann", {1: 0.5})
    gone = [record(store, name, {1: 0.5}) for _ in range(2)]
    viewings.attach(study, "ad-a", kept)
    for session in gone:
        store.folder(session).mkdir()
    viewings.attach(study, "ad-a", gone[0], viewer=name)
    viewings.attach(study, "ad-a", gone[1], viewer=f"{name}'s friend")

    viewings.delete_viewer(study, name)
    viewings.delete_viewer(study, f"{name}'s friend")

    assert [session.id for session in store.sessions()] == [kept]
    assert [viewer.id for viewer in viewings.viewers(study)] == ["ann"]
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == []
    for file in store.root.iterdir():
        assert name.encode() not in file.read_bytes()


def test_deleting_one_of_two_viewers_of_a_session_keeps_the_others_numbers(
    store: Store, viewings: Viewings, study: str
) -> None:
    couple = record(store, "couple", {1: 0.5, 2: -0.5})
    store.folder(couple).mkdir()
    store.folder(couple).joinpath("valence.csv").touch()
    store.set_files(couple, {"csv": store.folder(couple) / "valence.csv"})
    store.name_face(couple, 1, "Ann")
    viewings.attach(study, "ad-a", couple, viewer="ann", face_id=1)
    viewings.attach(study, "ad-a", couple, viewer="bob", face_id=2)

    viewings.delete_viewer(study, "ann")

    assert store.samples(couple).faces == [2]
    session = store.get(couple)
    assert (session.files, session.face_names) == ({}, {})
    assert session.digest is not None and session.digest.valence_mean == -0.5
    assert not store.folder(couple).exists()
    assert [viewing.viewer for viewing in viewings.all(study)] == ["bob"]


def test_deleting_a_session_takes_its_viewing_along(store: Store, viewings: Viewings, study: str) -> None:
    session = record(store, "ann", {1: 0.5})
    viewings.attach(study, "ad-a", session)

    store.delete(session)

    assert viewings.all(study) == [] and list(responses(store, study, "ad-a")) == []


def test_deleting_a_study_leaves_sessions_unless_asked(
    store: Store, studies: Studies, viewings: Viewings, study: str, tmp_path: Path
) -> None:
    own, uploaded = tmp_path / "ad.mp4", studies.upload_folder() / "ad.mp4"
    recording = store.root / "some-session" / "recording.mp4"
    recording.parent.mkdir()
    for path in (own, uploaded, recording):
        path.write_bytes(b"x")
        studies.add_stimulus(study, path.parent.name, 5, path)
    session = record(store, "ann", {1: 0.5})
    viewings.attach(study, "ad-a", session)

    studies.delete(study)
    assert [kept.id for kept in store.sessions()] == [session]
    assert own.exists() and recording.exists() and not uploaded.parent.exists()

    again = studies.create("again").id
    studies.add_stimulus(again, "Ad A", 10)
    viewings.attach(again, "ad-a", session)
    studies.delete(again, with_sessions=True)
    assert rows_left(store) == 0


def test_an_attached_session_that_is_still_running_grows(
    store: Store, viewings: Viewings, study: str
) -> None:
    writer = store.begin("live", source="camera", kind="live")
    viewings.attach(study, "ad-a", writer.id, viewer="ann")
    assert [len(response.time) for response in responses(store, study, "ad-a")] == [0]

    writer.add(Sample(n / 10, n, 1, Box(0, 0, 9, 9), 0.5, 0.5, 0.9, 0.9) for n in range(30))
    writer.flush()

    assert [len(response.time) for response in responses(store, study, "ad-a")] == [30]
    writer.finish()


def test_the_database_is_sound_after_all_that(store: Store, viewings: Viewings, study: str) -> None:
    viewings.attach(study, "ad-a", record(store, "ann", {1: 0.5}))
    viewings.delete_viewer(study, "ann")

    raw = sqlite3.connect(store.root / "valence.db")
    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
    raw.close()


@pytest.mark.parametrize("wrong", [{"stimulus": "nothing"}, {"face_id": 7}, {"offset_s": float("nan")}])
def test_pictures_are_deleted_only_if_the_session_is_attached(
    store: Store, viewings: Viewings, study: str, wrong: dict[str, object]
) -> None:
    session = record(store, "ann", {1: 0.1})
    picture = store.folder(session) / "annotated.mp4"
    picture.parent.mkdir()
    picture.write_bytes(b"film")
    store.set_files(session, {"annotated": picture})
    with pytest.raises((NotFoundError, StudyError)):
        viewings.attach(study, **{"stimulus": "ad-a", "session": session, "discard_media": True, **wrong})
    assert picture.exists() and "annotated" in store.get(session).files
    viewings.attach(study, "ad-a", session, discard_media=True)
    assert not picture.exists() and store.get(session).files == {}


@pytest.mark.parametrize("offset", [float("nan"), float("inf"), float("-inf")])
def test_a_stimulus_begins_at_some_time(store: Store, viewings: Viewings, study: str, offset: float) -> None:
    with pytest.raises(StudyError, match="cannot begin at"):
        viewings.attach(study, "ad-a", record(store, "ann", {1: 0.1}), offset_s=offset)


def test_what_is_attached_twice_and_what_is_gone_are_told_apart(
    store: Store, viewings: Viewings, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = record(store, "ann", {1: 0.1, 2: 0.2})
    viewings.attach(study, "ad-a", session, viewer="Ann", face_id=1)
    with pytest.raises(StudyError, match="already attached"):
        viewings.attach(study, "ad-a", session, viewer="Bob", face_id=1)
    with pytest.raises(StudyError, match="'Ann' is already seen"):
        viewings.attach(study, "ad-a", session, viewer="Ann", face_id=2)

    def gone(connection: Connection, *_: object) -> int:
        connection.execute(delete(SessionRow))  # as by somebody else, just now
        return 1

    monkeypatch.setattr("results.studies.viewings._viewer_key", gone)
    with pytest.raises(StudyError, match="was deleted while"):
        viewings.attach(study, "ad-a", session, viewer="Cleo", face_id=2)
