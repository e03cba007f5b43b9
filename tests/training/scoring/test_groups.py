"""Figures by group: right for each group, with intervals, and honest about small ones."""

from __future__ import annotations

import numpy as np
import pytest

from training.scoring.groups import SMALL, by_group, table, unread
from training.scoring.metrics import score


def test_each_group_has_its_own_figures() -> None:
    random = np.random.default_rng(0)
    true = random.uniform(-0.8, 0.8, 400)
    groups = np.array(["young", "old"] * 200)
    predicted = true + random.normal(0, 0.1, 400) + np.where(groups == "old", 0.06, 0.0)

    old, young = by_group(true, predicted, groups.tolist())

    assert (old.group, young.group, old.n, young.n) == ("old", "young", 200, 200)
    assert old.bias == pytest.approx(0.06, abs=0.02) and young.bias == pytest.approx(0, abs=0.02)
    assert old.bias_ci95[0] > 0, "surely too positive"
    assert young.bias_ci95[0] < 0 < young.bias_ci95[1]
    scores = score(true[groups == "old"], predicted[groups == "old"])
    assert (old.rmse, old.pcc) == pytest.approx((scores.rmse, scores.pcc))
    for figure, (low, high) in ((old.rmse, old.rmse_ci95), (old.pcc, old.pcc_ci95)):
        assert low < figure < high
    # Of 200 errors with a deviation of .1, the mean's interval is 3.92 standard errors wide.
    width = young.bias_ci95[1] - young.bias_ci95[0]
    assert width == pytest.approx(3.92 * 0.1 / np.sqrt(200), rel=0.2)


def test_small_and_constant_groups_say_so() -> None:
    one, many = by_group(np.array([0.1] + [0.2] * SMALL), np.zeros(SMALL + 1), ["a"] + ["b"] * SMALL)
    assert one.is_small and not many.is_small
    assert np.isnan(one.bias_ci95).all() and one.bias == pytest.approx(-0.1)
    assert np.isnan(many.pcc) and many.to_dict()["pcc"] is None
    assert many.bias_ci95 == pytest.approx((-0.2, -0.2))
    shown = table([one.to_dict(), unread("c").to_dict()])
    assert "| a | 1 (few) | 0.100 | 0.000 | -0.100 | 0.100 | – |" in shown
    assert "| c | 0 (few) | – | – | – | – | – |" in shown
    assert table([]) == ""


def test_vectors_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        by_group(np.zeros(2), np.zeros(2), ["a"])
