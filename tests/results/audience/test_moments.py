"""Peaks and troughs of an audience."""

from __future__ import annotations

import numpy as np
import pytest

from results.audience.curves import audience_curve
from results.audience.moments import Moment, MomentKind, key_moments
from results.audience.panel import Options, Panel, make_panel


def moments_of(curve, viewers: int = 8, noise: float = 0.0, step: float = 0.25) -> list[Moment]:
    curve = np.array(curve, dtype=float)
    values = curve + np.random.default_rng(0).normal(0, noise, (viewers, len(curve)))
    time = np.arange(len(curve)) * step
    panel = Panel(tuple(map(str, range(viewers))), time, values, float(time[-1]), Options(step=step))
    return key_moments(panel, audience_curve(panel, resamples=200))


def bump(at: float, height: float, width: float = 2.0, seconds: float = 30.0):
    return height * np.exp(-(((np.arange(0, seconds, 0.25) - at) / width) ** 2))


def test_peak_and_trough_are_found_where_they_are(synthetic) -> None:
    rng = np.random.default_rng(2)
    panel = make_panel([synthetic.viewer(rng, str(i)) for i in range(20)], synthetic.duration)

    found = key_moments(panel, audience_curve(panel))

    strong = [moment for moment in found if moment.confidence > 0.9]
    assert [(moment.kind.value, round(moment.time)) for moment in strong] == [("peak", 8), ("trough", 20)]
    for moment, at in zip(strong, (8, 20), strict=True):
        assert abs(moment.time - at) <= 0.5
        assert moment.time_low - 0.26 <= moment.time <= moment.time_high + 0.26
        assert moment.low < moment.value < moment.high and 15 <= moment.n <= 20


def test_noise_alone_has_no_moments() -> None:
    assert moments_of(np.full(120, 0.3), viewers=20, noise=0.1) == []


def test_a_climax_at_the_end_is_a_peak_and_the_calm_after_one_is_no_trough() -> None:
    climax = moments_of(np.linspace(0, 0.8, 120))
    (alone,) = moments_of(bump(10, 0.6))

    assert [(moment.kind, moment.time) for moment in climax] == [(MomentKind.PEAK, 29.75)]
    assert (alone.kind, alone.time) == (MomentKind.PEAK, 10.0)
    assert alone.prominence == pytest.approx(0.58, abs=0.03), "smoothing takes a little off"


def test_between_two_peaks_lies_a_trough_even_if_it_is_above_zero() -> None:
    found = moments_of(0.2 + bump(8, 0.5) + bump(22, 0.4))

    assert [(moment.kind.value, moment.time) for moment in found] == [
        ("peak", 8.0),
        ("trough", pytest.approx(15, abs=1)),
        ("peak", 22.0),
    ]


def test_a_shallow_bump_is_left_out() -> None:
    assert moments_of(bump(8, 0.08)) == []


def test_confidence_tells_a_shared_reaction_from_one_persons() -> None:
    shared = np.tile(bump(10, 0.5), (10, 1))
    lonely = np.zeros((10, 120))
    lonely[0] = bump(20, 1.5)
    panel = Panel(tuple("abcdefghij"), np.arange(120) / 4, shared + lonely, 29.75, Options())

    both, _between, one = key_moments(panel, audience_curve(panel))

    assert both.confidence == 1.0 and both.time == 10.0
    assert one.confidence < 0.75 and one.time == 20.0


def test_one_viewer_has_moments_without_confidence() -> None:
    (moment,) = moments_of(bump(10, 0.5), viewers=1)

    assert moment.time == 10.0 and moment.n == 1
    assert np.isnan([moment.confidence, moment.low, moment.high, moment.time_low]).all()


def test_a_hole_in_the_curve_holds_no_moment_and_breaks_none() -> None:
    curve = bump(10, 0.5) + bump(22, 0.5)
    curve[(np.arange(120) / 4 > 12) & (np.arange(120) / 4 < 24)] = np.nan

    assert moments_of(curve)[0].time == 10.0
    assert all(not 12 < moment.time < 24 for moment in moments_of(curve))
    assert moments_of(np.full(120, np.nan)) == []
