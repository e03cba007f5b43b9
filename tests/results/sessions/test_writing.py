"""Sessions as they are written: what is stored when, by whom, and how they end."""

from __future__ import annotations

import sqlite3
import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from results import State, Store, StoreError
from results.database.ids import names_device
from results.sessions.store import slug
from stream.frames import Box, Sample
from tests.results.made import NOON, begin, sample


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


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(0, 2**40), st.integers(1, 9), *[st.floats(-1e6, 1e6, allow_nan=False)] * 5),
        unique_by=lambda row: row[:2],
        max_size=50,
    )
)
@example([(0, 1, 2.3e-308, 0.0, 0.0, 0.0, 0.0), (0, 2, -4.0, 0.0, 0.0, 0.0, 0.0)])
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
    monkeypatch.setattr("results.sessions.writer.clock.monotonic", lambda: now)
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


def test_a_commit_that_held_although_it_failed_is_not_repeated(store: Store, monkeypatch) -> None:
    writer = begin(store)
    writer.add([sample(0)])
    writer.event("note", "once")
    dialect = store.database.engine.dialect
    commit = dialect.do_commit

    def lost(connection) -> None:
        commit(connection)
        raise sqlite3.OperationalError("the connection was lost")

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", lost)
        with pytest.raises(StoreError, match="the connection was lost"):
            writer.flush()
    writer.add([sample(1)])
    writer.event("note", "twice")
    writer.finish()

    assert store.samples(writer.id).frame.tolist() == [0, 1]
    assert [event.text for event in store.events(writer.id)] == ["once", "twice"]


@pytest.mark.parametrize("name", ["con", "Aux.mp4", "nul", "LPT1", "com¹.x"])
def test_no_file_is_called_as_windows_calls_a_device(name: str) -> None:
    assert not names_device(f"{slug(name)}.csv")
    assert slug(name).endswith(name)


def test_names_that_differ_in_capitals_only_get_folders_of_their_own(store: Store) -> None:
    """On macOS and Windows `Clip` and `clip` are one folder."""
    ids = [begin(store, name=name).id for name in ("Clip", "clip", "CLIP", "other")]
    assert len({session_id.lower() for session_id in ids}) == 4
    assert ids[0].endswith("_Clip") and ids[3].endswith("_other")
