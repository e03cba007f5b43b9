"""The error bar: what is fitted is what readings do."""

from __future__ import annotations

import numpy as np
import pytest

from training.scoring.judged import Judged
from training.shipping.errorbar import coverage, errors_of, fit

CORRUPTIONS = 13


def readings(n: int, seed: int = 0) -> Judged:
    """Normal errors, which grow with the spread, and in bad pictures more than that."""
    rng = np.random.default_rng(seed)
    shape = (n, CORRUPTIONS)
    spread, quality = rng.uniform(0.05, 0.4, shape), rng.uniform(0.1, 1, shape)
    valence = rng.uniform(-0.8, 0.8, shape)
    error = rng.normal(0, 1, shape) * 1.5 * spread * np.exp(0.6 * (1 - quality))
    return Judged(valence, error, spread, quality)


def test_it_covers_what_it_says_whatever_the_quality() -> None:
    bar = fit(readings(300))
    assert bar is not None
    unseen = readings(300, seed=1)
    rows = coverage(unseen, bar)
    assert [row["readings"].partition(",")[0] for row in rows] == ["clean"] * 4 + ["corrupted"] * 4
    assert sum(row["n"] for row in rows if "," not in row["readings"]) == 300 * CORRUPTIONS
    for row in rows:
        margin = 3 if row["readings"].startswith("corrupted") else 10  # of 100 clean readings a third
        assert row["within 68 %"] == pytest.approx(68.3, abs=margin), row
        assert row["within 95 %"] == pytest.approx(95, abs=margin), row
    truth = 1.5 * unseen.spread * np.exp(0.6 * (1 - unseen.quality))
    assert np.corrcoef(np.log(errors_of(unseen, bar)).ravel(), np.log(truth).ravel())[0, 1] > 0.98


def test_without_a_spread_or_with_few_faces_nothing_is_claimed() -> None:
    assert fit(readings(10)) is None
    silent = readings(300)
    assert (
        fit(Judged(silent.valence, silent.error, np.full_like(silent.spread, np.nan), silent.quality)) is None
    )
