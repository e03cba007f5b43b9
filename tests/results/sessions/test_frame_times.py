"""When frames without a face were shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from results import InputError, Store, StoreError
from results.database.schema import FrameTimesRow
from results.sessions.frame_times import all_frames, load_frame_times, packed, unpacked
from results.sessions.reading import find_session, load_samples
from tests.results.made import begin, rows_left, sample

steps = st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 10**7)), max_size=50)


@given(steps)
def test_frames_come_back_as_they_were(steps) -> None:
    frames = np.cumsum([(0, 0), *steps], axis=0)[1:] if steps else np.zeros((0, 2), int)
    found = unpacked(packed((frame, tick / 1e6) for frame, tick in frames.tolist()))
    assert found.frame.tolist() == frames[:, 0].tolist()
    np.testing.assert_allclose(found.time, frames[:, 1] / 1e6, atol=1e-9)


def test_an_hour_is_a_few_kilobytes() -> None:
    even = [(n, n / 29.97) for n in range(108_000)]
    assert len(packed(even)) < 5_000
    rng = np.random.default_rng(1)
    uneven = np.cumsum(rng.normal(1 / 30, 0.002, 108_000))
    assert len(packed(enumerate(uneven.tolist()))) < 300_000


def every_frame(store: Store, session: str) -> list[tuple[int, float]]:
    with store.database.read() as connection:
        row = find_session(connection, session)
        found = all_frames(connection, row, load_samples(connection, row.key))
    return list(zip(found.frame.tolist(), found.time.round(6).tolist(), strict=True))


def test_a_session_that_is_told_of_every_frame_knows_when_each_was(store: Store) -> None:
    shown = [(frame, round(frame * 0.04 + 0.001 * (frame % 3), 6)) for frame in range(50)]
    with begin(store) as writer:
        for frame, time in shown:
            writer.progress(frame + 1, 0, time)
            if frame % 7 == 0:
                writer.flush()
        with store.database.read() as connection:
            kept = connection.execute(select(func.count()).select_from(FrameTimesRow)).scalar_one()
        assert kept > 1, "what a killed process would leave"
        assert every_frame(store, writer.id) == shown[:50]
    assert every_frame(store, writer.id) == shown
    assert rows_left(store)["frame_times"] == 1
    store.delete(writer.id)
    assert rows_left(store)["frame_times"] == 0


def test_a_source_that_loses_frames_tells_of_those_that_it_has(store: Store) -> None:
    with begin(store) as writer:
        writer.keep([], progress=(2, 0, 0.3), frames=[(0, 0.0), (3, 0.3)])
        writer.keep([], progress=(4, 0, 0.9), frames=[(4, 0.4), (9, 0.9)])
    assert every_frame(store, writer.id) == [(0, 0.0), (3, 0.3), (4, 0.4), (9, 0.9)]


def test_where_every_frame_has_a_face_nothing_else_is_needed(store: Store) -> None:
    with begin(store) as writer:
        writer.add(sample(frame) for frame in range(3))
        writer.keep([], progress=(3, 3, 0.1))
    assert every_frame(store, writer.id) == [(n, round(n / 30, 6)) for n in range(3)]


def test_a_session_that_does_not_know_says_so(store: Store) -> None:
    with begin(store, "live") as writer:
        writer.add(sample(frame) for frame in range(3))
        writer.keep([], progress=(5, 3, 0.2))
    with pytest.raises(InputError, match="does not know when its frames without a face"):
        every_frame(store, writer.id)


def test_a_commit_that_held_although_it_failed_is_not_kept_twice(store: Store, monkeypatch) -> None:
    writer = begin(store)
    writer.progress(1, 0, 0.0)
    write = store.database.write

    class LostAnswer:
        """A server that commits, and is gone before it says so."""

        def __enter__(self):
            self._inner = write()
            return self._inner.__enter__()

        def __exit__(self, *raised):
            self._inner.__exit__(*raised)
            raise StoreError("the connection is lost")

    with monkeypatch.context() as patched:
        patched.setattr(store.database, "write", LostAnswer)
        with pytest.raises(StoreError):
            writer.flush()
    writer.progress(2, 0, 0.04)
    writer.finish()
    with store.database.read() as connection:
        assert load_frame_times(connection, 1).frame.tolist() == [0, 1]
