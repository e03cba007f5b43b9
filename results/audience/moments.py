"""Key moments: where the audience's curve peaks and dips, and how far one can rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from results.audience.bootstrap import CONFIDENCE, MIN_VIEWERS, draws, mean_over_viewers, resampled_means
from results.audience.curves import Curve
from results.audience.panel import Panel
from results.sessions.records import Floats, Ints, ratio
from results.sessions.statistics import NEUTRAL

MIN_PROMINENCE = 0.1
"""How far (in valence) a peak must stand out from the higher of the dips on its two sides."""
SMOOTHING_S = 0.4
"""Standard deviation of the Gaussian through which the curve is looked at while seeking moments; centred, so
that it moves no peak in time."""
WINDOW_S = 1.0
"""A resample has a moment again when one of the same kind lies within so many seconds of it."""
RESAMPLES = 500
"""Of the audience, to see which of them show a moment again."""


class MomentKind(StrEnum):
    PEAK = "peak"
    TROUGH = "trough"


@dataclass(frozen=True)
class Moment:
    """A peak or trough of the audience's mean curve."""

    kind: MomentKind
    time: float
    time_low: float
    time_high: float
    """Where it lies in the middle 95 % of those resamples that have it; NaN without a confidence."""
    value: float
    """The mean curve there, its band and its n."""
    low: float
    high: float
    n: int
    prominence: float
    confidence: float
    """Share of resamples of the viewers, 0..1, that have it too; NaN with fewer than MIN_VIEWERS viewers."""


def key_moments(
    panel: Panel, curve: Curve, min_prominence: float = MIN_PROMINENCE, seed: int = 0
) -> list[Moment]:
    """Peaks and troughs of at least `min_prominence`, in the order of time.

    Prominence as in topography: how far one must descend from a peak before climbing higher (Llobera 2001;
    `scipy.signal.peak_prominences`). The ends of the stimulus can be peaks too. The confidence is the
    bootstrap's answer (500 resamples of viewers) to whether another audience of that size would show it.
    """
    if np.isnan(curve.mean).all():
        return []
    replicas = np.zeros((0, len(panel.time)))
    if len(panel.viewers) >= MIN_VIEWERS:
        drawn = draws(len(panel.viewers), RESAMPLES, seed)
        replicas = _smooth(resampled_means(panel.values, drawn), panel.options.step)
    smooth = _smooth(mean_over_viewers(panel.values)[0][None, :], panel.options.step)[0]
    found: list[Moment] = []
    for kind, sign in ((MomentKind.PEAK, 1.0), (MomentKind.TROUGH, -1.0)):
        places, prominences = _peaks(sign * smooth, min_prominence)
        if not len(places):
            continue
        again = _found_again(panel.time, places, [_peaks(sign * one, min_prominence)[0] for one in replicas])
        for place, prominence, times in zip(places, prominences, again, strict=True):
            at = int(place)
            moment = float(panel.time[at])
            tails = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
            early, late = np.quantile(times, tails) if len(times) else (np.nan, np.nan)
            found.append(
                Moment(
                    kind=kind,
                    time=moment,
                    time_low=float(early),
                    time_high=float(late),
                    value=float(curve.mean[at]),
                    low=float(curve.low[at]),
                    high=float(curve.high[at]),
                    n=int(curve.n[at]),
                    prominence=float(prominence),
                    confidence=len(times) / len(replicas) if len(replicas) else np.nan,
                )
            )
    return sorted(found, key=lambda moment: moment.time)


def _smooth(curves: Floats, step: float) -> Floats:
    """Curves (rows, K) through a centred Gaussian that ignores NaN (normalised convolution, Knutsson and
    Westin 1993); NaN stays NaN."""
    from scipy.ndimage import gaussian_filter1d  # imported late: it costs a quarter of a second

    known = ~np.isnan(curves)
    width = SMOOTHING_S / step
    total = gaussian_filter1d(np.where(known, curves, 0.0), width, axis=1, mode="constant")
    weight = gaussian_filter1d(known.astype(np.float64), width, axis=1, mode="constant")
    return ratio(total, weight, known)


def _peaks(curve: Floats, min_prominence: float) -> tuple[Ints, Floats]:
    """Indices and prominences of a curve's peaks; holes (NaN) are bridged, but hold no peak.

    Towards an end of the stimulus nobody can say how deep the curve would have fallen. There a peak only has
    to stand out on its inner side, and to lie above the neutral band: an ad that ends on its best moment has
    a peak, while the calm after the last peak is not a trough.
    """
    from scipy.signal import find_peaks

    known = np.flatnonzero(~np.isnan(curve))
    if len(known) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    first, last = int(known[0]), int(known[-1])
    inner = np.interp(np.arange(first, last + 1), known, curve[known])
    floor = float(inner.min()) - 1.0
    open_ended = np.concatenate(([floor], inner, [floor]))
    places, found = find_peaks(open_ended, prominence=min_prominence)
    prominences = np.minimum(found["prominences"], open_ended[places] - floor - 1.0)
    between = dict(zip(*_interior_peaks(inner), strict=True))
    two_sided = np.array([between.get(int(place) - 1, 0.0) for place in places])
    keep = (prominences >= min_prominence) & ((two_sided >= min_prominence) | (open_ended[places] > NEUTRAL))
    at = places[keep] - 1 + first
    seen = ~np.isnan(curve[at])
    return np.asarray(at[seen], dtype=np.int64), np.asarray(prominences[keep][seen], dtype=np.float64)


def _interior_peaks(curve: Floats) -> tuple[list[int], list[float]]:
    """Peaks between the ends, with prominences that end where the curve does."""
    from scipy.signal import find_peaks

    places, found = find_peaks(curve, prominence=0)
    return places.tolist(), found["prominences"].tolist()


def _found_again(time: Floats, places: Ints, replicas: list[Ints]) -> list[Floats]:
    """For each place, the times of the nearest peak in every replica that has one within WINDOW_S."""
    again: list[list[float]] = [[] for _ in places]
    for peaks in replicas:
        if not len(peaks):
            continue
        for times, place in zip(again, places, strict=True):
            nearest = time[peaks[np.argmin(np.abs(time[peaks] - time[place]))]]
            if abs(nearest - time[place]) <= WINDOW_S + 1e-9:
                times.append(float(nearest))
    return [np.array(times) for times in again]
