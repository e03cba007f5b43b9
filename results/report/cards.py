"""What the cards of a report on one stimulus show: curve, key moments, segments, shares, viewers."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from results.report.beside import BesideCard, beside_card
from results.report.charts import Mark, Plot, Tick, curve_plot, shares_plot, time_axis, viewers_plot
from results.report.wording import clock, interval, signed
from results.studies.findings import Findings, reasons

FILM_FRAMES = 12

Pictures = Mapping[float, bytes]
"""JPEG files by the second of the stimulus that they show."""


@dataclass(frozen=True)
class KeyMoment:
    mark: Mark
    picture: str
    """A still of the stimulus as a data URL; empty where there is none."""


@dataclass(frozen=True)
class Cards:
    """The cards of a stimulus that somebody watched."""

    findings: Findings
    axis: tuple[Tick, ...]
    curve: Plot
    has_band: bool
    readout: tuple[str, ...]
    """What is shown under the pointer: a text for each moment of the grid."""
    film: tuple[str, ...]
    """Data URLs of frames at even distances, empty ones where a frame is missing; none if all are."""
    viewers: Plot
    """How many there are at each moment."""
    shares: Plot
    moments: tuple[KeyMoment, ...]
    weaker: int
    """How many moments are not shown."""
    beside: BesideCard | None
    """What else was read of the faces; None: nothing."""
    left_out: str
    """Why viewers were left out, with counts."""


def cards_of(findings: Findings, marks: Sequence[Mark], pictures: Pictures, limit: float) -> Cards:
    """limit: the end of the curve's vertical axis."""
    curve, duration = findings.curve, findings.stimulus.duration_s
    return Cards(
        findings=findings,
        axis=time_axis(duration),
        curve=curve_plot(curve, duration, limit, marks, findings.segments),
        has_band=not np.isnan(curve.low).all(),
        readout=tuple(
            f"{clock(time, 1)}  {signed(mean)}\n{interval(low, high)}\nn = {n}"
            for time, mean, low, high, n in zip(
                curve.time, curve.mean, curve.low, curve.high, curve.n, strict=True
            )
        ),
        film=_film(pictures, duration),
        viewers=viewers_plot(curve, duration),
        shares=shares_plot(curve, duration),
        moments=tuple(KeyMoment(mark, _data_url(pictures.get(mark.moment.time))) for mark in marks),
        beside=beside_card(findings),
        weaker=len(findings.moments) - len(marks),
        left_out=reasons(findings),
    )


def film_time(part: int, duration: float) -> float:
    """The second that the film strip's frame number `part` shows: the middle of its share."""
    return round((part + 0.5) * duration / FILM_FRAMES, 3)


def _film(pictures: Pictures, duration: float) -> tuple[str, ...]:
    frames = tuple(_data_url(pictures.get(film_time(part, duration))) for part in range(FILM_FRAMES))
    return frames if any(frames) else ()


def _data_url(jpeg: bytes | None) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else ""
