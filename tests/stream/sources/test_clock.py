"""The clock of a recording: absent, restarting, leaping and stray time stamps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.sources.clock import Clock


def times(clock: Clock, stamps: Sequence[float | None]) -> list[float]:
    following = [*stamps[1:], None]
    return [round(clock.time(a, b), 6) for a, b in zip(stamps, following, strict=True)]


def regular(count: int, start: float = 0.0, rate: float = 25) -> list[float]:
    return [start + number / rate for number in range(count)]


def test_right_stamps_are_kept_whatever_the_rate() -> None:
    clock = Clock(5.0, 25)
    assert times(clock, [5.0, 5.1, 5.15, 7.0, 7.01]) == [0.0, 0.1, 0.15, 2.0, 2.01]
    assert clock.repairs == []


def test_slow_recordings_are_not_full_of_leaps() -> None:
    clock = Clock(0.0, 0.05, jumps=True)
    assert times(clock, [0, 20, 40, 60]) == [0, 20, 40, 60]
    assert clock.repairs == []


def test_a_picture_that_begins_after_the_sound() -> None:
    clock = Clock(0.0, 25)
    assert times(clock, regular(3, 3.0)) == [3.0, 3.04, 3.08]
    assert clock.repairs == []


def test_without_stamps_the_rate_counts() -> None:
    clock = Clock(None, 50)
    assert times(clock, [None] * 4) == [0.0, 0.02, 0.04, 0.06]
    clock.passed(2)
    assert times(clock, [None]) == [0.12]
    assert "no time stamps" in clock.repairs[0] and "50 pictures a second" in clock.repairs[0]


@pytest.mark.parametrize("start", [0.0, 1.5, 0.96])
def test_stamps_that_begin_again_run_on(start: float) -> None:
    clock = Clock(0.0, 25)
    assert times(clock, regular(50) + regular(50, start)) == [round(t, 6) for t in regular(100)]
    assert "begin again at 1.96 s" in clock.repairs[0]


@pytest.mark.parametrize("start", [6.0, 30.0, 95_443.7])
def test_a_leap_is_left_out_where_the_clock_may_be_set_anew(start: float) -> None:
    clock = Clock(0.0, 25, jumps=True)
    assert times(clock, regular(50) + regular(50, start))[-1] == pytest.approx(99 / 25)
    assert "leap" in clock.repairs[0]


def test_elsewhere_a_gap_is_a_gap_and_is_told() -> None:
    clock = Clock(0.0, 25)
    assert times(clock, regular(50) + regular(50, 30.0))[-1] == pytest.approx(30 + 49 / 25)
    assert "no picture for 28.0 s from 1.96 s" in clock.repairs[0]


@pytest.mark.parametrize("stray", [500.0, 6.0, -3.0])
def test_one_wrong_stamp_does_not_freeze_the_clock(stray: float) -> None:
    clock = Clock(0.0, 25)
    stamps = regular(50)
    stamps[20] = stray
    assert times(clock, stamps) == [round(t, 6) for t in regular(50)]
    assert "cannot be right at 0.76 s" in clock.repairs[0]


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e5, 1e5, allow_nan=False)), min_size=1, max_size=40),
    st.booleans(),
)
def test_time_never_runs_back(stamps: list[float | None], jumps: bool) -> None:
    got = times(Clock(0.0, 25, jumps=jumps), stamps)
    assert got[0] >= 0
    assert all(b >= a for a, b in itertools.pairwise(got))
