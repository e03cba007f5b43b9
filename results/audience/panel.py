"""From viewers' samples to a panel: one row a viewer, one column a moment of the stimulus.

Everything said about an audience is computed from a panel; what did not get into it is counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from results.audience.resampling import cell_means, grid, on_grid
from results.sessions.exclusions import within
from results.sessions.records import Bools, Floats, ratio


@dataclass(frozen=True)
class Options:
    """How viewers are put on the grid, and who is left out."""

    step: float = 0.25
    """Seconds between the moments of the grid, and the width over which a viewer is averaged."""
    max_gap: float = 1.0
    """Seconds without a sample over which a viewer's curve is still drawn straight."""
    min_quality: float = 0.3
    """Samples of lower quality do not count."""
    min_coverage: float = 0.25
    """Viewers known for less than this share of the stimulus do not count."""
    baseline: tuple[float, float] | None = None
    """Each viewer's mean over this stretch (seconds of the stimulus) is subtracted from their curve."""


@dataclass(frozen=True)
class Response:
    """One viewer's valence on the stimulus's clock."""

    viewer: str
    time: Floats
    """(m,) seconds of the stimulus, in any order."""
    valence: Floats
    """(m,) raw values: the smoothed ones lag behind by their time constant, and averaging is smoothing. Or
    another measure of a face, which is then meant wherever valence is."""
    quality: Floats
    """(m,) 0..1."""
    excluded: tuple[tuple[float, float], ...] = ()
    """Stretches that the user took out: nothing is known there, however short they are."""
    marked: Bools | None = None
    """(m,) which samples the user took out, as decided on the session's clock: what a viewer saw twice may
    have been taken out once. None: those that lie in `excluded`."""
    error: Floats | None = None
    """(m,) one standard error of each value, NaN where it is not known; None: of none."""


@dataclass(frozen=True)
class Exclusions:
    """What was left out of a panel, and why."""

    samples: int = 0
    """All samples that were handed in."""
    outside: int = 0
    """Before the stimulus began or after it ended."""
    low_quality: int = 0
    marked: int = 0
    """In a stretch that the user excluded."""
    no_overlap: tuple[str, ...] = ()
    """Viewers none of whose samples fall on the stimulus."""
    low_coverage: tuple[str, ...] = ()
    no_baseline: tuple[str, ...] = ()

    @property
    def viewers(self) -> int:
        """How many viewers were left out."""
        return len(self.no_overlap) + len(self.low_coverage) + len(self.no_baseline)


@dataclass(frozen=True)
class Panel:
    """Viewers by moments."""

    viewers: tuple[str, ...]
    time: Floats
    """(K,) seconds of the stimulus."""
    values: Floats
    """(len(viewers), K) valence, less the viewer's baseline if there is one; NaN where it is not known."""
    duration: float
    options: Options = field(default_factory=Options)
    excluded: Exclusions = field(default_factory=Exclusions)
    errors: Floats | None = None
    """(len(viewers), K) one standard error of each value, as far as reading the face goes; NaN where it is
    not known, None: of none."""


def make_panel(responses: Sequence[Response], duration: float, options: Options | None = None) -> Panel:
    """Put responses on the grid of a stimulus of `duration` seconds.

    Two responses of the same viewer (someone who watched twice) are averaged into one row: a viewer counts
    once. Samples are judged in this order: outside the stimulus, marked by the user, low quality; each
    is counted under the first that applies. A baseline may lie before the stimulus, at negative times.
    """
    options = options or Options()
    moments = grid(duration, options.step)
    by_viewer: dict[str, list[Response]] = {}
    for response in responses:
        by_viewer.setdefault(response.viewer, []).append(response)
    rows: list[Floats] = []
    errors: list[Floats] = []
    kept: list[str] = []
    counts = np.zeros(4, dtype=np.int64)
    no_overlap: list[str] = []
    low_coverage: list[str] = []
    no_baseline: list[str] = []
    for viewer, own in by_viewer.items():
        overlap = False
        seen: list[Floats] = []
        unsure: list[Floats] = []
        levels: list[float] = []
        for response in own:
            judged = _judge(response, duration, options)
            counts += judged.counts
            overlap |= bool(judged.inside.any())
            seen.append(_row(response, judged.trusted, moments, duration, options))
            unsure.append(_errors(response, judged.trusted, moments, duration, options))
            levels.append(_baseline(response, judged.trusted, options))
        row = _mean(np.array(seen))
        level = float(_mean(np.array(levels)[:, None])[0])
        if not overlap:
            no_overlap.append(viewer)
        elif np.mean(~np.isnan(row)) < options.min_coverage or np.isnan(row).all():
            low_coverage.append(viewer)
        elif np.isnan(level):
            no_baseline.append(viewer)
        else:
            rows.append(row - level)
            errors.append(_mean(np.array(unsure)))
            kept.append(viewer)
    samples, outside, marked, low_quality = (int(count) for count in counts)
    return Panel(
        viewers=tuple(kept),
        time=moments,
        values=np.array(rows).reshape(len(rows), len(moments)),
        duration=duration,
        options=options,
        excluded=Exclusions(
            samples, outside, low_quality, marked, tuple(no_overlap), tuple(low_coverage), tuple(no_baseline)
        ),
        errors=np.array(errors).reshape(len(rows), len(moments)),
    )


@dataclass(frozen=True)
class _Judged:
    inside: Bools
    trusted: Bools
    """May be used, inside the stimulus or (for a baseline) outside."""
    counts: tuple[int, int, int, int]
    """All, outside, marked, of low quality."""


def _judge(response: Response, duration: float, options: Options) -> _Judged:
    inside = (response.time >= 0) & (response.time <= duration)
    marked = within(response.time, response.excluded) if response.marked is None else response.marked
    poor = ~(response.quality >= options.min_quality)  # NaN is poor, too
    counts = (
        len(response.time),
        int(np.count_nonzero(~inside)),
        int(np.count_nonzero(inside & marked)),
        int(np.count_nonzero(inside & ~marked & poor)),
    )
    return _Judged(inside, ~marked & ~poor & np.isfinite(response.valence), counts)


def _row(response: Response, trusted: Bools, moments: Floats, duration: float, options: Options) -> Floats:
    row = on_grid(
        response.time[trusted], response.valence[trusted], moments, options.step, duration, options.max_gap
    )
    row[within(moments, response.excluded)] = np.nan
    return row


def _errors(response: Response, trusted: Bools, moments: Floats, duration: float, options: Options) -> Floats:
    """Of each moment's value: the mean of its samples' errors, for those of one face in neighbouring frames
    go together. Where a baseline is taken away it is not known: the error of one is partly the other's."""
    if response.error is None or options.baseline is not None:
        return np.full(len(moments), np.nan)
    known = trusted & np.isfinite(response.error)
    return on_grid(
        response.time[known], response.error[known], moments, options.step, duration, options.max_gap
    )


def _baseline(response: Response, trusted: Bools, options: Options) -> float:
    if options.baseline is None:
        return 0.0
    start, end = options.baseline
    level = cell_means(
        response.time[trusted],
        response.valence[trusted],
        np.array([start]),
        np.array([end]),
        options.max_gap,
    )
    return float(level[0])


def _mean(rows: Floats) -> Floats:
    """Mean over rows, ignoring NaN; NaN where all are."""
    count = (~np.isnan(rows)).sum(axis=0)
    total = np.nansum(rows, axis=0)
    return ratio(total, count, count > 0)
