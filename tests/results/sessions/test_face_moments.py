"""Peaks and troughs of one face."""

from __future__ import annotations

import numpy as np
import pytest

from results import Samples, face_moments


def curve(values: np.ndarray, times: np.ndarray | None = None, face: int = 1) -> Samples:
    n = len(values)
    time = np.arange(n) / 30 if times is None else times
    zeros = np.zeros(n)
    return Samples(
        time,
        np.arange(n),
        np.full(n, face),
        np.zeros((n, 4)),
        values,
        values,
        zeros,
        zeros,
        np.full((n, 6), np.nan),
    )


def test_moments_are_where_the_curve_stands_out() -> None:
    time = np.arange(0, 10, 1 / 30)
    bump = 0.6 * np.exp(-((time - 3) ** 2)) - 0.5 * np.exp(-((time - 7) ** 2))
    ripple = 0.02 * np.sin(time * 40)
    found = face_moments(curve(bump + ripple))
    assert [(m.kind, m.face_id) for m in found] == [("peak", 1), ("trough", 1)]
    assert abs(found[0].time_s - 3) < 0.15 and abs(found[1].time_s - 7) < 0.15
    assert found[0].frame == round(found[0].time_s * 30)


def test_a_curve_that_ends_on_its_best_moment_peaks_there() -> None:
    (peak,) = [m for m in face_moments(curve(np.linspace(0, 0.8, 90))) if m.kind == "peak"]
    assert peak.frame == 89 and peak.value == 0.8


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_a_flat_or_short_curve_has_no_moment(n: int) -> None:
    assert face_moments(curve(np.zeros(n))) == []


def test_moments_do_not_span_a_gap() -> None:
    times = np.concatenate([np.arange(30) / 30, 5 + np.arange(30) / 30])
    values = np.concatenate([np.full(30, 0.5), np.full(30, -0.5)])
    assert face_moments(curve(values, times)) == []
