"""Causal smoothing of one face's valence."""

from __future__ import annotations

import math

TIME_CONSTANT = 0.3
"""Seconds after which a change of 0.1 in the raw value has come through to 63 %; larger ones are faster."""
RESTART = 1.0
"""Seconds without a sample after which the past says nothing about the present."""
REST, HASTE, MOST = 0.5, 14.0, 2.5
"""The filter's rate, in 1 / time constant: of a value that stays, how much more for each unit by which raw
values lie off the smoothed one, and the most: one frame that is read wrongly should not come through."""


class Smoother:
    """A low-pass filter in continuous time, sampled when samples come, that follows large changes faster.

    Its rate grows with the deviation of raw values from smoothed ones, averaged over a time constant (noise,
    which goes to and fro, has little of it), as that of the one-euro filter (Casiez, Roussel & Vogel 2012)
    grows with speed. By `python -m benchmarks.smoothing` (22 faces), a filter of a fixed rate that is as fast
    for changes of 0.1 (63 % after 0.30 s, here 0.31) lets a third more of the readings' noise through, and
    takes twice as long for changes of 0.5. A Kalman filter by the network's spread lets less through, because
    it is slow for faces that are read unsurely. The smoothed value never leaves the range of the raw ones.
    """

    def __init__(self, time_constant: float = TIME_CONSTANT, restart: float = RESTART) -> None:
        if not time_constant >= 0:
            raise ValueError(f"the time constant must not be negative, it is {time_constant}")
        self._time_constant, self._restart = time_constant, restart
        self._value = self._deviation = 0.0
        self._time: float | None = None

    def __call__(self, time: float, value: float) -> float:
        """The smoothed value at `time` (seconds, not falling), given the raw `value`."""
        gap = math.inf if self._time is None else time - self._time
        if gap < 0:
            raise ValueError(f"time runs backwards: {time} after {self._time}")
        if gap > self._restart or self._time_constant == 0:
            self._value, self._deviation = value, 0.0
        else:
            passed, off = gap / self._time_constant, value - self._value
            self._deviation += (1 - math.exp(-passed)) * (off - self._deviation)
            rate = min(REST + HASTE * abs(self._deviation), MOST)
            self._value += (1 - math.exp(-passed * rate)) * off
        self._time = time
        return self._value
