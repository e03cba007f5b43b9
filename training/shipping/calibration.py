"""The lines from what a network says to what is so, fitted on faces that it did not learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from inference import Calibration
from training.scoring.metrics import calibration_slope

Values = npt.NDArray[np.float32]

_NEGATIVE = -0.3
"""Valence from which a face is negative: raters voted for a negative emotion more often than for none."""
_FEWEST = 50
"""Negative faces, below which nothing is said of them."""
_PART = 3 / 8
"""How far of the way to no bias; further costs all faces more than it gains the negative ones."""
_MOST = 1.25
"""By how much negative values are stretched at most."""


def calibrate(true: Values, raw: Values) -> Calibration:
    """What makes `raw` predictions (n,) fit `true` (n,); nothing where nothing can be fitted.

    Least squares would give the smallest error but draw every value towards the mean; equal variances
    give the best concordance. The slope is the geometric mean of theirs, the line meets both means. Negative
    values are stretched three eighths of the way (geometrically) to where the mean over negative faces would
    be right, which the smallest error would not do at all, and the line meets both means again.
    """
    if len(true) < 10 or float(np.ptp(raw)) < 1e-3:
        return Calibration()
    least_squares, _ = calibration_slope(true, raw)
    # A line with a slope like these says that the network has learnt nothing, not that it is off.
    if not 0.5 <= least_squares <= 2:
        return Calibration()
    slope = round(float(np.sqrt(least_squares * np.std(true) / np.std(raw))), 4)
    line = Calibration(slope, round(float(np.mean(true) - slope * np.mean(raw)), 4))
    negative = true < _NEGATIVE
    read = float(line.of(raw[negative]).mean()) if negative.sum() >= _FEWEST else 0.0
    if not read < 0:
        return line
    mildness = float(true[negative].mean()) / read
    below = round(float(np.clip(mildness**_PART, 1.0, _MOST)), 4)
    stretched = Calibration(line.slope, line.intercept, below)
    return replace(stretched, intercept=round(line.intercept + float((true - stretched.of(raw)).mean()), 4))


def spread_line(error: Values, log_spread: Values) -> tuple[float, float]:
    """Intercept and slope that turn the logarithms of expected errors (n,) into those under which the real
    ones (n,) are likeliest (normal distributions); 0 and 1 where nothing can be fitted.

    What is learnt from changed faces expects too much of plain ones, and an ensemble's members differ more
    than their mean errs.
    """
    if len(error) < _FEWEST or float(np.ptp(log_spread)) < 1e-3:
        return 0.0, 1.0

    def unlikely(line: npt.NDArray[np.float64]) -> float:
        told = line[0] + line[1] * log_spread
        return float(np.mean(told + 0.5 * error**2 * np.exp(-2 * told)))

    intercept, slope = minimize(unlikely, (0.0, 1.0), method="Nelder-Mead").x
    return (float(intercept), float(slope)) if slope > 0 else (0.0, 1.0)
