"""What lies in an excluded stretch."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from results.sessions.exclusions import excluded, excluded_spans, within
from results.sessions.records import Stretch, StretchKind
from results.sessions.samples import EXTRAS, Samples


def samples(*moments: tuple[float, int]) -> Samples:
    return Samples.from_rows(
        [(time, n, face, *[0.0] * 8, *[None] * len(EXTRAS)) for n, (time, face) in enumerate(moments)]
    )


def stretch(start: float, end: float, face_id: int | None = None, kind: str = "excluded") -> Stretch:
    return Stretch(1, StretchKind(kind), start, end, face_id=face_id)


def test_a_stretch_concerns_one_face_or_every_face() -> None:
    stretches = [stretch(1, 2), stretch(3, 4, 2), stretch(5, 6, kind="marker")]

    assert excluded_spans(stretches, 1) == ((1, 2),)
    assert excluded_spans(stretches, 2) == ((1, 2), (3, 4))
    found = excluded(samples((1.5, 1), (1.5, 2), (2.5, 1), (3.5, 1), (3.5, 2), (5.5, 1)), stretches)
    assert found.tolist() == [True, True, False, False, True, False]
    assert excluded(samples(), stretches).tolist() == []


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([24, 29.97, 30, 60]))
def test_a_stretch_from_one_sample_to_another_has_both_in_it(first, more, rate) -> None:
    start, end = round(first / rate, 6), round((first + more) / rate, 6)  # as they are told
    time = np.array([first - 1, first, first + more, first + more + 1]) / rate

    assert within(time, [(start, end)]).tolist() == [False, True, True, False]
