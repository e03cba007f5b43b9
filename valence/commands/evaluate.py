"""`valence evaluate`: the model's score on labelled pictures, through the code that serves."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track
from rich.table import Table

from analysis.pictures import Read, read_pictures
from analysis.settings import AnalysisSettings
from analysis.workers import ThisProcess, WorkerDiedError, Workers, cores
from training.datasets.files import defused
from training.scoring.metrics import calibration_slope, confidence_intervals, score
from valence.commands.labels import BadRow, Row, read_labels
from valence.errors import DONE, NO_FACE, WRONG_USE, ValenceError, fault
from valence.printing import console, print_json, say
from valence.settings import Settings
from valence.storage import explained

_PART = 32
"""Pictures that a worker reads at a time."""
_FEW = 64
"""Pictures for which starting workers takes longer than it saves."""


@dataclass(frozen=True)
class Scored:
    """What became of one row."""

    row: Row
    predicted: float | None
    """None where no face was found, or the picture could not be read."""
    reason: str | None = None
    """Why the picture could not be read."""

    @property
    def fate(self) -> str:
        if self.reason is not None:
            return "unreadable"
        return "no face" if self.predicted is None else "scored"


def predict(
    rows: Sequence[Row], settings: AnalysisSettings, workers: Workers | ThisProcess, *, crops: bool
) -> Iterator[Scored]:
    """Each row with the model's valence of its face, several parts of the table side by side.

    In a picture with several faces the largest counts. With `crops` the picture is a face crop. What cannot
    be read does not stop the others.
    """
    parts = [rows[start : start + _PART] for start in range(0, len(rows), _PART)]

    def read(part: Sequence[Row]) -> list[Read]:
        paths = [row.file for row in part]
        try:
            return workers.run(partial(read_pictures, settings, paths, crops=crops))
        except WorkerDiedError as error:
            if len(part) == 1:
                return [(None, str(error))]
        return [read([row])[0] for row in part]  # one of them did it: each by itself

    with ThreadPoolExecutor(workers.count, "part") as threads:
        for part, values in zip(parts, threads.map(read, parts), strict=True):
            for row, (value, reason) in zip(part, values, strict=True):
                yield Scored(row, value, fault(reason) if isinstance(reason, Exception) else reason)


def run(labels: Path, settings: Settings, *, crops: bool, predictions: Path | None, as_json: bool) -> int:
    """Scores every row, prints the figures, and returns the exit code."""
    table = read_labels(labels)
    for remark in table.remarks:
        say(f"valence: {remark}", err=True)
    for bad in table.bad:
        say(f"valence: {labels}, line {bad.line}: {bad.reason}", err=True)
    many = Workers(cores(), settings.worker_limits)
    results = []
    with explained(), many if len(table.rows) > _FEW else ThisProcess(settings.worker_limits) as workers:
        for scored in track(
            predict(table.rows, settings.analysis, workers, crops=crops),
            description="Reading faces",
            total=len(table.rows),
            console=console(err=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        ):
            results.append(scored)
            if scored.reason is not None:
                say(f"valence: {scored.row.file}: {scored.reason}", err=True)
    if predictions is not None:
        _write(results, table.bad, predictions)
    fates = Counter(scored.fate for scored in results)
    figures = _figures(
        [(scored.row.valence, scored.predicted) for scored in results if scored.predicted is not None],
        missed=fates["no face"],
        unreadable=fates["unreadable"],
        bad_labels=len(table.bad),
    )
    if as_json:
        print_json(figures, indent=None)
    else:
        _table(figures)
    if fates["unreadable"] or table.bad:
        return WRONG_USE
    if not fates["scored"]:
        say("valence: no face was found in any picture; choose others", err=True)
        return NO_FACE
    return DONE


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
    if figures["unreadable"]:
        title += f", {figures['unreadable']} that cannot be read"
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


def _write(results: list[Scored], bad: Sequence[BadRow], path: Path) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("path", "valence", "predicted", "fate"))
            for scored in results:
                value = "" if scored.predicted is None else f"{scored.predicted:.6f}"
                writer.writerow((defused(scored.row.path), scored.row.valence, value, scored.fate))
            for row in bad:
                writer.writerow((defused(row.path), "", "", f"line {row.line}: bad label"))
    except OSError as error:
        raise ValenceError(f"predictions cannot be written to {path}: {error.strerror}") from error
