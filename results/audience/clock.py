"""From a session's clock to the stimulus's: where in the ad a viewer was when their face was seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from results.sessions.records import Bools, Floats

SLOWEST, FASTEST = 0.25, 4.0
"""Playing speeds that a player offers. Between two knots slower than that the stimulus stood still (paused,
or stalled for lack of data), faster or backwards it was being searched: nobody watched it there."""


def stimulus_time(time: Floats, offset: float = 0.0, knots: Sequence[tuple[float, float]] = ()) -> Floats:
    """Seconds of the stimulus at each moment of the session; NaN where it was not playing.

    offset: the session's time at which the stimulus began (negative if it began before the recording); the
    stimulus then runs on without a pause. knots: instead, pairs (seconds of the session, seconds of the
    stimulus) as a player reports them at every play, pause, seek, stall and a few times a second; between
    two of them the stimulus runs evenly, and before the first and after the last it is not playing.
    """
    if not len(knots):
        return time - offset
    if len(knots) == 1:
        return np.full(len(time), np.nan)
    ordered, speed, playing = _pieces(knots)
    piece = np.clip(np.searchsorted(ordered[:, 0], time, side="right") - 1, 0, len(speed) - 1)
    mapped = ordered[piece, 1] + speed[piece] * (time - ordered[piece, 0])
    within = (time >= ordered[0, 0]) & (time <= ordered[-1, 0])
    return np.where(within & playing[piece], mapped, np.nan)


def stimulus_spans(
    start: float, end: float, offset: float = 0.0, knots: Sequence[tuple[float, float]] = ()
) -> list[tuple[float, float]]:
    """What of the stimulus was playing from `start` to `end`, in seconds of the session.

    A span for each piece of the clock, in the session's order. A viewer who went back saw the same moments in
    two of them.
    """
    if not len(knots):
        return [(start - offset, end - offset)]
    if len(knots) == 1:
        return []
    ordered, speed, playing = _pieces(knots)
    lower, upper = np.maximum(ordered[:-1, 0], start), np.minimum(ordered[1:, 0], end)
    shown = playing & (lower <= upper)
    first, last = (
        (ordered[:-1, 1] + speed * (moment - ordered[:-1, 0]))[shown].tolist() for moment in (lower, upper)
    )
    return [*zip(first, last, strict=True)]


def _pieces(knots: Sequence[tuple[float, float]]) -> tuple[Floats, Floats, Bools]:
    """The knots (k, 2) in order; and of the k - 1 pieces between them the speed, and which were playing."""
    ordered = np.array(sorted((float(session), float(media)) for session, media in knots))
    lengths, advances = np.diff(ordered, axis=0).T
    playing = (advances >= SLOWEST * lengths) & (advances <= FASTEST * lengths) & (lengths > 0)
    speed = np.divide(advances, lengths, out=np.zeros(len(lengths)), where=playing)
    return ordered, speed, playing
