"""The report of a study: one HTML file that needs nothing else, to be read, printed and sent on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

import numpy as np

from results.audience.bootstrap import MIN_VIEWERS
from results.audience.moments import Moment, MomentKind
from results.report.cards import (
    FILM_FRAMES,
    Pictures,
    curve_card,
    film_time,
    moments_card,
    segments_card,
    shares_card,
    viewers_card,
)
from results.report.charts import Mark
from results.report.comparison import comparison_section
from results.report.method import method_section
from results.report.style import CSS, SCRIPT
from results.report.wording import clock, count, hue, interval, mood, percent, signed, with_interval
from results.sessions.exports import program_version
from results.studies.findings import Comparison, Findings, reasons

MOST_MOMENTS = 8
SURE = 0.5
"""Moments that fewer resamples than this have are not shown."""


def shown_moments(findings: Findings) -> list[Mark]:
    """The moments a report shows: the most prominent ones that are not mere chance, in order of time."""
    sure = [m for m in findings.moments if np.isnan(m.confidence) or m.confidence >= SURE]
    most = sorted(sure, key=lambda moment: -moment.prominence)[:MOST_MOMENTS]
    in_time = sorted(most, key=lambda moment: moment.time)
    return [Mark(number, moment) for number, moment in enumerate(in_time, 1)]


def pictures_wanted(findings: Findings) -> list[float]:
    """The seconds of the stimulus that a report would like to show, ascending."""
    film = [film_time(part, findings.stimulus.duration_s) for part in range(FILM_FRAMES)]
    return sorted({*film, *(mark.moment.time for mark in shown_moments(findings))})


def report_html(
    findings: Sequence[Findings],
    comparisons: Sequence[Comparison] = (),
    *,
    pictures: Mapping[str, Pictures] | None = None,
    accuracy: str = "",
    created: datetime | None = None,
) -> str:
    """The whole report.

    findings: one per stimulus, at least one. pictures: JPEG files by stimulus id and
    second, for the times that `pictures_wanted` names; what is missing is left out. accuracy: what is known
    of the model's, in a sentence. created: printed in the report; now by default.
    """
    study = findings[0].study
    created = created or datetime.now().astimezone()
    several = len(findings) > 1
    people = {line.viewer for one in findings for line in one.viewers if not line.left_out}
    studies = " and ".join(dict.fromkeys(one.study.name for one in findings))
    title = studies if several else f"{studies}: {findings[0].stimulus.name}"
    notes = f'<p class="lead">{escape(study.notes)}</p>' if study.notes else ""
    sections = [
        *(_stimulus_section(one, (pictures or {}).get(one.stimulus.id, {}), several) for one in findings),
        *(comparison_section(one) for one in comparisons),
        method_section(findings, accuracy),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body>"
        f'<header><p class="kicker">Audience report</p><h1>{escape(title)}</h1>'
        f"<p>{count(len(people), 'viewer')} · {created.day} {created:%B %Y}</p>{notes}</header>"
        f"<main>{''.join(sections)}</main>"
        f"<footer>Made by the Valence Detector {escape(program_version())}.</footer>"
        f"<script>{SCRIPT}</script></body></html>\n"
    )


def _stimulus_section(findings: Findings, pictures: Pictures, several: bool) -> str:
    heading = f"<h2>{escape(findings.stimulus.name)}</h2>" if several else ""
    if not findings.panel.viewers:
        why = reasons(findings)
        text = f"There is nobody to report on yet: {why}." if why else "Nobody has watched this yet."
        return f'<section>{heading}<p class="lead">{text}</p></section>'
    marks = shown_moments(findings)
    words = _in_words(findings, [mark.moment for mark in marks])
    cards = [
        curve_card(findings, marks, pictures, words),
        moments_card(findings, marks, pictures),
        segments_card(findings),
        shares_card(findings),
        viewers_card(findings),
    ]
    tiles = _tiles(findings, [mark.moment for mark in marks])
    return f'<section>{heading}<p class="lead">{words}</p>{tiles}{"".join(cards)}</section>'


def _in_words(findings: Findings, moments: Sequence[Moment]) -> str:
    """What a reader should remember."""
    overall, n = findings.overall, len(findings.panel.viewers)
    sentences = [f"{count(n, 'viewer')} watched."]
    if overall.n:
        figures = with_interval(overall.mean, overall.low, overall.high)
        sentences.append(f"On average they looked {mood(overall.mean)} ({figures}).")
    peaks = [moment for moment in moments if moment.kind is MomentKind.PEAK]
    troughs = [moment for moment in moments if moment.kind is MomentKind.TROUGH]
    if peaks:
        best = max(peaks, key=lambda moment: moment.value)
        sentences.append(f"The strongest moment came at {clock(best.time, 1)} ({signed(best.value)}).")
    if troughs:
        worst = min(troughs, key=lambda moment: moment.value)
        sentences.append(f"The lowest came at {clock(worst.time, 1)} ({signed(worst.value)}).")
    if n < MIN_VIEWERS:
        sentences.append(f"A confidence band needs at least {MIN_VIEWERS} viewers, so none is shown.")
    return " ".join(sentences)


def _tiles(findings: Findings, moments: Sequence[Moment]) -> str:
    """The figures of a stimulus at a glance."""
    overall, left_out = findings.overall, findings.panel.excluded.viewers
    n = len(findings.panel.viewers)
    viewers = f"viewer{'' if n == 1 else 's'}" + (f"; {left_out} more left out" if left_out else "")
    mean = f"mean valence, {interval(overall.low, overall.high)}"
    tiles = [("", str(n), viewers), (hue(overall.mean), signed(overall.mean), mean)]
    for kind, word in ((MomentKind.PEAK, "peak"), (MomentKind.TROUGH, "trough")):
        of_kind = [moment for moment in moments if moment.kind is kind]
        if of_kind:
            best = max(of_kind, key=lambda moment: moment.prominence)
            tiles.append((hue(best.value), clock(best.time, 1), f"clearest {word}, {signed(best.value)}"))
    if overall.n:
        share = f"of {count(overall.n, 'viewer')} positive on the whole"
        tiles.append(("", percent(overall.share_positive), share))
    made = (
        f'<div class="tile"><b class="{k}">{value}</b><span>{text}</span></div>' for k, value, text in tiles
    )
    return f'<div class="tiles">{"".join(made)}</div>'
