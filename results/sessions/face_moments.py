"""Peaks and troughs of one face's curve: the moments that a reader wants to jump to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from results.sessions.samples import Samples
from results.sessions.statistics import NEUTRAL

PROMINENCE = 0.15
"""How far (in valence) a moment must stand out from what surrounds it, to count."""
APART = 1.0
"""Seconds between two peaks, or two troughs, of one face."""
GAP = 0.5
"""Seconds without the face that end a stretch; a moment is sought within a stretch."""
MOST = 10
"""Peaks, and troughs, of one face that are told: those that stand out most."""


@dataclass(frozen=True)
class FaceMoment:
    """A peak or trough of the smoothed valence of one face."""

    face_id: int
    kind: Literal["peak", "trough"]
    time_s: float
    frame: int
    value: float
    prominence: float


def face_moments(samples: Samples) -> list[FaceMoment]:
    """The moments of all faces, in the order of time."""
    found: list[FaceMoment] = []
    for face in samples.faces:
        own = samples.of_face(face)
        starts = np.flatnonzero(np.diff(own.time) > GAP) + 1
        for kind, sign in (("peak", 1.0), ("trough", -1.0)):
            moments = [
                moment
                for part in np.split(np.arange(len(own)), starts)
                for moment in _of_stretch(own[part], kind, sign)  # type: ignore[arg-type]
            ]
            found += sorted(moments, key=lambda moment: -moment.prominence)[:MOST]
    return sorted(found, key=lambda moment: (moment.time_s, moment.face_id))


def _of_stretch(own: Samples, kind: Literal["peak", "trough"], sign: float) -> list[FaceMoment]:
    """Prominence as in topography (`scipy.signal.peak_prominences`); the first of several equal values."""
    from scipy.signal import find_peaks  # imported late: it costs a quarter of a second

    if len(own) < 3:
        return []
    curve = sign * own.smoothed
    # An end of a stretch is a moment where it is the stretch's best one and not just its calm beginning.
    low, best = float(curve.min()), float(curve.max())
    before, after = ([low] if curve[end] == best > NEUTRAL else [] for end in (0, -1))
    padded = np.concatenate((before, curve, after))
    typical = float(np.median(np.diff(own.time)))
    distance = max(1, round(APART / typical)) if typical > 0 else 1
    _, told = find_peaks(padded, prominence=PROMINENCE, distance=distance, plateau_size=1)
    return [
        FaceMoment(
            face_id=int(own.face_id[0]),
            kind=kind,
            time_s=round(float(own.time[at]), 6),
            frame=int(own.frame[at]),
            value=round(float(own.smoothed[at]), 4),
            prominence=round(float(prominence), 4),
        )
        for at, prominence in zip(told["left_edges"] - len(before), told["prominences"], strict=True)
    ]
