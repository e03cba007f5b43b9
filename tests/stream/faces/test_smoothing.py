"""Smoothing: causal, and the same at any frame rate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.faces.smoothing import Smoother


def response(rate: float, step: float, seconds: float) -> float:
    """The share of a step that has come through after so many seconds."""
    smooth = Smoother(0.3)
    smooth(0.0, 0.0)
    for i in range(1, round(seconds * rate) + 1):
        value = smooth(i / rate, step)
    return value / step


@pytest.mark.parametrize("rate", [10, 12.5, 29.97, 60])
@pytest.mark.parametrize("step", [0.05, 0.1, 0.4])
def test_the_step_response_hardly_depends_on_the_frame_rate(rate: float, step: float) -> None:
    steps = round(0.4 * rate)
    assert response(rate, step, steps / rate) == pytest.approx(response(1000, step, steps / rate), abs=0.06)


def test_a_change_takes_the_time_constant_and_a_large_one_half_of_it() -> None:
    assert response(30, 0.1, 0.3) == pytest.approx(1 - math.exp(-1), abs=0.05)
    assert response(30, 0.5, 0.17) >= 1 - math.exp(-1)


def test_noise_is_damped_more_than_by_a_filter_that_is_as_fast() -> None:
    smooth, fixed, worst, worst_fixed = Smoother(0.3), 0.0, 0.0, 0.0
    for i in range(90):
        raw = 0.05 * (-1) ** (i // 2)  # to and fro
        value = smooth(i / 30, raw)
        fixed = raw if i == 0 else fixed + (1 - math.exp(-1 / 9)) * (raw - fixed)
        if i >= 60:
            worst, worst_fixed = max(worst, abs(value)), max(worst_fixed, abs(fixed))
    assert worst < 0.8 * worst_fixed


def test_one_frame_that_is_read_wrongly_hardly_comes_through() -> None:
    smooth = Smoother(0.3)
    for i in range(30):
        smooth(i / 30, 0.0)
    assert smooth(1.0, 1.0) < 0.25


def test_the_first_value_and_one_after_a_gap_are_taken_as_they_are() -> None:
    smooth = Smoother(0.3, restart=1.0)
    assert smooth(5.0, 0.7) == 0.7
    assert 0 < smooth(5.1, 0.0) < 0.7
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
