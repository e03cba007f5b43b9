"""Faces put together and taken apart, without a database."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from results import EXTRAS, Samples
from results.sessions.faces import Part, divided, face_of, joined, shown
from results.sessions.smoothing import smoothed_on
from stream.faces.smoothing import Smoother

RATE = 10


def samples(*seen: tuple[int, int], score: float = 0.9) -> Samples:
    """Samples of (frame, track) with raw values that differ, smoothed as they are analysed."""
    smoothers: dict[int, Smoother] = {}
    rows = []
    for frame, track in sorted(seen):
        raw = np.sin(frame + 3 * track)
        smooth = smoothers.setdefault(track, Smoother())(frame / RATE, raw)
        rows.append((frame / RATE, frame, track, 0, 0, 9, 9, raw, smooth, 0.5, score, *[None] * len(EXTRAS)))
    return Samples.from_rows(rows)


def span(track: int, first: int, last: int) -> list[tuple[int, int]]:
    return [(frame, track) for frame in range(first, last + 1)]


def test_a_track_is_the_face_of_its_number_until_a_part_says_otherwise() -> None:
    parts = (Part(2, 5, 1), Part(2, 8, 4))
    found = face_of(parts, np.array([1, 2, 2, 2, 2]), np.array([9, 4, 5, 7, 8]))
    assert found.tolist() == [1, 2, 1, 1, 4]


def test_joining_and_dividing_again_leaves_nothing_behind() -> None:
    whole = joined((), [1, 2, 3], [1, 2], 1)
    assert whole == (Part(2, 0, 1),)
    assert divided(whole, [1, 2, 3], 1, 5, 4) == (Part(1, 5, 4), Part(2, 0, 1), Part(2, 5, 4))
    assert joined(divided((), [1], 1, 5, 2), [1], [1, 2], 1) == ()


edits = st.lists(
    st.tuples(st.sampled_from(["join", "divide"]), st.integers(1, 6), st.integers(1, 6), st.integers(0, 20)),
    max_size=6,
)


@given(edits)
def test_parts_do_what_doing_it_sample_by_sample_does(steps) -> None:
    seen = samples(*span(1, 0, 9), *span(2, 5, 14), *span(3, 12, 20))
    parts, faces = (), seen.face_id.copy()
    for what, one, other, frame in steps:
        if what == "join":
            parts = joined(parts, seen.faces, (one, other), one)
            faces[faces == other] = one
        else:
            parts = divided(parts, seen.faces, one, frame, other)
            faces[(faces == one) & (seen.frame >= frame)] = other
        assert face_of(parts, seen.face_id, seen.frame).tolist() == faces.tolist()


def test_of_two_samples_in_one_frame_the_detected_one_counts_then_the_first_track_s() -> None:
    seen = samples(*span(1, 0, 3), *span(2, 2, 5))
    carried = np.where((seen.face_id == 1) & (seen.frame == 3), 0.0, seen.score)
    told = shown(replace(seen, score=carried), joined((), [1, 2], [1, 2], 1), None)
    assert told.frame.tolist() == [0, 1, 2, 3, 4, 5] and set(told.face_id.tolist()) == {1}
    of_tracks = dict(zip(zip(seen.frame, seen.face_id, strict=True), seen.valence, strict=True))
    assert told.valence.tolist() == [of_tracks[frame, 1 if frame < 3 else 2] for frame in range(6)]


def test_what_is_put_together_is_smoothed_as_one_face() -> None:
    parts_of_one = samples(*span(1, 0, 9), *span(2, 10, 19))
    told = shown(parts_of_one, joined((), [1, 2], [1, 2], 1), 0.3)
    smoother = Smoother()
    expected = [smoother(time, raw) for time, raw in zip(told.time, told.valence, strict=True)]
    np.testing.assert_allclose(told.smoothed, expected, atol=1e-12)
    assert not np.allclose(parts_of_one.smoothed, expected), "as it was analysed it would be wrong"


def test_a_face_that_is_split_off_remembers_nothing_of_the_other() -> None:
    whole = samples(*span(1, 0, 19))
    told = shown(whole, divided((), [1], 1, 10, 2), 0.3)
    assert told.of_face(1).smoothed.tolist() == whole.smoothed[:10].tolist(), "the past is as it was"
    smoother = Smoother()
    new = told.of_face(2)
    expected = [smoother(time, raw) for time, raw in zip(new.time, new.valence, strict=True)]
    np.testing.assert_allclose(new.smoothed, expected, atol=1e-12)


def test_without_a_known_filter_smoothed_values_stay() -> None:
    seen = samples(*span(1, 0, 9), *span(2, 10, 19))
    told = shown(seen, joined((), [1, 2], [1, 2], 1), None)
    assert told.smoothed.tolist() == seen.smoothed.tolist()


@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=30),
    st.floats(0, 2),
    st.integers(0, 29),
)
def test_the_filter_is_the_one_that_analysing_uses(gaps, time_constant, start) -> None:
    times, raw = np.cumsum(gaps), np.sin(np.arange(len(gaps)))
    smoother = Smoother(time_constant)
    expected = [smoother(time, value) for time, value in zip(times.tolist(), raw.tolist(), strict=True)]
    before = np.array(expected)
    before[start:] = np.nan
    made = smoothed_on(times, raw, before, min(start, len(gaps)), time_constant)
    np.testing.assert_allclose(made, expected, atol=1e-12)
