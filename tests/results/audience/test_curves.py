"""Audience curves against direct computation and against audiences whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from results.audience.bootstrap import band, draws, mean_over_viewers, resampled_means
from results.audience.curves import audience_curve, difference, stretch_statistics
from results.audience.panel import Options, Panel, Response, make_panel


def panel_of(values, names: str | None = None) -> Panel:
    """A panel as it stands, on a grid of one second."""
    values = np.array(values, dtype=float)
    viewers = tuple(names or (chr(ord("a") + row) for row in range(len(values))))
    time = np.arange(values.shape[1], dtype=float)
    return Panel(viewers, time, values, float(time[-1]), Options(step=1.0))


def steady(name: str, level: float, start: float = 0.0, end: float = 10.0, quality: float = 1.0) -> Response:
    time = np.arange(round(start * 10), round(end * 10) + 1) / 10
    return Response(name, time, np.full(len(time), level), np.full(len(time), quality))


def test_mean_n_and_shares_are_those_of_the_viewers_who_are_there() -> None:
    nan = np.nan
    curve = audience_curve(panel_of([[0.5, 0.5, nan], [0.2, nan, nan], [-0.4, 0.05, nan], [0.1, -0.3, nan]]))

    np.testing.assert_allclose(curve.mean, [0.1, 0.25 / 3, nan])
    assert curve.n.tolist() == [4, 3, 0]
    np.testing.assert_allclose(curve.share_positive, [2 / 4, 1 / 3, nan])
    np.testing.assert_allclose(curve.share_negative, [1 / 4, 1 / 3, nan])
    assert (curve.low[:2] < curve.mean[:2]).all() and (curve.mean[:2] < curve.high[:2]).all()


def test_the_resampled_means_are_those_of_the_redrawn_viewers() -> None:
    values = np.array([[0.1, np.nan], [0.5, 0.5], [0.9, 0.1]])
    drawn = draws(3, 50, seed=7)

    means = resampled_means(values, drawn)

    assert drawn.sum(axis=1).tolist() == [3] * 50
    for counts, mean in zip(drawn, means, strict=True):
        redrawn = np.repeat(values, counts.astype(int), axis=0)
        directly = [col[~np.isnan(col)].mean() if (~np.isnan(col)).any() else np.nan for col in redrawn.T]
        np.testing.assert_allclose(mean, directly)


@pytest.mark.parametrize("viewers", [5, 12, 60])
def test_for_normal_viewers_the_band_is_close_to_students_interval(viewers: int) -> None:
    values = np.random.default_rng(3).normal(0.2, 0.3, (viewers, 200))
    low, high = band(values, resamples=4000)

    half = stats.t.ppf(0.975, viewers - 1) * values.std(axis=0, ddof=1) / np.sqrt(viewers)
    ratio = (high - low) / (2 * half)
    assert np.median(ratio) == pytest.approx(1, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("viewers", [6, 15, 30])
def test_the_band_covers_the_truth_in_95_of_100_studies(synthetic, viewers: int) -> None:
    rng = np.random.default_rng(viewers)
    covered, overall = [], []
    for _ in range(300):
        panel = make_panel([synthetic.viewer(rng, str(i)) for i in range(viewers)], synthetic.duration)
        curve = audience_curve(panel, resamples=500)
        known = ~np.isnan(curve.low)
        true = synthetic.truth(curve.time)
        covered.append(np.mean((curve.low <= true)[known] & (true <= curve.high)[known]))
        segment = stretch_statistics(panel, 10, 25, resamples=500)
        level = true[(curve.time >= 10) & (curve.time <= 25)].mean()
        overall.append(segment.low <= level <= segment.high)

    assert 0.92 <= np.mean(covered) <= 0.98
    assert 0.90 <= np.mean(overall) <= 0.99


def test_the_curve_is_the_truth_within_two_hundredths(synthetic) -> None:
    rng = np.random.default_rng(11)
    curve = audience_curve(
        make_panel([synthetic.viewer(rng, str(i), differ=0.5) for i in range(60)], synthetic.duration)
    )

    assert np.mean(np.abs(curve.mean - synthetic.truth(curve.time))) <= 0.02


def test_few_viewers_have_a_curve_and_no_band() -> None:
    for count in (1, 2):
        curve = audience_curve(panel_of([[0.5, 0.5]] * count))
        assert curve.mean.tolist() == [0.5, 0.5] and curve.n.tolist() == [count] * 2
        assert np.isnan(curve.low).all() and np.isnan(curve.high).all()


def test_nobody_gives_an_empty_curve() -> None:
    panel = make_panel([], 2.0)
    curve = audience_curve(panel)

    assert curve.n.tolist() == [0] * len(curve.time)
    assert np.isnan(curve.mean).all() and np.isnan(curve.share_positive).all()
    assert stretch_statistics(panel, 0, 1).n == 0


def test_the_same_seed_gives_the_same_band() -> None:
    values = np.random.default_rng(0).normal(size=(9, 30))

    np.testing.assert_array_equal(band(values), band(values))
    assert not np.array_equal(band(values)[0], band(values, seed=1)[0])


def test_panels_longer_than_a_chunk_are_treated_alike() -> None:
    values = np.random.default_rng(0).normal(size=(5, 2100))

    whole, part = band(values, resamples=200), band(values[:, 2000:], resamples=200)

    np.testing.assert_allclose(whole[0][2000:], part[0])


def test_a_baseline_is_each_viewers_own() -> None:
    def response(name: str, mood: float) -> Response:
        time = np.arange(-3, 10, 0.1)
        return Response(name, time, mood + 0.3 * (time > 5), np.ones(len(time)))

    viewers = [response("calm", 0.0), response("cheerful", 0.4), steady("late", 0.9, start=4)]

    for baseline in ((0.0, 3.0), (-3.0, 0.0)):
        panel = make_panel(viewers, 10, Options(baseline=baseline, min_coverage=0.5))
        assert panel.viewers == ("calm", "cheerful")
        assert panel.excluded.no_baseline == ("late",)
        np.testing.assert_allclose(panel.values[:, panel.time == 2.0], 0, atol=1e-9)
        np.testing.assert_allclose(panel.values[:, panel.time == 8.0], 0.3, atol=1e-9)


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    time = np.arange(-10, 31) / 10
    quality = np.where((time > 0.45) & (time < 1.05), 0.1, 0.9)
    partly = Response("partly", time, np.zeros(len(time)), quality, excluded=((1.95, 2.5),))
    viewers = [
        partly,
        steady("elsewhere", 0.5, 50, 60),
        steady("glimpse", 0.5, 0.0, 0.3),
        steady("blurred", 0.5, quality=0.1),
    ]

    panel = make_panel(viewers, 3.0, Options(step=0.5, min_coverage=0.5))

    out = panel.excluded
    assert panel.viewers == ("partly",)
    assert (out.no_overlap, out.low_coverage, out.no_baseline) == (("elsewhere",), ("glimpse", "blurred"), ())
    assert out.viewers == 3
    assert out.samples == len(time) + 101 + 4 + 101
    assert out.outside == 10 + 101 + 70
    assert out.marked == 6
    assert out.low_quality == 6 + 31
    assert np.isnan(panel.values[0]).tolist() == [False] * 4 + [True, True, False], "2.0 and 2.5 s"


def test_a_viewer_who_watched_twice_counts_once() -> None:
    panel = make_panel([steady("ann", 0.2), steady("ann", 0.4), steady("bob", 0.0)], 10)

    assert panel.viewers == ("ann", "bob")
    np.testing.assert_allclose(panel.values[0], 0.3)


def test_values_that_are_no_number_count_as_missing() -> None:
    response = steady("ann", 0.2)
    response.valence[40:60] = np.nan

    panel = make_panel([response], 10)

    assert np.isnan(panel.values[0]).any()
    np.testing.assert_allclose(panel.values[0][~np.isnan(panel.values[0])], 0.2)


def test_a_segment_averages_viewers_not_samples() -> None:
    nan = np.nan
    panel = panel_of([[0, 1.0, 0.5, 0], [0, -0.2, nan, 0], [0, nan, nan, 0], [0, 0.1, 0.1, 0]])

    segment = stretch_statistics(panel, 1, 2, "logo")

    own = np.array([0.75, -0.2, 0.1])
    assert (segment.name, segment.n) == ("logo", 3)
    assert segment.mean == pytest.approx(own.mean())
    assert segment.spread == pytest.approx(own.std(ddof=1))
    assert segment.share_positive == pytest.approx(1 / 3), "0.1 itself is neutral"
    assert segment.share_negative == pytest.approx(1 / 3)
    assert segment.low < segment.mean < segment.high


def test_the_difference_of_the_same_viewers_is_taken_viewer_by_viewer() -> None:
    rng = np.random.default_rng(5)
    moods = rng.normal(0, 0.5, 12)
    a = panel_of(moods[:, None] + 0.2 + rng.normal(0, 0.01, (12, 8)))
    b = panel_of(moods[:, None] + rng.normal(0, 0.01, (12, 6)))

    paired, groups = difference(a, b), difference(a, b, paired=False)

    assert paired.paired and len(paired.time) == 6 and paired.overall_n == (12, 12)
    assert paired.overall == pytest.approx(0.2, abs=0.01) == groups.overall
    assert 0.19 < paired.overall_low < paired.overall_high < 0.21
    assert groups.overall_low < 0 < groups.overall_high, "moods hide it between strangers"
    np.testing.assert_allclose(paired.mean, (a.values[:, :6] - b.values).mean(axis=0))


def test_the_band_of_a_difference_of_groups_is_close_to_welchs() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(0.3, 0.4, (8, 150)), rng.normal(0, 0.1, (30, 150))

    found = difference(panel_of(a), panel_of(b, names="".join(chr(1000 + i) for i in range(30))))

    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert not found.paired and found.n_a.tolist() == [8] * 150 and found.n_b.tolist() == [30] * 150
    ratio = (found.high - found.low) / (welch.high - welch.low)
    assert np.median(ratio) == pytest.approx(1, abs=0.06)


def test_too_small_groups_have_a_difference_and_no_band() -> None:
    found = difference(panel_of([[0.5, 0.5]]), panel_of([[0.1, 0.2]] * 4, names="wxyz"))

    np.testing.assert_allclose(found.mean, [0.4, 0.3])
    assert np.isnan(found.low).all() and np.isnan(found.overall_low)
    assert found.overall_n == (1, 4)


def test_different_grids_cannot_be_compared() -> None:
    other = make_panel([steady("x", 0)], 5, Options(step=0.5))
    with pytest.raises(ValueError, match="steps"):
        difference(panel_of([[0, 0]]), other)


def test_means_of_no_columns() -> None:
    mean, count = mean_over_viewers(np.zeros((3, 0)))
    assert len(mean) == len(count) == 0
