"""What an export adds to a network: the line that its outputs are put through."""

from __future__ import annotations

import numpy as np

from training.scoring.metrics import calibration_slope, score
from training.shipping.export import calibrate


def test_calibration_lies_between_least_error_and_best_concordance() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0, 0.4, 4000).astype(np.float32)
    raw = (1.5 * true + rng.normal(0.1, 0.3, 4000)).astype(np.float32)
    slope, intercept = calibrate(true, raw)
    least_squares, offset = calibration_slope(true, raw)
    equal = float(np.std(true) / np.std(raw))
    assert least_squares < slope < equal
    found, smallest = score(true, slope * raw + intercept), score(true, least_squares * raw + offset)
    best = score(true, equal * raw + np.mean(true) - equal * np.mean(raw))
    assert smallest.ccc < found.ccc < best.ccc
    assert smallest.rmse < found.rmse < best.rmse
    assert calibrate(true, np.full_like(true, 0.3)) == (1.0, 0.0)
    assert calibrate(true, rng.permutation(true)) == (1.0, 0.0), "nothing learnt, nothing to mend"
