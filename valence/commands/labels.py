"""A table of labelled pictures, as spreadsheets write them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from valence.errors import ValenceError

COLUMNS = ("path", "valence")
_DELIMITERS = ",;\t|"
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_OLD = "cp1252"


@dataclass(frozen=True)
class Row:
    """One labelled picture."""

    path: str
    valence: float
    file: Path


@dataclass(frozen=True)
class BadRow:
    """A row that says nothing."""

    line: int
    path: str
    reason: str


@dataclass
class Labels:
    rows: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """How the table was read, where that is not plain."""


def read_labels(path: Path) -> Labels:
    """The rows of a table with the columns path and valence; paths are relative to its folder.

    Comma, semicolon, tab or bar may part the columns, with a decimal comma where it is not the comma; UTF-8,
    UTF-16 with its mark, or Windows-1252.

    Raises:
        ValenceError: it cannot be read, lacks a column or has it twice, or has no row that can be used.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValenceError(f"{path}: {error.strerror}") from error
    labels = Labels()
    text = _decoded(data, path, labels)
    delimiter = _delimiter(text, path)
    if delimiter != ",":
        labels.remarks.append(f"{path}: columns are parted by {delimiter!r}")
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = [name.strip().lower() for name in next(lines)]
        twice = [name for name in COLUMNS if Counter(header)[name] > 1]
        if twice:
            raise ValenceError(
                f"{path} has the column {' and '.join(twice)} twice; which one counts? Keep one"
            )
        places = {name: header.index(name) for name in COLUMNS}
        for cells in lines:
            if any(cell.strip() for cell in cells):
                _add(labels, lines.line_num, cells, places, path, decimal_comma=delimiter != ",")
    except csv.Error as error:
        raise ValenceError(f"{path} is not a table that can be read: {error}") from error
    if not labels.rows:
        first = f": line {labels.bad[0].line}: {labels.bad[0].reason}" if labels.bad else ""
        raise ValenceError(f"{path} has no rows that can be used{first}" if first else f"{path} has no rows")
    return labels


def _decoded(data: bytes, path: Path, labels: Labels) -> str:
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or b"\0" in data:
            raise ValenceError(f"{path} is not a table in UTF-8 or UTF-16: {error}") from error
    labels.remarks.append(f"{path} is not in UTF-8: read as Windows-1252")
    return data.decode(_OLD, errors="replace")


def _delimiter(text: str, path: Path) -> str:
    """What parts the header so that both columns are there."""
    first = text.split("\n", 1)[0].strip("\r")
    for delimiter in _DELIMITERS:
        header = next(csv.reader([first], delimiter=delimiter), [])
        if set(COLUMNS) <= {name.strip().lower() for name in header}:
            return delimiter
    header = [name.strip().lower() for name in next(csv.reader([first]), [])]
    missing = [name for name in COLUMNS if name not in header]
    there = f"; its first line is {first[:80]!r}" if first else ""
    raise ValenceError(f"{path} lacks the column {' and '.join(missing)}{there}")


def _add(
    labels: Labels, line: int, cells: list[str], places: dict[str, int], table: Path, *, decimal_comma: bool
) -> None:
    name, said = (cells[at].strip() if at < len(cells) else "" for at in (places["path"], places["valence"]))
    try:
        value = float(said.replace(",", ".") if decimal_comma else said)
    except ValueError:
        value = float("nan")
    if not name:
        labels.bad.append(BadRow(line, name, "the path is missing"))
    elif not -1 <= value <= 1:
        reason = f"valence must be a number from -1 to 1, it is {said!r}"
        labels.bad.append(BadRow(line, name, reason))
    else:
        labels.rows.append(Row(name, value, table.parent / name))
