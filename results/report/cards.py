"""The cards of a report on one stimulus: curve, key moments, segments, shares, viewers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from results.audience.moments import RESAMPLES, Moment
from results.report.charts import Mark, curve_plot, shares_plot, time_axis, viewers_strip
from results.report.wording import clock, count, hue, interval, limits, percent, signed, unsigned
from results.sessions.statistics import NEUTRAL
from results.studies.findings import Findings, reasons

FILM_FRAMES = 12

Pictures = Mapping[float, bytes]
"""JPEG files by the second of the stimulus that they show."""


def film_time(part: int, duration: float) -> float:
    """The second that the film strip's frame number `part` shows: the middle of its share."""
    return round((part + 0.5) * duration / FILM_FRAMES, 3)


def curve_card(findings: Findings, marks: Sequence[Mark], pictures: Pictures, words: str) -> str:
    """The mean with its band over the stimulus's frames, and how many viewers there are."""
    curve, duration = findings.curve, findings.stimulus.duration_s
    legend = '<span><i class="l-mean"></i>mean</span>'
    if not np.isnan(curve.low).all():
        legend += '<span><i class="l-band"></i>95 % confidence band</span>'
    baseline = ""
    if findings.panel.options.baseline is not None:
        start, end = findings.panel.options.baseline
        baseline = f"; each viewer’s mean from {start:g} to {end:g} s is taken as zero"
    readout = [
        f"{clock(time, 1)}  {signed(mean)}\n{interval(low, high)}\nn = {n}"
        for time, mean, low, high, n in zip(
            curve.time, curve.mean, curve.low, curve.high, curve.n, strict=True
        )
    ]
    return (
        '<div class="card"><h3>How the audience felt, moment by moment</h3>'
        '<p class="note">Valence from −1 (negative) to +1 (positive), averaged over viewers'
        f'{baseline}.</p><div class="legend">{legend}</div>'
        f'<div class="plot" data-curve="{duration:g}" role="img" aria-label="{escape(words)}">'
        f"{curve_plot(curve, duration, marks, findings.segments)}{_film(pictures, duration)}"
        f'{time_axis(duration)}<p class="what">viewers seen at each moment</p>'
        f"{viewers_strip(curve, duration)}{script_data(readout, findings.panel.options.step)}</div></div>"
    )


def moments_card(findings: Findings, marks: Sequence[Mark], pictures: Pictures) -> str:
    """Each moment with a still of what was to be seen then."""
    if not marks:
        text = "The curve has no peak or trough that stands out from chance."
        return f'<div class="card"><h3>Key moments</h3><p class="note">{text}</p></div>'
    text = "Peaks and troughs of the mean curve, with the 95 % interval of the mean."
    if any(not np.isnan(mark.moment.confidence) for mark in marks):
        text += f" Confidence: how many of {RESAMPLES} resampled audiences show it, too."
    if weaker := len(findings.moments) - len(marks):
        text += f" {count(weaker, 'weaker moment')} can be found in the JSON file."
    cards = "".join(_moment(mark, pictures.get(mark.moment.time)) for mark in marks)
    return (
        f'<div class="card long"><h3>Key moments</h3><p class="note">{text}</p>'
        f'<div class="moments">{cards}</div></div>'
    )


def segments_card(findings: Findings) -> str:
    """Statistics of the named stretches, and of the whole."""
    if not findings.segments:
        return ""
    headings = ("segment", "time", "mean", "95 % interval", "spread", "positive", "negative", "n")
    rows = [
        (
            escape(s.name),
            f"{clock(s.start, 1)}–{clock(s.end, 1)}",
            f'<b class="{hue(s.mean)}">{signed(s.mean)}</b>',
            limits(s.low, s.high),
            unsigned(s.spread),
            percent(s.share_positive),
            percent(s.share_negative),
            str(s.n),
        )
        for s in (*findings.segments, findings.overall)
    ]
    return (
        '<div class="card"><h3>Segments</h3><p class="note">Each viewer’s mean over the segment, then mean, '
        f"interval and spread (standard deviation) over viewers; positive is above +{NEUTRAL}, negative "
        f"below −{NEUTRAL}.</p>{_table(headings, rows)}</div>"
    )


def shares_card(findings: Findings) -> str:
    """How many viewers are positive and negative at each moment."""
    duration = findings.stimulus.duration_s
    return (
        '<div class="card"><h3>Positive and negative viewers</h3><p class="note">Share of the viewers seen '
        f"at each moment whose valence is above +{NEUTRAL} or below −{NEUTRAL}; the others are neutral.</p>"
        '<div class="legend"><span><i class="l-up"></i>positive</span>'
        '<span><i class="l-down"></i>negative</span></div>'
        f'<div class="plot">{shares_plot(findings.curve, duration)}{time_axis(duration)}</div></div>'
    )


def viewers_card(findings: Findings) -> str:
    """Who counts, who does not, and why."""
    out, why = findings.panel.excluded, reasons(findings)
    left = f"{count(out.viewers, 'viewer')} left out: {why}." if out.viewers else "No viewer was left out."
    headings = ("viewer", "mean valence", "seen for", "quality", "samples", "")
    rows = [
        (
            escape(line.viewer),
            signed(line.valence),
            percent(line.coverage),
            unsigned(line.quality),
            f"{line.samples:,}",
            f"left out: {escape(line.left_out)}" if line.left_out else "",
        )
        for line in findings.viewers
    ]
    return (
        '<div class="card long"><h3>Viewers and exclusions</h3>'
        f'<p class="note">{len(findings.panel.viewers)} of {count(len(findings.viewers), "viewer")} counted. '
        f"{left} Of {count(out.samples, 'sample')}, {out.outside:,} lie outside the stimulus, "
        f"{out.low_quality:,} were of too low quality (below {findings.panel.options.min_quality:g}), and "
        f"{out.marked:,} lie in stretches that were excluded by hand.</p>"
        f"<details{' open' if len(rows) <= 30 else ''}><summary>All viewers</summary>"
        f"{_table(headings, rows)}</details></div>"
    )


def script_data(readout: Sequence[str], step: float) -> str:
    """What the script shows under the pointer: one text for each moment of the grid."""
    data = json.dumps({"rows": readout, "step": step}, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json">{data}</script>'


def _film(pictures: Pictures, duration: float) -> str:
    times = [film_time(part, duration) for part in range(FILM_FRAMES)]
    if not any(time in pictures for time in times):
        return ""
    frames = (f'<img alt="" src="{_data_url(pictures[time])}">' if time in pictures else "" for time in times)
    return '<div class="film">' + "".join(f"<span>{frame}</span>" for frame in frames) + "</div>"


def _moment(mark: Mark, picture: bytes | None) -> str:
    moment: Moment = mark.moment
    at = clock(moment.time, 1)
    still = f'<img alt="The stimulus at {at}" src="{_data_url(picture)}">' if picture else ""
    sure = "" if np.isnan(moment.confidence) else f"<p>confidence {percent(moment.confidence)}</p>"
    return (
        f'<div class="moment">{still}<div><b class="dot {moment.kind.value}">{mark.number}</b>'
        f'<b class="value {hue(moment.value)}">{signed(moment.value)}</b> at {at}'
        f"<p>{interval(moment.low, moment.high)}, n = {moment.n}</p>{sure}</div></div>"
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are HTML."""
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
