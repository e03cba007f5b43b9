"""The smoothing of one face's valence, for faces that are put together after they were analysed.

It is the filter of `stream.faces.smoothing`: rooms of one floor do not import each other, and a test holds
the two together.
"""

from __future__ import annotations

import math

from results.sessions.records import Floats

RESTART = 1.0
"""Seconds without a sample after which the past says nothing about the present."""
_REST, _HASTE, _MOST = 0.5, 14.0, 2.5


def smoothed_on(time: Floats, valence: Floats, smoothed: Floats, start: int, time_constant: float) -> Floats:
    """(n,) smoothed values: as they are before the sample `start`, computed from there on.

    time: (n,) seconds, not falling; valence, smoothed: (n,) raw values, and smoothed ones of before;
    time_constant: seconds, 0 for none.
    """
    values = smoothed.tolist()
    moments, raw = time.tolist(), valence.tolist()
    deviation = 0.0
    for i in range(len(values)):
        gap = moments[i] - moments[i - 1] if i else math.inf
        if gap > RESTART or time_constant == 0:
            value, deviation = raw[i], 0.0
        else:
            passed, off = gap / time_constant, raw[i] - values[i - 1]
            deviation += (1 - math.exp(-passed)) * (off - deviation)
            rate = min(_REST + _HASTE * abs(deviation), _MOST)
            value = values[i - 1] + (1 - math.exp(-passed * rate)) * off
        if i >= start:
            values[i] = value
    made = smoothed.copy()
    made[:] = values
    return made
