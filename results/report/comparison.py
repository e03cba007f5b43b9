"""The part of a report that sets one stimulus against another."""

from __future__ import annotations

from html import escape

import numpy as np

from results.audience.curves import Difference
from results.report.cards import script_data
from results.report.charts import difference_plot, time_axis
from results.report.wording import clock, count, interval, signed, with_interval
from results.studies.findings import Comparison


def comparison_section(comparison: Comparison) -> str:
    """A less B: the verdict, the curve of the difference with its band, who was compared with whom."""
    found = comparison.difference
    name_a, name_b = escape(comparison.a.stimulus.name), escape(comparison.b.stimulus.name)
    heading = f"<h2>{name_a} against {name_b}</h2>"
    if np.isnan(found.mean).all():
        return (
            f'<section>{heading}<p class="lead">There is no moment at which both were watched.</p></section>'
        )
    end = min(comparison.a.stimulus.duration_s, comparison.b.stimulus.duration_s)
    n_a, n_b = found.overall_n
    if found.paired:
        how = f"The {count(n_a, 'viewer')} who saw both are compared with themselves."
    else:
        how = f"{name_a} was seen by {n_a}, {name_b} by {count(n_b, 'viewer')}."
    readout = [
        f"{clock(time, 1)}  {signed(mean)}\n{interval(low, high)}\nn = {n}{'' if found.paired else f', {m}'}"
        for time, mean, low, high, n, m in zip(
            found.time, found.mean, found.low, found.high, found.n_a, found.n_b, strict=True
        )
    ]
    return (
        f'<section>{heading}<p class="lead">{_verdict(found, name_a, name_b)}</p>'
        f'<div class="card"><h3>{name_a} less {name_b}</h3><p class="note">Above zero, {name_a} was received '
        f"better at that second. {how} Where the band lies wholly on one side of zero, the difference at "
        "that single moment is unlikely to be chance.</p>"
        '<div class="legend"><span><i class="l-mean"></i>difference</span>'
        '<span><i class="l-band"></i>95 % confidence band</span></div>'
        f'<div class="plot" data-curve="{end:g}">{difference_plot(found, end)}{time_axis(end)}'
        f"{script_data(readout, comparison.a.panel.options.step)}</div></div></section>"
    )


def _verdict(found: Difference, name_a: str, name_b: str) -> str:
    figures = with_interval(found.overall, found.overall_low, found.overall_high)
    if np.isnan(found.overall):
        return "Nobody watched enough of both to compare them as wholes."
    if np.isnan(found.overall_low):
        return f"{name_a} less {name_b}: {figures}. Too few viewers to say whether that is more than chance."
    if found.overall_low > 0 or found.overall_high < 0:
        better = name_a if found.overall > 0 else name_b
        return f"{better} was received better. {name_a} less {name_b}: {figures}."
    return f"No clear difference. {name_a} less {name_b}: {figures}."
