"""Causal smoothing of one face's valence."""

from __future__ import annotations

import math

TIME_CONSTANT = 0.3
"""Seconds after which a step in the raw value has come through to 63 %."""
RESTART = 1.0
"""Seconds without a sample after which the past says nothing about the present."""


class Smoother:
    """A first-order low-pass filter in continuous time, sampled when samples come.

    The step response after t seconds is ``1 - exp(-t / time_constant)``, whatever the frame rate,
    for the gain is computed from the time that really passed.
    """

    def __init__(self, time_constant: float = TIME_CONSTANT, restart: float = RESTART) -> None:
        if not time_constant >= 0:
            raise ValueError(f"the time constant must not be negative, it is {time_constant}")
        self._time_constant, self._restart = time_constant, restart
        self._value = 0.0
        self._time: float | None = None

    def __call__(self, time: float, value: float) -> float:
        """The smoothed value at `time` (seconds, not falling), given the raw `value`."""
        gap = math.inf if self._time is None else time - self._time
        if gap < 0:
            raise ValueError(f"time runs backwards: {time} after {self._time}")
        if gap > self._restart or self._time_constant == 0:
            self._value = value
        else:
            self._value += (1 - math.exp(-gap / self._time_constant)) * (value - self._value)
        self._time = time
        return self._value
