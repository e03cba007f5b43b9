"""How an audience felt, moment by moment and over named stretches. Pure numbers: a panel in, curves out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from results.audience.bootstrap import (
    CONFIDENCE,
    MIN_VIEWERS,
    RESAMPLES,
    band,
    draws,
    limits_of,
    mean_over_viewers,
    resampled_means,
    spread_factor,
)
from results.audience.panel import Panel
from results.sessions.records import Floats, Ints, ratio
from results.sessions.statistics import NEUTRAL

SEGMENT_FILL = 0.5
"""A viewer counts for a segment when they are known for at least this share of its moments."""


@dataclass(frozen=True)
class Curve:
    """The audience at each moment of the grid; all arrays are (K,)."""

    time: Floats
    mean: Floats
    """Mean over the viewers who are there; NaN where nobody is."""
    low: Floats
    high: Floats
    """Pointwise 95 % confidence band of the mean; NaN where fewer than MIN_VIEWERS viewers are there."""
    n: Ints
    """Viewers who are there."""
    share_positive: Floats
    """Of those, 0..1: valence > NEUTRAL; NaN where nobody is."""
    share_negative: Floats
    error: Floats | None = None
    """One standard error of the mean, as far as reading the faces goes (`reading_error`); None: of none."""


@dataclass(frozen=True)
class Stretch:
    """The audience over a stretch of the stimulus: statistics of the viewers' own means over it."""

    name: str
    start: float
    end: float
    n: int
    """Viewers known for at least half of its moments; all other figures are over them."""
    mean: float
    low: float
    high: float
    """95 % confidence interval of the mean; NaN with fewer than MIN_VIEWERS."""
    spread: float
    """Standard deviation between viewers (n - 1 in the denominator)."""
    share_positive: float
    share_negative: float
    error: float = np.nan
    """One standard error of the mean, as far as reading the faces goes; NaN where it is not known."""


@dataclass(frozen=True)
class Difference:
    """Stimulus A less stimulus B at each moment of their common grid; arrays are (K,)."""

    time: Floats
    mean: Floats
    low: Floats
    high: Floats
    n_a: Ints
    n_b: Ints
    paired: bool
    """True: the same viewers saw both, and each is compared with themselves (n_a == n_b == pairs)."""
    overall: float
    """Difference of the means over the common duration, its interval and n."""
    overall_low: float
    overall_high: float
    overall_n: tuple[int, int]


def audience_curve(
    panel: Panel, resamples: int = RESAMPLES, confidence: float = CONFIDENCE, seed: int = 0
) -> Curve:
    """Mean over viewers, band by bootstrap over viewers, n and shares, at every moment."""
    mean, count = mean_over_viewers(panel.values)
    low, high = band(panel.values, resamples, confidence, seed)
    positive, _ = mean_over_viewers(np.where(np.isnan(panel.values), np.nan, panel.values > NEUTRAL))
    negative, _ = mean_over_viewers(np.where(np.isnan(panel.values), np.nan, panel.values < -NEUTRAL))
    error = None if panel.errors is None else reading_error(panel.values, panel.errors)
    return Curve(panel.time, mean, low, high, count, positive, negative, error)


def reading_error(values: Floats, errors: Floats) -> Floats:
    """(K,) sqrt(sum of e²) / n over the n viewers who are there, for errors on different viewers do not go
    together. What all viewers have in common (their camera, their culture) is not in it; and a confidence
    interval over viewers has it in it already, for errors make viewers differ, too.

    values, errors: (viewers, K), NaN where a viewer is missing. NaN where an error of anybody is not known.
    """
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    total = np.where(there, errors**2, 0.0).sum(axis=0)
    return ratio(np.sqrt(total), count, count > 0)


def stretch_statistics(
    panel: Panel,
    start: float,
    end: float,
    name: str = "",
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Stretch:
    """Each viewer's mean over the stretch, then mean, interval, spread and shares over viewers."""
    own = _means_over(panel, panel.values, start, end)
    error = np.nan
    if panel.errors is not None:
        unsure = np.where(np.isnan(own), np.nan, _means_over(panel, panel.errors, start, end))
        error = float(reading_error(own[:, None], unsure[:, None])[0])
    own = own[~np.isnan(own)]
    low, high = band(own[:, None], resamples, confidence, seed)
    there = len(own) > 0
    return Stretch(
        name,
        start,
        end,
        len(own),
        mean=float(own.mean()) if there else np.nan,
        low=float(low[0]),
        high=float(high[0]),
        spread=float(own.std(ddof=1)) if len(own) > 1 else np.nan,
        share_positive=float(np.mean(own > NEUTRAL)) if there else np.nan,
        share_negative=float(np.mean(own < -NEUTRAL)) if there else np.nan,
        error=error,
    )


def difference(
    a: Panel,
    b: Panel,
    paired: bool | None = None,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Difference:
    """How much more positive A was than B, on the clock that both share, up to the end of the shorter one.

    paired: compare each viewer with themselves (viewers of both panels only) instead of group with group;
    None: do so when at least MIN_VIEWERS viewers, and at least half of the smaller group, saw both. For
    independent groups the interval uses both groups' bootstrap and the degrees of freedom of Welch (1947),
    "The generalization of Student's problem when several different population variances are involved",
    Biometrika 34.

    Raises ValueError for panels on different steps.
    """
    if a.options.step != b.options.step:
        raise ValueError(f"steps of {a.options.step} and {b.options.step} seconds cannot be compared")
    moments = min(len(a.time), len(b.time))
    end = min(a.duration, b.duration)
    both = [viewer for viewer in a.viewers if viewer in set(b.viewers)]
    if paired is None:
        paired = len(both) >= MIN_VIEWERS and 2 * len(both) >= min(len(a.viewers), len(b.viewers))
    values_a, values_b = a.values[:, :moments], b.values[:, :moments]
    total_a, total_b = _means_over(a, a.values, 0, end), _means_over(b, b.values, 0, end)
    if paired:
        rows_a, rows_b = [a.viewers.index(v) for v in both], [b.viewers.index(v) for v in both]
        gaps = values_a[rows_a] - values_b[rows_b]
        total = (total_a[rows_a] - total_b[rows_b])[:, None]
        mean, count = mean_over_viewers(gaps)
        low, high = band(gaps, resamples, confidence, seed)
        overall, pairs = mean_over_viewers(total)
        overall_low, overall_high = band(total, resamples, confidence, seed)
        n_a = n_b = count
        n_overall = (int(pairs[0]), int(pairs[0]))
    else:
        mean, low, high, n_a, n_b = _independent(values_a, values_b, resamples, confidence, seed)
        overall, overall_low, overall_high, all_a, all_b = _independent(
            total_a[:, None], total_b[:, None], resamples, confidence, seed
        )
        n_overall = (int(all_a[0]), int(all_b[0]))
    return Difference(
        a.time[:moments],
        mean,
        low,
        high,
        n_a,
        n_b,
        paired,
        float(overall[0]),
        float(overall_low[0]),
        float(overall_high[0]),
        n_overall,
    )


def _means_over(panel: Panel, values: Floats, start: float, end: float) -> Floats:
    """(viewers,) each viewer's mean of `values` (viewers, K) over the moments from start to end; NaN where
    too few are known."""
    inside = values[:, (panel.time >= start - 1e-9) & (panel.time <= end + 1e-9)]
    means, count = mean_over_viewers(inside.T)
    return np.where(count >= max(1, SEGMENT_FILL * inside.shape[1]), means, np.nan)


def _independent(
    a: Floats, b: Floats, resamples: int, confidence: float, seed: int
) -> tuple[Floats, Floats, Floats, Ints, Ints]:
    """Mean of A less mean of B with limits, for two groups (viewers, moments) of different people."""
    mean_a, n_a = mean_over_viewers(a)
    mean_b, n_b = mean_over_viewers(b)
    mean = mean_a - mean_b
    low, high = np.full(len(mean), np.nan), np.full(len(mean), np.nan)
    enough = (n_a >= MIN_VIEWERS) & (n_b >= MIN_VIEWERS)
    if not enough.any():
        return mean, low, high, n_a, n_b
    error_a, error_b = _squared_error(a, n_a), _squared_error(b, n_b)
    drawn_a, drawn_b = draws(len(a), resamples, seed), draws(len(b), resamples, seed + 1)
    size_a, size_b = np.maximum(n_a, 2), np.maximum(n_b, 2)
    weight = error_a**2 / (size_a - 1) + error_b**2 / (size_b - 1)
    welch = ratio((error_a + error_b) ** 2, weight, weight > 0)
    freedom = np.where(weight > 0, welch, size_a + size_b - 2)
    factor = spread_factor(freedom, confidence)
    for start in range(0, len(mean), 1024):
        part = np.arange(start, min(start + 1024, len(mean)))
        part = part[enough[part]]
        deviations = (resampled_means(a[:, part], drawn_a) - mean_a[part]) * np.sqrt(
            size_a[part] / (size_a[part] - 1)
        ) - (resampled_means(b[:, part], drawn_b) - mean_b[part]) * np.sqrt(size_b[part] / (size_b[part] - 1))
        if len(part):
            low[part], high[part] = mean[part] + factor[part] * limits_of(deviations, confidence)
    return mean, low, high, n_a, n_b


def _squared_error(values: Floats, count: Ints) -> Floats:
    """(moments,) the squared standard error of the mean, s² / n; 0 with fewer than two viewers."""
    mean, _ = mean_over_viewers(values)
    squares = np.nansum((values - mean) ** 2, axis=0)
    return np.nan_to_num(ratio(squares, (count - 1) * count, count > 1))
