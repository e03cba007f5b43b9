"""The part of a report on one stimulus: what to remember, figures at a glance, and the cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from results.audience.bootstrap import MIN_VIEWERS
from results.audience.moments import Moment, MomentKind
from results.report.cards import Cards, Pictures, cards_of
from results.report.charts import Mark
from results.report.wording import clock, count, hue, interval, mood, percent, signed, with_interval
from results.studies.findings import Findings, reasons

MOST_MOMENTS = 8
SURE = 0.5
"""Moments that fewer resamples than this have are not shown."""


@dataclass(frozen=True)
class Tile:
    """A figure at a glance."""

    figure: str
    text: str
    hue: str = ""
    """Its colour class, if it has one."""


@dataclass(frozen=True)
class StimulusSection:
    name: str
    lead: str
    """What a reader should remember."""
    tiles: tuple[Tile, ...] = ()
    cards: Cards | None = None
    """None: there is nobody to report on."""


def shown_moments(findings: Findings) -> list[Mark]:
    """The moments a report shows: the most prominent ones that are not mere chance, in order of time."""
    sure = [m for m in findings.moments if np.isnan(m.confidence) or m.confidence >= SURE]
    most = sorted(sure, key=lambda moment: -moment.prominence)[:MOST_MOMENTS]
    in_time = sorted(most, key=lambda moment: moment.time)
    return [Mark(number, moment) for number, moment in enumerate(in_time, 1)]


def stimulus_section(findings: Findings, pictures: Pictures, limit: float) -> StimulusSection:
    """What there is to say of a stimulus; a sentence only where nobody can be reported on.

    limit: the end of its curve's vertical axis.
    """
    name = findings.stimulus.name
    if not findings.panel.viewers:
        why = reasons(findings)
        text = f"There is nobody to report on yet: {why}." if why else "Nobody has watched this yet."
        return StimulusSection(name, text)
    marks = shown_moments(findings)
    moments = [mark.moment for mark in marks]
    return StimulusSection(
        name=name,
        lead=_in_words(findings, moments),
        tiles=tuple(_tiles(findings, moments)),
        cards=cards_of(findings, marks, pictures, limit),
    )


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


def _tiles(findings: Findings, moments: Sequence[Moment]) -> list[Tile]:
    """The figures of a stimulus at a glance."""
    overall, left_out = findings.overall, findings.panel.excluded.viewers
    n = len(findings.panel.viewers)
    viewers = f"viewer{'' if n == 1 else 's'}" + (f"; {left_out} more left out" if left_out else "")
    mean = f"mean valence, {interval(overall.low, overall.high)}"
    tiles = [Tile(str(n), viewers), Tile(signed(overall.mean), mean, hue(overall.mean))]
    for kind, word in ((MomentKind.PEAK, "peak"), (MomentKind.TROUGH, "trough")):
        of_kind = [moment for moment in moments if moment.kind is kind]
        if of_kind:
            best = max(of_kind, key=lambda moment: moment.prominence)
            text = f"clearest {word}, {signed(best.value)}"
            tiles.append(Tile(clock(best.time, 1), text, hue(best.value)))
    if overall.n:
        share = f"of {count(overall.n, 'viewer')} positive overall"
        tiles.append(Tile(percent(overall.share_positive), share))
    return tiles
