"""The part of a report that sets one stimulus against another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from results.audience.curves import Difference
from results.report.charts import Plot, Tick, difference_plot, time_axis
from results.report.wording import clock, count, interval, signed, with_interval
from results.studies.findings import Comparison


@dataclass(frozen=True)
class DifferenceCurve:
    """A minus B, moment by moment."""

    duration: float
    """Of the shorter one, in seconds."""
    plot: Plot
    axis: tuple[Tick, ...]
    readout: tuple[str, ...]
    """What is shown under the pointer: a text for each moment of the grid."""
    step: float
    """Seconds between these moments."""
    how: str
    """Who was compared with whom."""


@dataclass(frozen=True)
class ComparisonSection:
    name_a: str
    name_b: str
    lead: str
    """The verdict in words."""
    curve: DifferenceCurve | None
    """None: there is no moment at which both were watched."""


def comparison_section(comparison: Comparison, limit: float) -> ComparisonSection:
    """A minus B: the verdict, the curve of the difference with its band, who was compared with whom.

    limit: the end of the vertical axis.
    """
    found = comparison.difference
    name_a, name_b = comparison.a.stimulus.name, comparison.b.stimulus.name
    if np.isnan(found.mean).all():
        nothing = "There is no moment at which both were watched."
        return ComparisonSection(name_a, name_b, nothing, None)
    end = min(comparison.a.stimulus.duration_s, comparison.b.stimulus.duration_s)
    curve = DifferenceCurve(
        duration=end,
        plot=difference_plot(found, end, limit),
        axis=time_axis(end),
        readout=tuple(_readout(found)),
        step=comparison.a.panel.options.step,
        how=_how(found, name_a, name_b),
    )
    return ComparisonSection(name_a, name_b, _verdict(found, name_a, name_b), curve)


def _readout(found: Difference) -> Iterator[str]:
    columns = (found.time, found.mean, found.low, found.high, found.n_a, found.n_b)
    for time, mean, low, high, n_a, n_b in zip(*columns, strict=True):
        n = f"{n_a}" if found.paired else f"{n_a}, {n_b}"
        yield f"{clock(time, 1)}  {signed(mean)}\n{interval(low, high)}\nn = {n}"


def _how(found: Difference, name_a: str, name_b: str) -> str:
    n_a, n_b = found.overall_n
    if found.paired:
        return f"The {count(n_a, 'viewer')} who saw both are compared with themselves."
    return f"{name_a} was seen by {n_a}, {name_b} by {count(n_b, 'viewer')}."


def _verdict(found: Difference, name_a: str, name_b: str) -> str:
    figures = with_interval(found.overall, found.overall_low, found.overall_high)
    if np.isnan(found.overall):
        return "Nobody watched enough of both to compare them as wholes."
    if np.isnan(found.overall_low):
        return f"{name_a} minus {name_b}: {figures}. Too few viewers to say whether that is more than chance."
    if found.overall_low > 0 or found.overall_high < 0:
        better = name_a if found.overall > 0 else name_b
        return f"Viewers of {better} looked more positive. {name_a} minus {name_b}: {figures}."
    return f"No clear difference. {name_a} minus {name_b}: {figures}."
