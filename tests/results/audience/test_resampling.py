"""A viewer's samples on a common grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.audience.resampling import cell_means, grid, on_grid

rates = st.sampled_from([5.0, 12.5, 24.0, 29.97, 60.0])


def test_the_grid_ends_with_the_stimulus() -> None:
    assert grid(1.0, 0.25).tolist() == [0, 0.25, 0.5, 0.75, 1.0]
    assert grid(0.9, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert grid(0.3, 0.1)[-1] == pytest.approx(0.3), "0.3 / 0.1 is a little under 3"
    for duration, step in ((0, 1), (1, 0), (-1, 1), (float("nan"), 1), (1, float("inf"))):
        with pytest.raises(ValueError, match="no grid"):
            grid(duration, step)


@given(rates, st.floats(-1, 1), st.floats(-0.1, 0.1))
def test_a_straight_line_comes_through_unchanged_at_any_frame_rate(rate, level, slope) -> None:
    time = np.arange(-1, 11, 1 / rate)
    moments = grid(10, 0.25)

    seen = on_grid(time, level + slope * time, moments, 0.25, 10, max_gap=1.0)

    expected = level + slope * moments
    expected[0], expected[-1] = level + slope * 0.0625, level + slope * (10 - 0.0625)  # half cells
    np.testing.assert_allclose(seen, expected, atol=1e-12)


@given(
    st.lists(st.floats(0, 10), min_size=2, max_size=40, unique=True),
    st.randoms(use_true_random=False),
)
def test_a_cell_is_the_mean_of_the_polygon_through_the_samples(times, random) -> None:
    time = np.sort(np.array(times))
    values = np.array([random.uniform(-1, 1) for _ in times])
    lower, upper = np.array([2.0]), np.array([7.0])

    (mean,) = cell_means(time, values, lower, upper, max_gap=np.inf)

    dense = np.linspace(2, 7, 200_001)
    within = dense[(dense >= time[0]) & (dense <= time[-1])]
    if len(within) < 100_002:
        assert np.isnan(mean) or len(within) > 99_990  # at the very edge of half a cell
    else:
        assert mean == pytest.approx(np.interp(within, time, values).mean(), abs=2e-3)


def test_uneven_sampling_does_not_weigh() -> None:
    """Sixty samples in the first half second and five in the second half weigh as half and half."""
    time = np.concatenate((np.linspace(0, 0.499, 60), np.linspace(0.5, 1.0, 5)))
    values = np.where(time < 0.5, 1.0, 0.0)

    (mean,) = cell_means(time, values, np.array([0.0]), np.array([1.0]), max_gap=1.0)

    assert mean == pytest.approx(0.5, abs=1e-3)


def test_a_long_gap_is_unknown_and_a_short_one_is_bridged() -> None:
    time = np.concatenate((np.arange(0, 2, 0.1), np.arange(2.5, 5, 0.1), np.arange(7, 9.01, 0.1)))
    seen = on_grid(time, np.ones(len(time)), grid(9, 0.5), 0.5, 9, max_gap=1.0)

    assert np.flatnonzero(np.isnan(seen)).tolist() == [10, 11, 12, 13], "5.0 to 6.5 s"
    assert np.nanmin(seen) == np.nanmax(seen) == 1.0


def test_too_few_samples_are_unknown() -> None:
    cells = np.array([0.0]), np.array([1.0])
    for count in (0, 1):
        assert np.isnan(cell_means(np.zeros(count), np.zeros(count), *cells, max_gap=1.0)).all()
    assert np.isnan(cell_means(np.array([0.5, 0.5]), np.array([1.0, 0.0]), *cells, max_gap=1.0)).all()


@given(st.permutations(list(range(30))))
def test_the_order_of_samples_does_not_matter(order) -> None:
    time, values = np.arange(30) / 10, np.sin(np.arange(30))
    straight = on_grid(time, values, grid(2.9, 0.25), 0.25, 2.9, 1.0)

    shuffled = on_grid(time[order], values[order], grid(2.9, 0.25), 0.25, 2.9, 1.0)

    np.testing.assert_array_equal(shuffled, straight)
