"""Sessions in the database: begun, written, listed, marked, deleted."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from results import AmbiguousError, DeletedError, NotFoundError, State, Store, StoreError
from results.schema import Base, SampleRow, SessionRow
from results.store import slug
from stream.frames import Box, Sample

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=timezone(timedelta(hours=1)))


def sample(frame: int = 0, face_id: int = 1, valence: float = 0.25, quality: float = 0.9) -> Sample:
    return Sample(frame / 30, frame, face_id, Box(1.5, 2.25, 81.5, 102.25), valence, valence, quality, 0.8)


def begin(store: Store, name: str = "clip", **more):
    return store.begin(name, source=f"/films/{name}.mp4", kind="video", created=NOON, **more)


def rows_left(store: Store) -> dict[str, int]:
    with store.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name != "schema"
        }


def test_what_was_written_is_read_back_exactly(store: Store) -> None:
    given = [sample(frame, face, 0.1 * face - 0.01 * frame) for frame in range(40) for face in (1, 2)]

    with begin(store, device="cpu", model_name="m", model_sha256="ab", settings={"step": 0.1}) as writer:
        for one in given:
            writer.add([one])
        writer.event("drop", "3 frames were dropped", time=0.5)
        writer.progress(frames=40, frames_with_faces=39, time=1.3)

    session, samples = store.get(writer.id), store.samples(writer.id)
    assert session.state is State.DONE
    assert (session.frames, session.frames_with_faces, session.duration_s) == (40, 39, 1.3)
    assert (session.device, session.model_name, session.model_sha256) == ("cpu", "m", "ab")
    assert session.settings == {"step": 0.1}
    assert session.created == NOON
    assert samples.time.tolist() == [one.time for one in given]
    assert samples.frame.tolist() == [one.frame for one in given]
    assert samples.face_id.tolist() == [one.face_id for one in given]
    assert samples.box.tolist() == [list(one.box) for one in given]
    assert samples.valence.tolist() == [one.valence for one in given]
    assert samples.score.tolist() == [0.8] * 80
    assert [event.text for event in store.events(writer.id)] == ["3 frames were dropped"]
    assert store.samples(writer.id, face_id=2).valence.tolist() == samples.of_face(2).valence.tolist()


def test_ids_say_when_and_what_and_never_collide(store: Store) -> None:
    ids = [begin(store, name).id for name in ("clip", "clip", "clip", "../Grüße aus Köln!.mp4", "//")]

    local = NOON.strftime("%Y-%m-%d_%H-%M-%S")
    assert ids == [
        f"{local}_clip",
        f"{local}_clip_2",
        f"{local}_clip_3",
        f"{local}_Grüße-aus-Köln-.mp4",
        f"{local}_session",
    ]


@given(st.text())
def test_a_slug_is_always_a_plain_file_name(name: str) -> None:
    made = slug(name)

    assert 1 <= len(made) <= 40
    assert not set(made) & set("/\\\0 \n") and not made.startswith((".", "-"))
    assert slug(made) == made


def test_many_threads_get_different_ids_and_lose_nothing(store: Store) -> None:
    ids, failures = [], []

    def work() -> None:
        try:
            with begin(store) as writer:
                ids.append(writer.id)
                for frame in range(600):
                    writer.add([sample(frame)])
        except Exception as error:  # handed to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(set(ids)) == 6
    assert [len(store.samples(one)) for one in ids] == [600] * 6


def test_samples_are_committed_while_the_session_runs(store: Store, monkeypatch) -> None:
    now = 100.0
    monkeypatch.setattr("results.writer.clock.monotonic", lambda: now)
    writer = begin(store)

    writer.add(sample(frame) for frame in range(499))
    assert len(store.samples(writer.id)) == 0
    writer.add([sample(499)])
    assert len(store.samples(writer.id)) == 500, "500 samples make a batch"
    writer.add([sample(500)])
    now += 0.5
    writer.progress(502, 501, 16.7)
    assert len(store.samples(writer.id)) == 501, "half a second makes a batch"
    assert store.get(writer.id).frames == 502
    assert store.get(writer.id).state is State.RUNNING


def test_a_session_that_raises_is_failed_and_says_why(store: Store) -> None:
    with pytest.raises(RuntimeError), begin(store) as writer:
        writer.add([sample()])
        raise RuntimeError("the camera was unplugged")

    session = store.get(writer.id)
    assert (session.state, session.error) == (State.FAILED, "the camera was unplugged")
    assert len(store.samples(writer.id)) == 1


def test_ctrl_c_leaves_an_interrupted_session_with_its_samples(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), begin(store) as writer:
        writer.add([sample()])
        raise KeyboardInterrupt

    assert store.get(writer.id).state is State.INTERRUPTED
    assert len(store.samples(writer.id)) == 1


def test_a_finished_session_takes_no_more(store: Store) -> None:
    writer = begin(store)
    writer.finish()
    writer.finish(State.FAILED)

    writer.add([sample()])
    with pytest.raises(ValueError, match="finished"):
        writer.flush()
    assert store.get(writer.id).state is State.DONE


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


def test_delete_leaves_no_row_no_file_and_no_byte(store: Store, tmp_path: Path) -> None:
    secret = "Zarathustra-4711"
    with begin(store, "kept") as kept:
        kept.add([sample()])
    with begin(store, secret) as writer:
        writer.add(sample(frame) for frame in range(1000))
        writer.event("note", secret)
        writer.folder.mkdir()
        writer.folder.joinpath("annotated.mp4").write_bytes(b"x")
        elsewhere = tmp_path / "out" / "valence.csv"
        elsewhere.parent.mkdir()
        elsewhere.write_text("x")
        bystander = elsewhere.with_name("thesis.doc")
        bystander.write_text("mine")
    store.set_files(writer.id, {"csv": elsewhere, "annotated": writer.folder / "annotated.mp4"})
    store.name_face(writer.id, 1, secret)
    store.add_stretch(writer.id, "marker", 1.0, label=secret)
    left_before = rows_left(store)

    store.delete(writer.id)

    assert left_before["samples"] == 1001 and left_before["stretches"] == 1
    assert rows_left(store) == {**dict.fromkeys(left_before, 0), "sessions": 1, "samples": 1}
    assert not writer.folder.exists() and not elsewhere.exists() and bystander.exists()
    for file in store.root.iterdir():
        assert secret.encode() not in file.read_bytes(), f"{file.name} still holds the deleted text"
    with pytest.raises(LookupError):
        store.delete(writer.id)


def test_deleting_a_running_session_stops_its_writer(store: Store) -> None:
    writer = begin(store)
    writer.add([sample()])
    store.delete(writer.id)

    with pytest.raises(DeletedError, match="deleted"):
        writer.flush()
    writer.finish()
    assert sum(rows_left(store).values()) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may delete anything")
def test_files_that_cannot_be_deleted_keep_the_session_listed(store: Store) -> None:
    with begin(store) as writer:
        writer.folder.mkdir()
    writer.folder.joinpath("x").touch()
    writer.folder.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be deleted"):
            store.delete(writer.id)
        assert store.get(writer.id)
    finally:
        writer.folder.chmod(0o700)


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


def test_a_database_of_a_newer_program_is_left_alone(store: Store) -> None:
    with sqlite3.connect(store.root / "valence.db") as raw:
        raw.execute("UPDATE schema SET version = 999")
    raw.close()

    with pytest.raises(StoreError, match="version 999"):
        Store(store.root)


def test_a_database_of_an_older_program_is_brought_up_to_date(store: Store) -> None:
    with begin(store, "old") as writer:
        writer.add([sample()])
    store.close()
    raw = sqlite3.connect(store.root / "valence.db")
    raw.executescript("ALTER TABLE sessions DROP COLUMN origin; UPDATE schema SET version = 1;")
    raw.close()

    with Store(store.root) as again:
        assert again.get(writer.id).origin is None
        assert len(again.samples(writer.id)) == 1
        with begin(again, "new") as writer:
            pass
        assert again.get(writer.id).origin == Path("/films/new.mp4")


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


def test_an_output_folder_of_the_sessions_name_goes_with_it(store: Store, tmp_path: Path) -> None:
    with begin(store) as writer:
        pass
    out = tmp_path / "out" / writer.id
    out.mkdir(parents=True)
    (out / "valence.csv").touch()
    store.set_files(writer.id, {"csv": out / "valence.csv"})

    store.delete(writer.id)

    assert not out.exists() and out.parent.exists()


@pytest.mark.parametrize("url", ["nonsense", "nodialect://x", "sqlite:////no/such/folder/x.db"])
def test_a_database_that_cannot_be_opened_is_one_clear_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError):
        Store(tmp_path, url)


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "valence.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path)


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(0, 2**40), st.integers(1, 9), *[st.floats(-1e6, 1e6, allow_nan=False)] * 5),
        unique_by=lambda row: row[:2],
        max_size=50,
    )
)
def test_any_numbers_survive_the_round_trip(tmp_path_factory, rows) -> None:
    with Store(tmp_path_factory.mktemp("any")) as store:
        with begin(store) as writer:
            writer.add(
                Sample(time, frame, face, Box(left, 0.0, 1.0, 2.0), valence, smoothed, quality, 0.5)
                for frame, face, time, left, valence, smoothed, quality in rows
            )
        samples = store.samples(writer.id)

    ordered = sorted(rows)
    assert samples.frame.tolist() == [row[0] for row in ordered]
    assert samples.face_id.tolist() == [row[1] for row in ordered]
    np.testing.assert_array_equal(samples.time, [row[2] for row in ordered])
    np.testing.assert_array_equal(samples.box[:, 0], [row[3] for row in ordered])
    np.testing.assert_array_equal(samples.quality, [row[6] for row in ordered])


def test_samples_are_indexed_by_session_and_frame(store: Store) -> None:
    with store.database.read() as connection:
        query = select(SampleRow.valence).where(SampleRow.session_key == 1, SampleRow.frame == 7)
        text = str(query.compile(store.database.engine, compile_kwargs={"literal_binds": True}))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").fetchall()

    assert "SEARCH samples USING PRIMARY KEY (session_key=? AND frame=?)" in str(plan)


def test_many_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    program = f"from results import Store\nwith Store({str(tmp_path / 's')!r}) as store: store.sessions()"
    openers = [
        subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(5)
    ]
    errors = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 5, errors
