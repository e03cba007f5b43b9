"""What the user excluded, decided here for a session's figures and a study's alike."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from results.sessions.records import Bools, Floats, Stretch, StretchKind
from results.sessions.samples import Samples

TOLERANCE = 1e-6
"""Seconds by which a stretch reaches beyond its ends. Times are told with six decimals: a stretch that is set
from one sample to another, by what was told of them, has both in it."""

Span = tuple[float, float]
"""Start and end, in seconds; both belong to it."""


def excluded(samples: Samples, stretches: Iterable[Stretch]) -> Bools:
    """(n,) which samples lie in an excluded stretch that concerns their face."""
    stretches = [*stretches]
    out: Bools = np.zeros(len(samples), dtype=np.bool_)
    for face in samples.faces:
        own = samples.face_id == face
        out[own] = within(samples.time[own], excluded_spans(stretches, face))
    return out


def excluded_spans(stretches: Iterable[Stretch], face_id: int) -> tuple[Span, ...]:
    """The excluded stretches that concern a face: its own, and those of every face."""
    return tuple(
        (stretch.start, stretch.end)
        for stretch in stretches
        if stretch.kind is StretchKind.EXCLUDED and stretch.face_id in (None, face_id)
    )


def within(time: Floats, spans: Iterable[Span]) -> Bools:
    """(n,) which moments lie in one of the spans, on whose clock they are."""
    inside: Bools = np.zeros(len(time), dtype=np.bool_)
    for start, end in spans:
        inside |= (time >= start - TOLERANCE) & (time <= end + TOLERANCE)
    return inside
