"""Curves as shapes of an SVG that stretches to any width, and where the labels beside it stand.

The SVG is WIDTH by HEIGHT units; labels are HTML, which does not stretch with it, and stand at percentages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from results.audience.curves import Curve, Difference, Stretch
from results.audience.moments import Moment
from results.report.wording import clock, signed
from results.sessions.records import Floats

WIDTH, HEIGHT = 1000, 300
_MOST_POINTS = 4000
"""Of one line; more than any screen or page shows."""


@dataclass(frozen=True)
class Mark:
    """A numbered moment on a curve."""

    number: int
    moment: Moment


@dataclass(frozen=True)
class Shape:
    kind: str
    """Its class in the style sheet: mean, band, positive, negative or count."""
    path: str
    """Coordinates as the `d` of an SVG path; empty where nothing is known."""


@dataclass(frozen=True)
class Level:
    """A horizontal line across a plot, and its label."""

    text: str
    y: str
    """In the SVG."""
    top: str
    zero: bool
    """Whether it is drawn as the axis."""


@dataclass(frozen=True)
class Dot:
    """A mark's place on a curve."""

    mark: Mark
    left: str
    top: str


@dataclass(frozen=True)
class Strip:
    """A named segment's place above a plot."""

    name: str
    left: str
    width: str


@dataclass(frozen=True)
class Tick:
    """A time under a plot."""

    text: str
    left: str
    last: bool
    """So far to the right that its label must end there."""


@dataclass(frozen=True)
class Plot:
    """One drawing, with what stands on it, behind it and above it."""

    shapes: tuple[Shape, ...]
    levels: tuple[Level, ...]
    kind: str = ""
    """Its height in the style sheet: low, strip, or the common one."""
    dots: tuple[Dot, ...] = ()
    segments: tuple[Strip, ...] = ()
    edges: tuple[str, ...] = ()
    """Where segments begin and end, from the left."""


def common_limit(drawn: Iterable[Curve | Difference]) -> float:
    """The end of the vertical axis that all of them share: the next fifth above everything that is drawn."""
    values = np.abs(np.concatenate([part for one in drawn for part in (one.mean, one.low, one.high)]))
    values = values[~np.isnan(values)]
    most = float(values.max()) if len(values) else 1.0
    return max(0.2, float(np.ceil(most / 0.2 - 1e-9)) * 0.2)


def curve_plot(
    curve: Curve,
    duration: float,
    limit: float,
    marks: Sequence[Mark] = (),
    segments: Sequence[Stretch] = (),
) -> Plot:
    """The audience's mean with its band, from -limit to +limit; marks on it, named segments behind it."""
    edges = sorted({edge for s in segments for edge in (s.start, s.end)})
    return Plot(
        shapes=(
            _band(curve.time, curve.low, curve.high, duration, limit),
            _line(curve.time, curve.mean, duration, limit),
        ),
        levels=_valences(limit),
        dots=tuple(
            Dot(mark, _share(mark.moment.time, duration), _top(mark.moment.value, limit)) for mark in marks
        ),
        segments=tuple(
            Strip(s.name, _share(s.start, duration), _share(s.end - s.start, duration)) for s in segments
        ),
        edges=tuple(_share(moment, duration) for moment in edges if 0 < moment < duration),
    )


def difference_plot(found: Difference, duration: float, limit: float) -> Plot:
    """A minus B with its band, from -limit to +limit."""
    band = _band(found.time, found.low, found.high, duration, limit)
    return Plot((band, _line(found.time, found.mean, duration, limit)), _valences(limit))


def shares_plot(curve: Curve, duration: float) -> Plot:
    """Share of positive viewers upwards, of negative ones downwards."""
    zero = np.zeros(len(curve.time))
    positive = _band(curve.time, zero, curve.share_positive, duration, 1.0, "positive")
    negative = _band(curve.time, -curve.share_negative, zero, duration, 1.0, "negative")
    texts = {1.0: "100 %", 0.5: "50 %", 0.0: "0", -0.5: "50 %", -1.0: "100 %"}
    levels = tuple(_level(value, 1.0, text) for value, text in texts.items())
    return Plot((positive, negative), levels, kind="low")


def viewers_plot(curve: Curve, duration: float) -> Plot:
    """How many viewers there are at each moment, as a low strip."""
    most = max(int(curve.n.max(initial=0)), 1)
    steps = _band(curve.time, np.full(len(curve.n), -1.0), 2 * curve.n / most - 1, duration, 1.0, "count")
    return Plot((steps,), (_level(1.0, 1.0, str(most)), _level(-1.0, 1.0, "0")), kind="strip")


def time_axis(duration: float) -> tuple[Tick, ...]:
    """Round times under a plot, about eight of them."""
    steps = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    step = next((step for step in steps if duration / step <= 8.5), steps[-1])
    digits = 1 if step < 1 else 0
    return tuple(
        Tick(clock(moment, digits), _share(moment, duration), bool(moment > 0.97 * duration))
        for moment in np.arange(0, duration + 1e-9, step)
    )


def _valences(limit: float) -> tuple[Level, ...]:
    """The levels of a plot whose vertical axis runs from -limit to +limit."""
    return tuple(_level(value, limit, signed(value)) for value in (limit, limit / 2, 0.0, -limit / 2, -limit))


def _level(value: float, limit: float, text: str) -> Level:
    return Level(text, _y(value, limit), _top(value, limit), zero=value == 0)


def _line(time: Floats, values: Floats, duration: float, limit: float) -> Shape:
    path = ""
    for run in _runs(values):
        points = [f"{_x(time[k], duration)},{_y(values[k], limit)}" for k in run]
        if len(points) == 1:
            points *= 2  # a round cap makes a dot of it
        path += "M" + "L".join(points)
    return Shape("mean", path)


def _band(
    time: Floats, low: Floats, high: Floats, duration: float, limit: float, kind: str = "band"
) -> Shape:
    path = ""
    for run in _runs(low + high):
        upper = [f"{_x(time[k], duration)},{_y(high[k], limit)}" for k in run]
        lower = [f"{_x(time[k], duration)},{_y(low[k], limit)}" for k in reversed(run)]
        path += "M" + "L".join(upper + lower) + "Z"
    return Shape(kind, path)


def _runs(values: Floats) -> Iterator[list[int]]:
    """Indices of what is known, a list for each stretch without a hole, thinned to what can be seen."""
    stride = max(1, len(values) // _MOST_POINTS)
    chosen = np.arange(0, len(values), stride)
    known = ~np.isnan(values[chosen])
    breaks = np.flatnonzero(np.diff(known)) + 1
    for piece in np.split(np.arange(len(chosen)), breaks):
        if len(piece) and known[piece[0]]:
            yield chosen[piece].tolist()


def _x(moment: float, duration: float) -> str:
    return f"{WIDTH * moment / duration:.1f}"


def _y(value: float, limit: float) -> str:
    return f"{HEIGHT * (0.5 - 0.5 * value / limit):.1f}"


def _top(value: float, limit: float) -> str:
    return f"{50 - 50 * value / limit:.2f}%"


def _share(moment: float, duration: float) -> str:
    return f"{100 * moment / duration:.3f}%"
