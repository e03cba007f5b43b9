"""Sessions found, listed, named and marked."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from results import AmbiguousError, NotFoundError, State, Store
from results.database.schema import SessionRow
from results.sessions.table import SAMPLES
from tests.results.made import NOON, begin, sample


def test_list_is_newest_first_and_can_be_searched(store: Store) -> None:
    for days, name in enumerate(["first ad", "second AD", "100%_cat"]):
        with store.begin(name, source="cam", kind="live", created=NOON + timedelta(days=days)):
            pass

    assert [s.name for s in store.sessions()] == ["100%_cat", "second AD", "first ad"]
    assert [s.name for s in store.sessions(search="ad")] == ["second AD", "first ad"]
    assert [s.name for s in store.sessions(search="0%_c")] == ["100%_cat"]
    assert [s.name for s in store.sessions(search="%")] == ["100%_cat"], "no wildcards"
    assert [s.name for s in store.sessions(limit=1, offset=1)] == ["second AD"]
    assert store.sessions(state="running") == []


def test_an_id_may_be_shortened_as_long_as_it_fits_one(store: Store) -> None:
    one, two = begin(store, "cat"), begin(store, "dog")

    assert store.get(one.id[:-1]).id == one.id
    with pytest.raises(AmbiguousError, match="more than one") as caught:
        store.get("2026-")
    assert two.id in str(caught.value)
    for wrong in ("nothing", "", "%", "_"):
        with pytest.raises(NotFoundError):
            store.get(wrong)
    assert issubclass(NotFoundError, LookupError)


def test_the_latest_session_of_a_file_is_found_until_the_file_changes(store: Store, tmp_path: Path) -> None:
    film = tmp_path / "films" / "a.mp4"
    film.parent.mkdir()
    film.write_bytes(b"x")
    os.utime(film, (0, 0))
    for state in (State.DONE, State.DONE, State.FAILED):
        writer = store.begin("a", source=str(film), kind="video")
        writer.finish(state)
    running = store.begin("a", source=str(film), kind="video")

    latest = store.latest_of(tmp_path / "films" / ".." / "films" / "a.mp4")

    assert latest is not None and latest.id == store.sessions()[2].id
    running.finish()
    later = datetime.now().timestamp() + 60
    os.utime(film, (later, later))
    assert store.latest_of(film) is None, "it is another film now"
    film.with_name("b.mp4").touch()
    assert store.latest_of(film.with_name("b.mp4")) is None


def test_the_digest_shows_the_curve_without_the_samples(store: Store) -> None:
    with begin(store) as writer:
        writer.add(sample(frame, valence=-0.5 if frame < 64 else 0.5) for frame in range(128))
        writer.progress(128, 128, 128 / 30)

    shown = store.get(writer.id).digest
    assert shown is not None
    assert (shown.faces, shown.samples, shown.valence_mean) == (1, 128, 0.0)
    assert shown.curve == (-0.5,) * 32 + (0.5,) * 32


def test_a_session_without_faces_has_an_empty_digest(store: Store) -> None:
    with begin(store) as writer:
        writer.progress(10, 0, 1.0)

    shown = store.get(writer.id).digest
    assert shown is not None
    assert (shown.faces, shown.valence_mean, shown.curve) == (0, None, ())
    assert len(store.samples(writer.id)) == 0


def test_names_markers_and_exclusions(store: Store) -> None:
    with begin(store) as writer:
        writer.add([sample(0, 1), sample(0, 2)])
    session = writer.id

    store.rename(session, "Ad, take two")
    store.name_face(session, 2, "Ada")
    marker = store.add_stretch(session, "marker", 3.0, label="logo")
    cut = store.add_stretch(session, "excluded", 1.0, 2.5, face_id=2)

    assert store.get(session).name == "Ad, take two"
    assert store.get(session).face_names == {2: "Ada"}
    assert store.stretches(session) == [cut, marker]
    store.name_face(session, 2, "")
    store.remove_stretch(session, cut.key)
    assert store.get(session).face_names == {}
    assert store.stretches(session) == [marker]
    with pytest.raises(NotFoundError, match="face 7"):
        store.name_face(session, 7, "Nobody")
    with pytest.raises(NotFoundError):
        store.remove_stretch(session, cut.key)
    for start, end in ((-1.0, 1.0), (2.0, 1.0), (float("nan"), 1.0), (0.0, float("inf")), (1.0, None)):
        with pytest.raises(ValueError):
            store.add_stretch(session, "excluded", start, end)
    with pytest.raises(ValueError):
        store.rename(session, "  ")


def test_files_inside_the_sessions_folder_move_with_it(store: Store, tmp_path: Path) -> None:
    with begin(store) as writer:
        pass
    store.set_files(writer.id, {"csv": writer.folder / "valence.csv", "annotated": tmp_path / "a.mp4"})
    store.close()
    store.root.rename(tmp_path / "moved")

    with Store(tmp_path / "moved") as again:
        files = again.get(writer.id).files
    assert files == {
        "csv": str(tmp_path / "moved" / writer.id / "valence.csv"),
        "annotated": str(tmp_path / "a.mp4"),
    }


def test_a_session_of_another_host_is_given_up_after_a_silence(store: Store) -> None:
    writer = begin(store)
    writer.add([sample()])
    writer.flush()

    def owned_elsewhere(silence: timedelta) -> None:
        with store.database.write() as connection:
            now = datetime.now(tz=NOON.tzinfo)
            connection.execute(update(SessionRow).values(owner_host="elsewhere", heartbeat=now - silence))

    owned_elsewhere(timedelta(seconds=20))
    assert store.get(writer.id).state is State.RUNNING
    owned_elsewhere(timedelta(seconds=90))
    assert store.get(writer.id).state is State.INTERRUPTED
    assert store.get(writer.id).digest is not None
    writer.add([sample(1)])
    writer.flush()
    assert store.sessions()[0].state is State.RUNNING, "it was only slow: its next commit says so"


def test_samples_are_indexed_by_session_and_frame(store: Store) -> None:
    with store.database.read() as connection:
        query = select(SAMPLES.c.valence).where(SAMPLES.c.session_key == 1, SAMPLES.c.frame == 7)
        text = str(query.compile(store.database.engine, compile_kwargs={"literal_binds": True}))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").fetchall()

    assert "SEARCH samples USING PRIMARY KEY (session_key=? AND frame=?)" in str(plan)
