"""The line that a network's outputs are put through."""

from __future__ import annotations

import numpy as np
import pytest

from inference import Calibration
from training.scoring.metrics import calibration_slope, score
from training.shipping.calibration import calibrate, spread_line


def readings(stretched: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """True values, and noisy ones that read negative faces too mildly by a factor."""
    rng = np.random.default_rng(0)
    true = rng.normal(0, 0.4, 4000).astype(np.float32)
    mild = np.where(true < 0, true / stretched, true)
    return true, (1.5 * mild + rng.normal(0.1, 0.3, 4000)).astype(np.float32)


def test_calibration_lies_between_least_error_and_best_concordance() -> None:
    true, raw = readings()
    line = calibrate(true, raw)
    least_squares, offset = calibration_slope(true, raw)
    equal = float(np.std(true) / np.std(raw))
    assert least_squares < line.slope < equal
    straight = line.slope * raw + line.intercept
    found, smallest = score(true, straight), score(true, least_squares * raw + offset)
    best = score(true, equal * raw + np.mean(true) - equal * np.mean(raw))
    assert smallest.ccc < found.ccc < best.ccc
    assert smallest.rmse < found.rmse < best.rmse


def test_nothing_is_calibrated_where_nothing_was_learnt() -> None:
    true, _ = readings()
    assert calibrate(true, np.full_like(true, 0.3)) == Calibration()
    assert calibrate(true, np.random.default_rng(1).permutation(true)) == Calibration()


def test_negative_faces_that_are_read_too_mildly_are_stretched_part_of_the_way() -> None:
    true, raw = readings(stretched=1.3)
    line = calibrate(true, raw)
    negative = true < -0.3
    slope = np.sqrt(calibration_slope(true, raw)[0] * np.std(true) / np.std(raw))
    straight = slope * (raw - raw.mean()) + true.mean()
    mildness = true[negative].mean() / straight[negative].mean()
    assert mildness > 1.1
    assert line.below == pytest.approx(mildness ** (3 / 8), abs=2e-3)
    bias = abs(float((line.of(raw) - true)[negative].mean()))
    assert bias < 0.85 * abs(float((straight - true)[negative].mean()))
    assert float(line.of(raw).mean()) == pytest.approx(float(true.mean()), abs=2e-3)
    assert (np.diff(line.of(np.linspace(-1, 1, 201, dtype=np.float32))) > 0).all(), "not monotone"


def test_few_negative_faces_say_nothing_of_negative_faces() -> None:
    true, raw = readings(stretched=1.3)
    some = np.flatnonzero((true > -0.3) | (np.arange(len(true)) % 50 == 0))
    assert calibrate(true[some], raw[some]).below == 1.0


def test_expected_errors_become_as_large_as_real_ones() -> None:
    rng = np.random.default_rng(0)
    real = rng.uniform(0.05, 0.4, 6000).astype(np.float32)
    error = rng.normal(0, real).astype(np.float32)
    timid = np.log(3 * real**0.6)
    intercept, slope = spread_line(error, timid)
    told = np.exp(intercept + slope * timid)
    assert np.allclose(told, real, rtol=0.1)
    assert spread_line(error, np.zeros_like(timid)) == (0.0, 1.0)
    assert spread_line(error[:20], timid[:20]) == (0.0, 1.0)
