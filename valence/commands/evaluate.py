"""`valence evaluate`: the model's score on labelled pictures, through the code that serves."""

from __future__ import annotations

import csv
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track
from rich.table import Table

from analysis.pictures import Read, read_pictures
from analysis.settings import AnalysisSettings
from analysis.system import cores
from analysis.workers import ThisProcess, WorkerDiedError, WorkerLateError, Workers
from training.datasets.files import defused
from training.scoring.metrics import calibration_slope, confidence_intervals, score
from valence.commands.evaluate_groups import group_column, grouped, print_groups
from valence.commands.evaluate_plot import draw, require_plot
from valence.commands.labels import BadRow, Row, read_labels
from valence.errors import DONE, NO_FACE, WRONG_USE, ValenceError, fault
from valence.printing import console, print_json, say
from valence.settings import Settings
from valence.storage import explained

_PART = 32
"""Pictures that a worker reads at a time."""
_FEW = 64
"""Pictures for which starting workers takes longer than it saves."""


class Fate(StrEnum):
    """What becomes of a row."""

    SCORED = "scored"
    NO_FACE = "no face"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    BAD_LABEL = "bad label"


@dataclass(frozen=True)
class Scored:
    """What became of one row."""

    row: Row
    predicted: float | None
    """None where no face was found, or the picture could not be read."""
    reason: str | None = None
    """Why the picture could not be read."""

    @property
    def fate(self) -> Fate:
        if self.reason is not None:
            return Fate.UNREADABLE if self.row.file.exists() else Fate.MISSING
        return Fate.NO_FACE if self.predicted is None else Fate.SCORED


class _Stopped(KeyboardInterrupt):
    """Nobody waits for the results any more."""


def predict(
    rows: Sequence[Row], settings: AnalysisSettings, workers: Workers | ThisProcess, *, crops: bool
) -> Iterator[Scored]:
    """Each row with the model's valence of its face, several parts of the table side by side.

    In a picture with several faces the largest counts. With `crops` the picture is a face crop. What cannot
    be read does not stop the others.
    """
    parts = [rows[start : start + _PART] for start in range(0, len(rows), _PART)]
    stopping = threading.Event()

    def under_way(_done: int, _of: int | None, _seconds: float) -> None:
        if stopping.is_set():
            raise _Stopped

    def read(part: Sequence[Row]) -> list[Read]:
        under_way(0, None, 0.0)
        paths = [row.file for row in part]
        try:
            return workers.run(partial(read_pictures, settings, paths, crops=crops), progress=under_way)
        except (WorkerDiedError, WorkerLateError) as error:
            if len(part) == 1:
                return [(None, str(error))]
        return [read([row])[0] for row in part]  # one of them did it: each by itself

    with ThreadPoolExecutor(workers.count, "part") as threads:
        try:
            for part, values in zip(parts, threads.map(read, parts), strict=True):
                for row, (value, reason) in zip(part, values, strict=True):
                    yield Scored(row, value, fault(reason) if isinstance(reason, Exception) else reason)
        finally:
            stopping.set()


@dataclass(frozen=True)
class Wanted:
    """What is wanted beside the figures."""

    crops: bool = False
    """The pictures are face crops already."""
    predictions: Path | None = None
    by: str | None = None
    """The column whose groups are scored each by itself."""
    plot: Path | None = None
    as_json: bool = False


def run(labels: Path, settings: Settings, wanted: Wanted) -> int:
    """Scores every row, prints the figures, and returns the exit code."""
    if wanted.plot is not None:
        require_plot(wanted.plot)
    table = read_labels(labels)
    column = None if wanted.by is None else group_column(labels, table, wanted.by)
    for remark in table.remarks:
        say(f"valence: {remark}", err=True)
    for bad in table.bad:
        say(f"valence: {labels}, line {bad.line}: {bad.reason}", err=True)
    chosen = "workers" in settings.model_fields_set
    many = Workers(settings.workers if chosen else cores(), settings.worker_limits)
    results: list[Scored] = []
    with explained(), many if len(table.rows) > _FEW else ThisProcess(settings.worker_limits) as workers:
        for scored in track(
            predict(table.rows, settings.analysis, workers, crops=wanted.crops),
            description="Reading faces",
            total=len(table.rows),
            console=console(err=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        ):
            results.append(scored)
            if scored.reason is not None:
                say(f"valence: {scored.row.file}: {scored.reason}", err=True)
    fates = _fates(results, table.bad)
    if wanted.predictions is not None:
        _write(fates, wanted.predictions)
    counts = Counter(fate.fate for fate in fates)
    missing = counts[Fate.MISSING]
    pairs = [(scored.row.valence, scored.predicted) for scored in results if scored.predicted is not None]
    figures = _figures(
        pairs,
        missed=counts[Fate.NO_FACE],
        unreadable=counts[Fate.UNREADABLE] + missing,
        missing=missing,
        bad_labels=counts[Fate.BAD_LABEL],
    )
    groups = None if column is None else grouped(column, [(s.row, s.predicted) for s in results])
    if wanted.plot is not None and pairs:
        draw(wanted.plot, pairs)
    if wanted.as_json:
        by = {} if groups is None else {"by": {"column": column, "groups": groups}}
        print_json({**figures, **by, "rows": [fate.json() for fate in fates]}, indent=None)
    else:
        _table(figures)
        if groups:
            print_groups(str(column), groups)
    if figures["unreadable"] or table.bad:
        return WRONG_USE
    if not figures["n"]:
        say("valence: no face was found in any picture; choose others", err=True)
        return NO_FACE
    return DONE


@dataclass(frozen=True)
class _RowFate:
    """What is told of a row, in the order of the table."""

    line: int
    path: str
    valence: float | str
    """As it is written where it is no label."""
    predicted: float | None
    fate: Fate
    reason: str | None

    def json(self) -> dict[str, Any]:
        told = {"line": self.line, "path": self.path, "fate": self.fate.value}
        return told if self.reason is None else {**told, "reason": self.reason}


def _fates(results: Sequence[Scored], bad: Sequence[BadRow]) -> list[_RowFate]:
    fates = [_RowFate(s.row.line, s.row.path, s.row.valence, s.predicted, s.fate, s.reason) for s in results]
    fates += [_RowFate(b.line, b.path, b.valence, None, Fate.BAD_LABEL, b.reason) for b in bad]
    return sorted(fates, key=lambda fate: fate.line)


def _figures(scored: list[tuple[float, float]], **counts: int) -> dict[str, Any]:
    true = np.array([t for t, _ in scored])
    predicted = np.array([p for _, p in scored])
    figures = {name: _number(value) for name, value in asdict(score(true, predicted)).items()}
    intervals = confidence_intervals(true, predicted)
    slope, intercept = calibration_slope(true, predicted) if len(scored) > 1 else (np.nan, np.nan)
    return {
        "n": len(scored),
        **counts,
        **figures,
        "ci95": {name: [_number(low), _number(high)] for name, (low, high) in intervals.items()},
        "calibration": {"slope": _number(slope), "intercept": _number(intercept)},
    }


def _number(value: float) -> float | None:
    """Rounded; None (JSON's null) where a figure is not defined."""
    return round(float(value), 4) if np.isfinite(value) else None


def _table(figures: dict[str, Any]) -> None:
    title = f"{figures['n']} faces scored, {figures['missed']} pictures without a face"
    if figures["unreadable"] > figures["missing"]:
        title += f", {figures['unreadable'] - figures['missing']} that cannot be read"
    if figures["missing"]:
        title += f", {figures['missing']} that are missing"
    if figures["bad_labels"]:
        title += f", {figures['bad_labels']} rows without a label that can be used"
    table = Table(title=title)
    for name in ("figure", "value", "95 % interval"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for name in ("ccc", "pcc", "rmse", "sagr"):
        low, high = figures["ci95"][name]
        interval = "-" if low is None else f"{low:.3f} to {high:.3f}"
        table.add_row(name.upper(), "-" if figures[name] is None else f"{figures[name]:.3f}", interval)
    slope = figures["calibration"]["slope"]
    table.add_row("calibration slope", "-" if slope is None else f"{slope:.3f}", "")
    console().print(table)


def _write(fates: Sequence[_RowFate], path: Path) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("path", "valence", "predicted", "fate"))
            for row in fates:
                label = defused(row.valence) if isinstance(row.valence, str) else row.valence
                value = "" if row.predicted is None else f"{row.predicted:.6f}"
                writer.writerow((defused(row.path), label, value, row.fate.value))
    except OSError as error:
        raise ValenceError(f"predictions cannot be written to {path}: {error.strerror}") from error
