"""Tables that people hand in, as spreadsheets write them: whatever parts the columns, several encodings."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from valence.errors import ValenceError

_DELIMITERS = ",;\t|"
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OLD = "cp1252"
_DECLARED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
"""The first line by which some spreadsheets say what parts the columns."""
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A row that is not empty."""

    number: int
    """Of its last line in the file, from 1."""
    cells: Mapping[str, str]
    """By the column's name, without blanks around; empty where the row is short."""
    surplus: tuple[str, ...]
    """What stands beyond the last column."""


@dataclass(frozen=True)
class Table:
    names: tuple[str, ...]
    """Of the columns, in small letters."""
    lines: tuple[Line, ...]
    remarks: tuple[str, ...]
    """How it was read, where that is not plain."""


def read_table(path: Path, known: Collection[str]) -> Table:
    """The table at `path`, whose columns may be called as `known` says (small letters), and otherwise.

    Comma, semicolon, tab or bar may part the columns: what shows the most known ones. UTF-8, UTF-16, UTF-32
    or Windows-1252.

    Raises:
        ValenceError: it cannot be read, or has a known column twice.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValenceError(f"{path}: {error.strerror}") from error
    text, encoding = _decoded(data, path)
    declared = _DECLARED.match(text)
    try:
        if declared:
            delimiter = declared[1]
            text = text[declared.end() :]
        else:
            delimiter = max(_DELIMITERS, key=lambda mark: len(set(known) & set(_header(text, mark))))
        names = _header(text, delimiter)
        twice = [name for name in known if Counter(names)[name] > 1]
        if twice:
            raise ValenceError(
                f"{path} has the column {' and '.join(twice)} twice; which one counts? Keep one"
            )
        lines = _lines(text, delimiter, names, 1 if declared else 0)
    except csv.Error as error:
        raise ValenceError(f"{path} is not a table that can be read: {error}") from error
    remarks = []
    if delimiter != ",":
        remarks.append(f"{path}: columns are parted by {delimiter!r}")
    if encoding == _OLD:
        remarks.append(f"{path} is not in UTF-8: read as Windows-1252")
    return Table(names, lines, tuple(remarks))


def number(text: str) -> float | None:
    """The number that a cell holds, with a decimal point or comma; None where it is no plain number.

    >>> number("-0,5"), number("1e-1"), number("nan"), number("1_0")
    (-0.5, 0.1, None, None)
    """
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not _NUMBER.fullmatch(plain):
        return None
    value = float(plain.replace(",", "."))
    return value if math.isfinite(value) else None


def _decoded(data: bytes, path: Path) -> tuple[str, str]:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not encoding:
        encoding = "utf-8"
        if len(data) > 1 and 0 in data[:2]:  # UTF-16 without its mark: a table begins with plain letters
            encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or b"\0" in data:
            raise ValenceError(f"{path} is not a table in UTF-8 or UTF-16: {error}") from error
    return data.decode(_OLD, errors="replace"), _OLD


def _header(text: str, delimiter: str) -> tuple[str, ...]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return tuple(name.strip().lower() for name in next((row for row in rows if any(row)), []))
    except csv.Error:  # not what parts this one, or a table that is refused when all of it is read
        return ()


def _lines(text: str, delimiter: str, names: tuple[str, ...], before: int) -> tuple[Line, ...]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = []
    for row in rows:
        cells = [cell.strip() for cell in row]
        if any(cells):
            surplus = tuple(cell for cell in cells[len(names) :] if cell)
            padded = cells + [""] * (len(names) - len(cells))
            lines.append(Line(rows.line_num + before, dict(zip(names, padded, strict=False)), surplus))
    return tuple(lines[1:])
