"""Anybody's labels: a CSV file with the columns ``path``, ``valence`` and, if known, ``subject`` and
``arousal``.

Paths are relative to the file's folder. Valence and arousal are in [-1, 1].
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path

from training.datasets.examples import DataSet, Example
from training.datasets.pictures import Image, read_color
from training.errors import TrainingError


def read(table: Path) -> DataSet:
    """Every labelled picture of `table`.

    Raises:
        TrainingError: the table is missing, lacks a column, or a label is not in [-1, 1].
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{table} cannot be read as a CSV file: {error}") from error
    rows = csv.DictReader(text.splitlines())
    if not {"path", "valence"} <= set(rows.fieldnames or ()):
        raise TrainingError(
            f"{table} needs the columns path,valence[,subject][,arousal], not {rows.fieldnames}"
        )
    digest = hashlib.sha256(text.encode())
    examples: list[Example] = []
    seen: dict[str, int] = {}
    missing = 0
    for row in rows:
        name, line = row["path"] or "", rows.line_num
        valence = _number(row, "valence", f"{table}, line {line}")
        arousal = _number(row, "arousal", f"{table}, line {line}") if row.get("arousal") else None
        if name in seen:
            raise TrainingError(f"{table}, line {line}: {name} is there already, in line {seen[name]}")
        seen[name] = line
        picture = table.parent / name
        if not picture.is_file():
            missing += 1
            continue
        stat = picture.stat()
        digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        subject = (row.get("subject") or "").strip()
        examples.append(Example(name, name, subject, valence, _reader(picture), arousal=arousal))
    if not examples:
        raise TrainingError(f"{table} names no picture that exists ({missing} are missing)")
    notes = [f"{len(examples)} labelled pictures."]
    if missing:
        notes.append(f"{missing} pictures are missing and were left out.")
    return DataSet(table.stem, tuple(examples), digest.hexdigest(), tuple(notes))


def _number(row: Mapping[str, str | None], name: str, where: str) -> float:
    text = row.get(name)
    try:
        value = float(text or "")
    except ValueError:
        raise TrainingError(f"{where}: {name} {text!r} is not a number") from None
    if not math.isfinite(value) or not -1 <= value <= 1:
        raise TrainingError(f"{where}: {name} {text} is outside -1..1")
    return value


def _reader(path: Path) -> Callable[[], Image | None]:
    def picture() -> Image | None:
        return read_color(path)

    return picture
