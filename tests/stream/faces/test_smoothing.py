"""Smoothing: causal, and the same at any frame rate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.faces.smoothing import Smoother


@pytest.mark.parametrize("rate", [5, 12.5, 29.97, 60, 240])
def test_the_step_response_does_not_depend_on_the_frame_rate(rate: float) -> None:
    smooth = Smoother(0.3)
    smooth(0.0, 0.0)
    steps = round(0.6 * rate)
    for i in range(1, steps + 1):
        value = smooth(i / rate, 1.0)
    assert value == pytest.approx(1 - math.exp(-steps / rate / 0.3), abs=1e-9)


def test_the_first_value_and_one_after_a_gap_are_taken_as_they_are() -> None:
    smooth = Smoother(0.3, restart=1.0)
    assert smooth(5.0, 0.7) == 0.7
    assert smooth(5.1, 0.0) > 0.4
    assert smooth(6.2, -0.5) == -0.5


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(-1, 1)), min_size=1, max_size=50))
def test_it_never_leaves_the_range_of_what_it_was_given(steps: list[tuple[float, float]]) -> None:
    smooth, time = Smoother(), 0.0
    seen: list[float] = []
    for gap, value in steps:
        time += gap
        seen.append(value)
        assert min(seen) - 1e-9 <= smooth(time, value) <= max(seen) + 1e-9


def test_no_smoothing_passes_the_raw_value() -> None:
    smooth = Smoother(0.0)
    assert [smooth(t / 10, v) for t, v in enumerate((0.1, -0.9, 0.4))] == [0.1, -0.9, 0.4]


def test_time_that_runs_back_is_refused() -> None:
    smooth = Smoother()
    smooth(1.0, 0.0)
    with pytest.raises(ValueError, match="backwards"):
        smooth(0.9, 0.0)
