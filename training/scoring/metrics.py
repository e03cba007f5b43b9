"""How well predicted valence agrees with true valence, over a whole split at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]
SIGN_THRESHOLD = 0.15
_ROUNDING = 1e-6
"""A label of just 0.15 does not exceed the threshold, also where it is a little more in 32 bits."""


@dataclass(frozen=True)
class Scores:
    """Agreement of predictions with labels; nan where it is not defined."""

    ccc: float
    """Concordance correlation coefficient (Lin 1989), population moments."""
    pcc: float
    """Pearson's correlation coefficient."""
    rmse: float
    """Root of the mean squared error, in units of valence."""
    sagr: float
    """Share of equal signs, over the rows whose true |valence| exceeds SIGN_THRESHOLD."""


def score(true: Values, predicted: Values) -> Scores:
    """Scores of `predicted` (n,) against `true` (n,)."""
    t, p = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    if t.shape != p.shape or t.ndim != 1:
        raise ValueError(f"need two vectors of one length, got {t.shape} and {p.shape}")
    if not len(t):
        return Scores(*[float("nan")] * 4)
    covariance = np.mean((t - t.mean()) * (p - p.mean()))
    # Constant labels and constant predictions alike leave nothing to agree on.
    denominator = t.var() + p.var() + (t.mean() - p.mean()) ** 2
    deviations = t.std() * p.std()
    signed = np.abs(t) > SIGN_THRESHOLD + _ROUNDING
    return Scores(
        ccc=float(2 * covariance / denominator) if denominator > 0 else float("nan"),
        pcc=float(covariance / deviations) if deviations > 0 else float("nan"),
        rmse=float(np.sqrt(np.mean((t - p) ** 2))),
        sagr=float(np.mean(np.sign(t[signed]) == np.sign(p[signed]))) if signed.any() else float("nan"),
    )


def confidence_intervals(
    true: Values,
    predicted: Values,
    *,
    groups: Sequence[str] | None = None,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals (Efron 1979) for every score.

    Rows are resampled; with `groups` (n,) whole groups are: the frames of one person are alike, and
    to draw them one by one would make the intervals far too narrow (Field & Welsh 2007).
    """
    rng = np.random.default_rng(seed)
    t, p = np.asarray(true), np.asarray(predicted)
    members = [np.array([i]) for i in range(len(t))]
    if groups is not None:
        _, index = np.unique(np.asarray(groups), return_inverse=True)
        members = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
    n = len(members)
    if n < 2:
        return {name: (float("nan"), float("nan")) for name in Scores.__annotations__}
    draws = []
    for _ in range(resamples):
        drawn = rng.integers(0, n, n)
        rows = drawn if n == len(t) and groups is None else np.concatenate([members[i] for i in drawn])
        draws.append(asdict(score(t[rows], p[rows])))
    tail = (1 - level) / 2 * 100

    def interval(name: str) -> tuple[float, float]:
        values = [d[name] for d in draws if np.isfinite(d[name])]
        if not values:
            return float("nan"), float("nan")
        low, high = np.percentile(values, [tail, 100 - tail])
        return float(low), float(high)

    return {name: interval(name) for name in Scores.__annotations__}


def calibration_slope(true: Values, predicted: Values) -> tuple[float, float]:
    """Slope and intercept of the least-squares line from `predicted` to `true`; 1 and 0 are perfect."""
    slope, intercept = np.polyfit(np.asarray(predicted), np.asarray(true), 1)
    return float(slope), float(intercept)
