"""A session in numbers: what it says of each face, and the small curve a list shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from results.sessions.records import Digest
from results.sessions.samples import ERROR, Samples

NEUTRAL = 0.1
"""Half-width of the neutral band: smoothed valence above it is positive, below its negative negative."""
CURVE_POINTS = 64


@dataclass(frozen=True)
class FaceStatistics:
    """One face over one session.

    `valence_mean`, `_min` and `_max` are over the raw values, as the word valence means everywhere here, so
    that they can be recomputed from one column of the CSV, and min <= mean <= max. For an image they are the
    image's value. Peak, trough and the shares are read off the smoothed curve, where a single noisy frame
    does not make a moment.
    """

    face_id: int
    first_s: float
    last_s: float
    samples: int
    valence_mean: float
    valence_min: float
    valence_max: float
    box: tuple[float, float, float, float]
    """At the sample of highest quality (the first of them)."""
    share_positive: float
    """Of the samples, 0..1: smoothed valence > NEUTRAL."""
    share_negative: float
    quality_mean: float
    carried: int
    """Samples in which the tracker carried the face without a detection (score 0)."""
    peak: float
    peak_s: float
    """First time at which the smoothed valence is highest."""
    trough: float
    trough_s: float
    valence_error: float | None = None
    """One standard error of the mean, as far as reading the face goes: the mean of the samples' own errors.
    What makes a network misread a face is there in frame after frame, so that many of them err as one does;
    None where none of them is known."""
    outputs: Mapping[str, float] = field(default_factory=dict)
    """Means of what the network says beside valence, by column, as far as it does."""


def face_statistics(samples: Samples) -> list[FaceStatistics]:
    """One entry per face, in the order of their ids."""
    return [_of_face(face, samples.of_face(face)) for face in samples.faces]


def _of_face(face_id: int, own: Samples) -> FaceStatistics:
    peak, trough = int(np.argmax(own.smoothed)), int(np.argmin(own.smoothed))
    left, top, right, bottom = own.box[int(np.argmax(own.quality))].tolist()
    low, high = float(own.valence.min()), float(own.valence.max())
    means = {column.name: float(np.nanmean(own.extra(column))) for column in own.outputs}
    return FaceStatistics(
        face_id=face_id,
        first_s=float(own.time.min()),
        last_s=float(own.time.max()),
        samples=len(own),
        valence_mean=min(max(float(own.valence.mean()), low), high),  # a mean may round past a constant
        valence_min=low,
        valence_max=high,
        box=(left, top, right, bottom),
        share_positive=float(np.mean(own.smoothed > NEUTRAL)),
        share_negative=float(np.mean(own.smoothed < -NEUTRAL)),
        quality_mean=float(own.quality.mean()),
        carried=int(np.count_nonzero(own.score == 0)),
        peak=float(own.smoothed[peak]),
        peak_s=float(own.time[peak]),
        trough=float(own.smoothed[trough]),
        trough_s=float(own.time[trough]),
        valence_error=means.pop(ERROR.name, None),
        outputs=means,
    )


def digest(samples: Samples, duration_s: float, points: int = CURVE_POINTS) -> Digest:
    """The few numbers a list shows. The curve has `points` parts of equal length over the duration."""
    if not len(samples):
        return Digest(faces=0, samples=0, valence_mean=None, curve=())
    length = max(duration_s, float(samples.time.max()))
    if length <= 0:
        return Digest(len(samples.faces), len(samples), _rounded(samples.valence.mean()), ())
    part = np.minimum(np.clip(samples.time, 0, length) / length * points, points - 1).astype(int)
    count = np.bincount(part, minlength=points)
    total = np.bincount(part, weights=samples.smoothed, minlength=points)
    curve = tuple(_rounded(t / n) if n else None for t, n in zip(total, count, strict=True))
    return Digest(len(samples.faces), len(samples), _rounded(samples.valence.mean()), curve)


def _rounded(value: float) -> float:
    return round(float(value), 4)
