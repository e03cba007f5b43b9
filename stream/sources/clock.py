"""The times of a recording's pictures, also where its time stamps are absent, begin again or jump.

Every repair is counted, and told in `repairs`.
"""

from __future__ import annotations

from collections import deque
from statistics import median

OUTLIER = 0.75
"""Seconds by which a single stamp may stand out, forwards, before it is held against the next one."""
GAP = 10.0
"""Seconds without a picture that are told."""
LEAP = 1.0
"""Seconds without a picture that count as another clock, in containers whose clock may be set anew."""
_KNOWN = 25
"""How many of the latest steps say how far apart pictures are."""


class Clock:
    """Seconds from the start of a recording for its pictures, in the order shown.

    Args:
        start: the stamp that is time 0; None takes the first picture's.
        rate: pictures a second, for those without a stamp.
        jumps: whether the container's clock may be set anew on the way (MPEG transport and program streams):
            a long step forwards is then closed as well.
    """

    def __init__(self, start: float | None, rate: float, *, jumps: bool = False) -> None:
        self._start = start
        self._step = 1 / rate
        self._jumps = jumps
        self._steps: deque[float] = deque(maxlen=_KNOWN)
        self._latest: float | None = None
        """The latest time given."""
        self._stamp = 0.0
        """The stamp that belongs to it."""
        self._restarts: list[float] = []
        self._leaps: list[tuple[float, float]] = []
        self._gaps: list[tuple[float, float]] = []
        self._strays: list[float] = []
        self._absent = 0
        self._given = 0

    @property
    def step(self) -> float:
        """Seconds from one picture to the next, as it was lately."""
        return median(self._steps) if self._steps else self._step

    @property
    def latest(self) -> float:
        """The latest time given; 0 before the first."""
        return self._latest or 0.0

    @property
    def begun(self) -> float:
        """The stamp that is time 0."""
        return self._start or 0.0

    def passed(self, pictures: int) -> None:
        """Lets the time of lost pictures pass where there are no stamps to say how long they lasted."""
        if self._latest is not None and self._absent == self._given:
            self._latest += pictures * self.step

    def time(self, stamp: float | None, following: float | None) -> float:
        """The time of the picture with `stamp` (seconds on the container's clock), before `following`."""
        self._given += 1
        if stamp is None:
            self._absent += 1
            return self._set(0.0 if self._latest is None else self._latest + self.step, None)
        if self._latest is None:
            if self._start is None or not stamp - self._start >= 0:
                self._start = stamp
            return self._set(stamp - self._start, stamp)
        ahead = stamp - self._stamp
        if self._stands_out(ahead, following):
            self._strays.append(self._latest)
            self._stamp += self.step
            return self._set(self._latest + self.step, self._stamp)
        if ahead < 0 and not self._is_shake(ahead, following):
            self._restarts.append(self._latest)
            return self._set(self._latest + self.step, stamp)
        if ahead > (LEAP if self._jumps else GAP) and ahead > 4 * self.step:
            if self._jumps:
                self._leaps.append((self._latest, ahead))
                return self._set(self._latest + self.step, stamp)
            self._gaps.append((self._latest, ahead))
        elif ahead > 0:
            self._steps.append(ahead)
        return self._set(self._latest + max(0.0, ahead), self._stamp + max(0.0, ahead))

    @property
    def repairs(self) -> list[str]:
        """What was wrong with the stamps and what was made of it, in sentences without a capital."""
        found = []
        if self._absent and self._absent == self._given:
            if self._given > 1:
                found.append(f"it has no time stamps: times are by its {1 / self._step:g} pictures a second")
        elif self._absent:
            found.append(f"{counted(self._absent, 'picture')} without a time stamp: it was estimated")
        if self._restarts:
            found.append(
                f"its time stamps begin again {_at(self._restarts)}: what follows was put after what came "
                "before"
            )
        if self._leaps:
            moment, by = self._leaps[0]
            found.append(
                f"its time stamps leap by {by:,.1f} s at {moment:.2f} s"
                f"{_more(len(self._leaps) - 1)}: the leap was left out"
            )
        if self._gaps:
            moment, by = self._gaps[0]
            found.append(
                f"it has no picture for {by:,.1f} s from {moment:.2f} s on{_more(len(self._gaps) - 1)}"
            )
        if self._strays:
            found.append(f"time stamps that cannot be right {_at(self._strays)}: they were estimated")
        return found

    def _stands_out(self, ahead: float, following: float | None) -> bool:
        """One wrong stamp among right ones: the next one goes on from before it."""
        if following is None or -OUTLIER <= ahead <= max(OUTLIER, 3 * self.step):
            return False
        beyond = following - self._stamp
        return 0 < beyond <= max(OUTLIER, 4 * self.step) and not 0 <= beyond - ahead <= 3 * self.step

    def _is_shake(self, ahead: float, following: float | None) -> bool:
        """A picture a little out of order: the clock did not begin again."""
        return -ahead <= min(2 * self.step, OUTLIER) and (following is None or following >= self._stamp)

    def _set(self, time: float, stamp: float | None) -> float:
        self._stamp = self._stamp + self.step if stamp is None else stamp
        self._latest = time
        return time


def counted(number: int, what: str) -> str:
    """``1 picture``, ``2 pictures``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _at(moments: list[float]) -> str:
    return f"at {moments[0]:.2f} s{_more(len(moments) - 1)}"


def _more(others: int) -> str:
    return f" and at {others} more places" if others > 1 else " and at one more place" if others else ""
