"""How often something may go wrong: guessing gets slow, a slip of the finger does not hurt."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST_KEYS = 10_000
"""Remembered at a time; of more, the longest quiet are forgotten."""


@dataclass
class _Failures:
    count: int = 0
    latest: float = 0.0


class Throttle:
    """Counts failures by key (a name and an address, say).

    After `allowed` failures the key waits `wait` seconds, and twice as long for each one more, up to
    `longest`. After `forget` seconds of quiet it starts anew.
    """

    def __init__(
        self,
        allowed: int = 5,
        wait: float = 30.0,
        longest: float = 900.0,
        forget: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed, self._wait, self._longest, self._forget = allowed, wait, longest, forget
        self._clock = clock
        self._failures: dict[Hashable, _Failures] = {}

    def left(self, key: Hashable) -> float:
        """Seconds that the key has to wait; 0 where it need not."""
        known = self._failures.get(key)
        if known is None or known.count < self._allowed:
            return 0.0
        wait = min(self._wait * 2.0 ** min(known.count - self._allowed, 30), self._longest)
        return max(0.0, known.latest + wait - self._clock())

    def failed(self, key: Hashable) -> None:
        """Note a failure."""
        now = self._clock()
        known = self._failures.pop(key, _Failures())  # to the end: the longest quiet stand first
        if now - known.latest > self._forget:
            known = _Failures()
        known.count, known.latest = known.count + 1, now
        self._failures[key] = known
        while len(self._failures) > MOST_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, key: Hashable) -> None:
        """Forget the key's failures."""
        self._failures.pop(key, None)
