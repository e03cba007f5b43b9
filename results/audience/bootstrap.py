"""How sure a mean over viewers is: the bootstrap, resampling whole viewers.

Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7. Viewers are what the
study drew at random, so viewers are what is redrawn, each with the whole of their curve.

The plain percentile interval is too narrow for few viewers: its spread is smaller than the standard error by
sqrt((n-1)/n), and it ignores that the spread itself is estimated. Hesterberg (2015), "What teachers should
know about the bootstrap", American Statistician 69, section 4.2, shows the cure for the percentile interval,
and where it comes from: sqrt(n/(n-1)) · t(n-1) in place of z. Here that factor stretches the deviations of
the bootstrap means from the mean, which also works where so extreme a percentile would lie beyond all
resamples.
"""

from __future__ import annotations

import numpy as np

from results.sessions.records import Floats, Ints, ratio

RESAMPLES = 2000
CONFIDENCE = 0.95
MIN_VIEWERS = 3
"""Below this many viewers no band is given: two people say nothing about how far people differ."""
_CHUNK = 1024


def draws(viewers: int, resamples: int, seed: int) -> Floats:
    """How often each resample draws each viewer: (resamples, viewers), every row sums to `viewers`."""
    if viewers == 0:
        return np.zeros((resamples, 0))
    rng = np.random.default_rng(seed)
    return rng.multinomial(viewers, np.full(viewers, 1 / viewers), size=resamples).astype(np.float64)


def resampled_means(values: Floats, drawn: Floats) -> Floats:
    """The mean curve of each resample, over those of its viewers who are there at the moment.

    values: (viewers, moments), NaN where a viewer is missing; drawn: (resamples, viewers).
    Returns (resamples, moments), NaN where a resample drew nobody who is there.
    """
    there = ~np.isnan(values)
    total = drawn @ np.where(there, values, 0.0)
    count = drawn @ there.astype(np.float64)
    return ratio(total, count, count > 0)


def mean_over_viewers(values: Floats) -> tuple[Floats, Ints]:
    """Mean of each column over the viewers who are there (NaN if nobody is), and their number."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    return ratio(total, count, count > 0), count


def spread_factor(freedom: Floats | Ints, confidence: float) -> Floats:
    """t / z: how much wider an interval must be because the spread is only estimated."""
    from scipy.special import ndtri, stdtrit  # imported late: a quarter of a second that others need not wait

    tail = (1 + confidence) / 2
    return np.asarray(stdtrit(freedom, tail) / ndtri(tail), dtype=np.float64)


def band(
    values: Floats, resamples: int = RESAMPLES, confidence: float = CONFIDENCE, seed: int = 0
) -> tuple[Floats, Floats]:
    """Pointwise confidence limits of the mean over viewers, low and high, each (moments,).

    values: (viewers, moments), NaN where a viewer is missing. NaN where fewer than MIN_VIEWERS are there.
    The same values and seed give the same limits.
    """
    drawn = draws(len(values), resamples, seed)
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    for start in range(0, values.shape[1], _CHUNK):
        part = slice(start, start + _CHUNK)
        mean, count = mean_over_viewers(values[:, part])
        enough = count >= MIN_VIEWERS
        if not enough.any():
            continue
        count = np.maximum(count, 2)
        factor = np.sqrt(count / (count - 1)) * spread_factor(count - 1, confidence)
        limits = limits_of(resampled_means(values[:, part], drawn)[:, enough] - mean[enough], confidence)
        low[part][enough], high[part][enough] = mean[enough] + factor[enough] * limits
    return low, high


def limits_of(deviations: Floats, confidence: float) -> Floats:
    """The two percentiles that leave (1 - confidence) / 2 outside on either side: (2, moments).

    deviations: (resamples, moments); resamples that drew nobody (NaN) do not count.
    """
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    quantile = np.nanquantile if np.isnan(deviations).any() else np.quantile
    return np.asarray(quantile(deviations, tails, axis=0), dtype=np.float64)
