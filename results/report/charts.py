"""Curves as inline SVG that stretches to any width, with labels of HTML that do not stretch with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from results.audience.curves import Curve, Difference, Stretch
from results.audience.moments import Moment
from results.report.wording import clock, signed
from results.sessions.records import Floats

_WIDTH, _HEIGHT = 1000.0, 300.0
_MOST_POINTS = 4000
"""Of one line; more than any screen or page shows."""


@dataclass(frozen=True)
class Mark:
    """A numbered moment on a curve."""

    number: int
    moment: Moment


def curve_plot(
    curve: Curve, duration: float, marks: Sequence[Mark] = (), segments: Sequence[Stretch] = ()
) -> str:
    """The audience's mean with its band; marks on it, named segments behind it."""
    limit = _limit(curve.mean, curve.low, curve.high)
    parts = [
        _band(curve.time, curve.low, curve.high, duration, limit),
        _line(curve.time, curve.mean, duration, limit),
    ]
    dots = "".join(
        f'<b class="dot {mark.moment.kind.value}" style="left:{_share(mark.moment.time, duration)};'
        f'top:{50 - 50 * mark.moment.value / limit:.2f}%">{mark.number}</b>'
        for mark in marks
    )
    strips = "".join(
        f'<span style="left:{_share(s.start, duration)};width:{_share(s.end - s.start, duration)}">'
        f"{escape(s.name)}</span>"
        for s in segments
    )
    behind = "".join(
        f'<i class="edge" style="left:{_share(moment, duration)}"></i>'
        for moment in sorted({edge for s in segments for edge in (s.start, s.end)})
        if 0 < moment < duration
    )
    labels = f'<div class="segments">{strips}</div>' if segments else ""
    return labels + _canvas("".join(parts), limit, behind + dots)


def difference_plot(found: Difference, duration: float) -> str:
    """A less B with its band."""
    limit = _limit(found.mean, found.low, found.high)
    return _canvas(
        _band(found.time, found.low, found.high, duration, limit)
        + _line(found.time, found.mean, duration, limit),
        limit,
    )


def shares_plot(curve: Curve, duration: float) -> str:
    """Share of positive viewers upwards, of negative ones downwards."""
    zero = np.zeros(len(curve.time))
    areas = _band(curve.time, zero, curve.share_positive, duration, 1.0, "positive")
    areas += _band(curve.time, -curve.share_negative, zero, duration, 1.0, "negative")
    ticks = [(1.0, "100 %"), (0.5, "50 %"), (0.0, "0"), (-0.5, "50 %"), (-1.0, "100 %")]
    return _canvas(areas, 1.0, ticks=ticks, kind="low")


def viewers_strip(curve: Curve, duration: float) -> str:
    """How many viewers there are at each moment, as a low strip."""
    most = max(int(curve.n.max(initial=0)), 1)
    steps = _band(curve.time, np.full(len(curve.n), -1.0), 2 * curve.n / most - 1, duration, 1.0, "count")
    ticks = [(1.0, str(most)), (-1.0, "0")]
    return _canvas(steps, 1.0, ticks=ticks, kind="strip", zero=False)


def time_axis(duration: float) -> str:
    """Round times under a plot, about eight of them."""
    steps = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    step = next((step for step in steps if duration / step <= 8.5), steps[-1])
    digits = 1 if step < 1 else 0
    ticks = "".join(
        f'<span{" class=end" if moment > 0.97 * duration else ""} style="left:{_share(moment, duration)}">'
        f"{clock(moment, digits)}</span>"
        for moment in np.arange(0, duration + 1e-9, step)
    )
    return f'<div class="axis">{ticks}</div>'


def _canvas(
    drawn: str,
    limit: float,
    above: str = "",
    ticks: Sequence[tuple[float, str]] | None = None,
    kind: str = "",
    zero: bool = True,
) -> str:
    """A plot whose vertical axis runs from -limit to +limit."""
    if ticks is None:
        ticks = [(level, signed(level)) for level in (limit, limit / 2, 0.0, -limit / 2, -limit)]
    lines = "".join(
        f'<line x1="0" x2="{_WIDTH:g}" y1="{_y(level, limit)}" y2="{_y(level, limit)}" '
        f'class="{"zero" if zero and level == 0 else "grid"}"/>'
        for level, _ in ticks
    )
    labels = "".join(
        f'<span class="y" style="top:{50 - 50 * level / limit:.2f}%">{text}</span>' for level, text in ticks
    )
    return (
        f'<div class="canvas {kind}"><svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none" '
        f'aria-hidden="true">{lines}{drawn}</svg>{labels}{above}</div>'
    )


def _line(time: Floats, values: Floats, duration: float, limit: float) -> str:
    path = ""
    for run in _runs(values):
        points = [f"{_x(time[k], duration)},{_y(values[k], limit)}" for k in run]
        if len(points) == 1:
            points *= 2  # a round cap makes a dot of it
        path += "M" + "L".join(points)
    return f'<path class="mean" d="{path}"/>'


def _band(time: Floats, low: Floats, high: Floats, duration: float, limit: float, kind: str = "band") -> str:
    path = ""
    for run in _runs(low + high):
        upper = [f"{_x(time[k], duration)},{_y(high[k], limit)}" for k in run]
        lower = [f"{_x(time[k], duration)},{_y(low[k], limit)}" for k in reversed(run)]
        path += "M" + "L".join(upper + lower) + "Z"
    return f'<path class="{kind}" d="{path}"/>'


def _runs(values: Floats) -> Iterator[list[int]]:
    """Indices of what is known, a list for each stretch without a hole, thinned to what can be seen."""
    stride = max(1, len(values) // _MOST_POINTS)
    chosen = np.arange(0, len(values), stride)
    known = ~np.isnan(values[chosen])
    breaks = np.flatnonzero(np.diff(known)) + 1
    for piece in np.split(np.arange(len(chosen)), breaks):
        if len(piece) and known[piece[0]]:
            yield chosen[piece].tolist()


def _limit(*curves: Floats) -> float:
    """The vertical axis: the next fifth above everything that is drawn."""
    drawn = np.abs(np.concatenate(curves))
    drawn = drawn[~np.isnan(drawn)]
    most = float(drawn.max()) if len(drawn) else 1.0
    return max(0.2, float(np.ceil(most / 0.2 - 1e-9)) * 0.2)


def _x(moment: float, duration: float) -> str:
    return f"{_WIDTH * moment / duration:.1f}"


def _y(value: float, limit: float) -> str:
    return f"{_HEIGHT * (0.5 - 0.5 * value / limit):.1f}"


def _share(moment: float, duration: float) -> str:
    return f"{100 * moment / duration:.3f}%"
