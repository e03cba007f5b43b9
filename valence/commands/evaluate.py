"""`valence evaluate`: the model's score on labelled pictures, through the code that serves."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.progress import track
from rich.table import Table

from analysis.engine import detector_of, open_model
from inference import Crop, ValenceModel
from stream.faces.detection import Detector, locate_in_crop
from stream.faces.stills import find_in_still
from stream.frames import Box
from stream.sources.door import SourceError
from stream.sources.files import open_source
from training.datasets.files import defused
from training.scoring.metrics import calibration_slope, confidence_intervals, score
from valence.errors import DONE, NO_FACE, WRONG_USE, ValenceError, fault
from valence.printing import console, print_json, say
from valence.settings import Settings
from valence.storage import explained

_BATCH = 64


@dataclass(frozen=True)
class Row:
    """One labelled picture."""

    path: str
    valence: float
    file: Path


def read_labels(labels: Path) -> list[Row]:
    """The rows of a CSV file with the columns path and valence; paths are relative to it.

    Raises:
        ValenceError: the file cannot be read, lacks a column, or a value is no number in -1..1.
    """
    try:
        with labels.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = {"path", "valence"} - set(table.fieldnames or ())
            if missing:
                raise ValenceError(f"{labels} lacks the column {' and '.join(sorted(missing))}")
            rows = []
            for line in table:
                try:
                    value = float(line["valence"])
                except (TypeError, ValueError):
                    value = float("nan")
                if not -1 <= value <= 1:
                    raise ValenceError(
                        f"{labels}, line {table.line_num}: valence must be a number from -1 to 1, "
                        f"it is {line['valence']!r}"
                    )
                if not line["path"]:
                    raise ValenceError(f"{labels}, line {table.line_num}: the path is missing")
                rows.append(Row(line["path"], value, labels.parent / line["path"]))
    except OSError as error:
        raise ValenceError(f"{labels}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValenceError(f"{labels} is not a CSV file in UTF-8: {error}") from error
    if not rows:
        raise ValenceError(f"{labels} has no rows")
    return rows


def predict(
    rows: Iterable[Row],
    model: ValenceModel,
    detector: Detector,
    *,
    crops: bool,
    unreadable: Callable[[Row, str], None],
) -> Iterator[tuple[Row, float | None]]:
    """Each row with the model's valence of its face; None where no face is found, or nothing can be read.

    In a picture with several faces the largest counts. With `crops` the picture is a face crop. `unreadable`
    is told of a picture that cannot be read, and why; it does not stop the others.
    """
    waiting: list[tuple[Row, Crop | None]] = []
    for row in rows:
        crop = None
        try:
            image = next(iter(open_source(row.file))).image
            box = locate_in_crop(detector, image) if crops else _largest(detector, image)
            crop = model.align(image, [box])[0] if box is not None else None
        except SourceError as error:
            unreadable(row, str(error))
        except OSError as error:
            unreadable(row, error.strerror or str(error))
        except Exception as error:
            unreadable(row, fault(error))
        waiting.append((row, crop))
        if len(waiting) == _BATCH:
            yield from _read(waiting, model)
            waiting = []
    yield from _read(waiting, model)


def run(labels: Path, settings: Settings, *, crops: bool, predictions: Path | None, as_json: bool) -> int:
    """Scores every row, prints the figures, and returns the exit code."""
    rows = read_labels(labels)
    with explained():
        model, detector = open_model(settings.analysis), detector_of(settings.analysis)
    unread: dict[int, str] = {}

    def unreadable(row: Row, reason: str) -> None:
        unread[id(row)] = reason
        say(f"valence: {row.file}: {reason}", err=True)

    results = list(
        track(
            predict(rows, model, detector, crops=crops, unreadable=unreadable),
            description="Reading faces",
            total=len(rows),
            console=console(err=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
    )
    if predictions is not None:
        _write(results, predictions)
    scored = [(row.valence, value) for row, value in results if value is not None]
    figures = _figures(scored, missed=len(results) - len(scored) - len(unread), unreadable=len(unread))
    if as_json:
        print_json(figures, indent=None)
    else:
        _table(figures)
    if unread:
        return WRONG_USE
    if not scored:
        say("valence: no face was found in any picture; choose others", err=True)
        return NO_FACE
    return DONE


def _read(waiting: list[tuple[Row, Crop | None]], model: ValenceModel) -> Iterator[tuple[Row, float | None]]:
    values = iter(model.read([crop for _, crop in waiting if crop is not None]).valence)
    for row, crop in waiting:
        yield row, None if crop is None else float(next(values))


def _largest(detector: Detector, image: npt.NDArray[np.uint8]) -> Box | None:
    return max((d.box for d in find_in_still(detector, image)), key=lambda b: b.area, default=None)


def _figures(scored: list[tuple[float, float]], missed: int, unreadable: int) -> dict[str, Any]:
    true = np.array([t for t, _ in scored])
    predicted = np.array([p for _, p in scored])
    figures = {name: _number(value) for name, value in asdict(score(true, predicted)).items()}
    intervals = confidence_intervals(true, predicted)
    slope, intercept = calibration_slope(true, predicted) if len(scored) > 1 else (np.nan, np.nan)
    return {
        "n": len(scored),
        "missed": missed,
        "unreadable": unreadable,
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


def _write(results: list[tuple[Row, float | None]], path: Path) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("path", "valence", "predicted"))
            for row, value in results:
                writer.writerow((defused(row.path), row.valence, "" if value is None else f"{value:.6f}"))
    except OSError as error:
        raise ValenceError(f"predictions cannot be written to {path}: {error.strerror}") from error
