"""A session's clock and the stimulus's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.audience.clock import stimulus_spans, stimulus_time


def test_an_offset_shifts() -> None:
    assert stimulus_time(np.array([0.0, 3.0, 5.5]), 3.0).tolist() == [-3.0, 0.0, 2.5]


def test_pauses_stalls_and_seeks_are_not_watching() -> None:
    # plays 0-4, pauses for 3 s, plays 4-6, jumps back to 1 and plays to 3, jumps ahead to 20
    knots = [(1, 0), (5, 4), (8, 4), (10, 6), (10.1, 1), (12.1, 3), (12.2, 20), (13.2, 21)]
    session = np.array([0.5, 1.0, 3.0, 6.5, 9.0, 10.05, 11.1, 12.15, 12.7, 14.0])

    seen = stimulus_time(session, knots=knots)

    np.testing.assert_allclose(
        seen, [np.nan, 0.0, 2.0, np.nan, 5.0, np.nan, 2.0, np.nan, 20.5, np.nan], atol=1e-9
    )


@given(st.floats(0.5, 2.0), st.lists(st.floats(0.3, 5), min_size=1, max_size=6), st.randoms())
def test_whatever_the_speed_and_the_pauses_the_truth_is_found(speed, plays, random) -> None:
    knots, moments, truth = [(2.0, 0.0)], [], []
    for length in plays:
        session, media = knots[-1]
        part = random.uniform(0.1, 0.9) * length
        moments.append(session + part)
        truth.append(media + part * speed)
        knots.append((session + length, media + length * speed))
        knots.append((session + length + random.uniform(0.1, 9), media + length * speed))

    np.testing.assert_allclose(stimulus_time(np.array(moments), knots=knots), truth, atol=1e-9)


@pytest.mark.parametrize("knots", [[(1.0, 0.0)], [(1.0, 0.0), (1.0, 5.0)]])
def test_knots_that_say_nothing_put_nothing_anywhere(knots) -> None:
    assert np.isnan(stimulus_time(np.array([0.0, 1.0, 2.0]), knots=knots)).all()


def test_a_stretch_of_the_session_is_what_was_watched_in_it() -> None:
    knots = [(1, 0), (5, 4), (8, 4), (10, 6), (10.1, 1), (12.1, 3)]

    assert stimulus_spans(5.0, 6.0, 2.0) == [(3.0, 4.0)]
    assert stimulus_spans(2.0, 5.0, knots=knots) == [(1.0, 4.0)], "up to a pause, which begins at its end"
    assert stimulus_spans(6.0, 7.0, knots=knots) == []
    assert stimulus_spans(0.0, 0.5, knots=knots) == stimulus_spans(20.0, 30.0, knots=knots) == []
    seen_again = stimulus_spans(9.0, 11.1, knots=knots)
    np.testing.assert_allclose(seen_again, [(5.0, 6.0), (1.0, 2.0)], err_msg="not all that lies between")
    assert stimulus_spans(0.0, 9.0, knots=[(1.0, 0.0)]) == []


@given(
    st.lists(st.tuples(st.floats(0.1, 5), st.floats(-3, 6)), min_size=1, max_size=8),
    st.floats(0, 20),
    st.floats(0, 20),
)
def test_a_moment_is_watched_in_a_stretch_or_out_of_it_on_both_clocks(steps, start, length) -> None:
    ends = np.cumsum([(0.0, 0.0), *steps], axis=0)
    knots = [(float(session), float(media)) for session, media in ends]
    moments = np.linspace(start, start + length, 200)

    seen = stimulus_time(moments, knots=knots)
    spans = stimulus_spans(start, start + length, knots=knots)

    for moment in seen[~np.isnan(seen)]:
        assert any(first - 1e-9 <= moment <= last + 1e-9 for first, last in spans)
    watched = sum(last - first for first, last in spans)
    whole = sum(last - first for first, last in stimulus_spans(-1.0, 99.0, knots=knots))
    parts = [(-1.0, start), (start, start + length), (start + length, 99.0)]
    assert whole == pytest.approx(
        sum(last - first for part in parts for first, last in stimulus_spans(*part, knots=knots))
    )
    assert watched <= whole + 1e-9
