"""One viewer's samples, at whatever rate and with whatever holes, onto a common grid."""

from __future__ import annotations

import numpy as np

from results.sessions.records import Floats, ratio

MIN_FILL = 0.5
"""A cell counts as seen when the viewer's curve covers at least this share of it."""


MAX_MOMENTS = 1_000_000
"""Of a grid; at a quarter of a second, three days."""


def grid(duration: float, step: float) -> Floats:
    """Moments 0, step, 2·step, … up to the duration, in seconds.

    Raises ValueError for a duration or step that is not positive.
    """
    if not (0 < step < np.inf and 0 < duration < np.inf):
        raise ValueError(f"no grid over {duration} seconds in steps of {step}")
    return np.arange(np.floor(duration / step + 1e-9) + 1) * step


def on_grid(
    time: Floats, values: Floats, moments: Floats, step: float, duration: float, max_gap: float
) -> Floats:
    """A viewer's mean value around each moment of the grid: `cell_means` over half a step on either side.

    At the ends of the stimulus the cell is cut there, so that nothing outside it counts.
    """
    lower = np.clip(moments - step / 2, 0, duration)
    upper = np.clip(moments + step / 2, 0, duration)
    return cell_means(time, values, lower, upper, max_gap)


def cell_means(time: Floats, values: Floats, lower: Floats, upper: Floats, max_gap: float) -> Floats:
    """Time averages of a curve over cells, NaN where it is not known well enough.

    The curve runs straight from sample to sample; between samples further apart than `max_gap` seconds it is
    unknown. A cell's value is the curve's exact integral over the known part of the cell, divided by the
    length of that part (trapezoidal rule, exact for a piecewise linear curve). So samples at 5, 25 or 60 per
    second weigh alike, and nothing faster than a cell is aliased into it.

    time: (m,) seconds, in any order; values: (m,); lower, upper: (K,) the cells' ends. Returns (K,).
    """
    if len(time) < 2:
        return np.full(len(lower), np.nan)
    order = np.argsort(time, kind="stable")
    time, values = time[order], values[order]
    length = np.diff(time)
    known = length <= max_gap
    rise = np.diff(values)
    area_until = np.concatenate(([0.0], np.cumsum(known * length * (values[:-1] + values[1:]) / 2)))
    known_until = np.concatenate(([0.0], np.cumsum(known * length)))

    def integrals(moment: Floats) -> tuple[Floats, Floats]:
        piece = np.clip(np.searchsorted(time, moment, side="right") - 1, 0, len(length) - 1)
        into = np.clip(moment - time[piece], 0, length[piece]) * known[piece]
        part = np.divide(into, length[piece], out=np.zeros(len(into)), where=length[piece] > 0)
        area = area_until[piece] + into * (values[piece] + rise[piece] * part / 2)
        return area, known_until[piece] + into

    area_to, known_to = integrals(upper)
    area_from, known_from = integrals(lower)
    covered = known_to - known_from
    seen = (covered >= MIN_FILL * (upper - lower) * (1 - 1e-9)) & (covered > 0)
    return ratio(area_to - area_from, covered, seen)
