"""Agreement of predictions with labels, against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.fitting.losses import concordance
from training.scoring.metrics import calibration_slope, confidence_intervals, score

values = arrays(np.float64, st.integers(3, 40), elements=st.floats(-1, 1, width=32))


def test_known_figures() -> None:
    true, predicted = np.array([-1.0, 0.0, 1.0]), np.array([-0.5, 0.1, 0.4])
    scores = score(true, predicted)
    # means 0 and 0, variances 2/3 and 0.14, covariance 0.3
    assert scores.ccc == pytest.approx(2 * 0.3 / (2 / 3 + 0.14))
    assert scores.pcc == pytest.approx(0.3 / math.sqrt(2 / 3 * 0.14))
    assert scores.rmse == pytest.approx(math.sqrt((0.25 + 0.01 + 0.36) / 3))
    assert scores.sagr == 1.0  # the middle row does not count


def test_perfect_constant_and_empty() -> None:
    true = np.linspace(-1, 1, 9)
    assert score(true, true).ccc == pytest.approx(1)
    assert score(true, -true).ccc == pytest.approx(-1)
    constant = score(true, np.zeros(9))
    assert constant.ccc == 0 and math.isnan(constant.pcc)
    assert math.isnan(score(np.zeros(0), np.zeros(0)).rmse)
    assert math.isnan(score(np.zeros(3), np.ones(3)).sagr)
    with pytest.raises(ValueError, match="two vectors of one length"):
        score(np.zeros(3), np.zeros(2))


@given(values)
def test_concordance_is_never_above_correlation(true: np.ndarray) -> None:
    predicted = np.roll(true, 1) * 0.7 + 0.1
    scores = score(true, predicted)
    if math.isfinite(scores.ccc) and math.isfinite(scores.pcc):
        assert abs(scores.ccc) <= abs(scores.pcc) + 1e-9


@given(values)
def test_the_loss_uses_the_same_concordance(true: np.ndarray) -> None:
    predicted = np.cos(np.arange(len(true)))
    expected = score(true, predicted).ccc
    assert float(concordance(torch.tensor(true), torch.tensor(predicted))) == pytest.approx(
        expected, abs=1e-5
    )


def test_intervals_hold_the_score_and_widen_when_faces_belong_to_few_people() -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(10), 40)
    true = rng.normal(0, 0.4, 400)
    predicted = true + np.repeat(rng.normal(0, 0.3, 10), 40) + rng.normal(0, 0.1, 400)
    by_row = confidence_intervals(true, predicted, resamples=300)["ccc"]
    by_person = confidence_intervals(true, predicted, groups=[f"p{p}" for p in people], resamples=300)["ccc"]
    value = score(true, predicted).ccc
    assert by_row[0] < value < by_row[1]
    assert by_person[0] < value < by_person[1]
    assert by_person[1] - by_person[0] > 1.5 * (by_row[1] - by_row[0])


def test_calibration_finds_the_line() -> None:
    predicted = np.linspace(-1, 1, 20)
    assert calibration_slope(0.8 * predicted - 0.1, predicted) == pytest.approx((0.8, -0.1))
