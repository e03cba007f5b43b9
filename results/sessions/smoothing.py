"""The smoothing of one face's valence, for faces that are put together after they were analysed.

It is the filter of `stream.faces.smoothing`: rooms of one floor do not import each other, and a test holds
the two together.
"""

from __future__ import annotations

import math

from results.sessions.records import Floats

RESTART = 1.0
"""Seconds without a sample after which the past says nothing about the present."""


def smoothed_on(time: Floats, valence: Floats, smoothed: Floats, start: int, time_constant: float) -> Floats:
    """(n,) smoothed values: as they are before the sample `start`, computed from there on.

    A first-order low-pass filter in continuous time. time: (n,) seconds, not falling; valence, smoothed: (n,)
    raw values, and smoothed ones of before; time_constant: seconds, 0 for none.
    """
    values = smoothed.tolist()
    moments, raw = time.tolist(), valence.tolist()
    for i in range(start, len(values)):
        gap = moments[i] - moments[i - 1] if i else math.inf
        if gap > RESTART or time_constant == 0:
            values[i] = raw[i]
        else:
            values[i] = values[i - 1] + (1 - math.exp(-gap / time_constant)) * (raw[i] - values[i - 1])
    made = smoothed.copy()
    made[:] = values
    return made
