"""The labels of pictures: a table with the columns path and valence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from valence.commands.tables import Line, number, read_table
from valence.errors import ValenceError

COLUMNS = ("path", "valence")


@dataclass(frozen=True)
class Row:
    """One labelled picture."""

    path: str
    valence: float
    file: Path
    line: int = 0
    cells: Mapping[str, str] = field(default_factory=dict)
    """All that the table says of it, by the column's name in small letters."""


@dataclass(frozen=True)
class BadRow:
    """A row that says nothing."""

    line: int
    path: str
    valence: str
    reason: str


@dataclass
class Labels:
    rows: list[Row] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    others: tuple[str, ...] = ()
    """Columns beside path and valence, in small letters."""
    remarks: list[str] = field(default_factory=list)
    """How the table was read, where that is not plain."""


def read_labels(path: Path) -> Labels:
    """The rows of a table with the columns path and valence; paths are relative to its folder.

    Raises:
        ValenceError: it cannot be read, lacks a column or has it twice, or has no row that can be used.
    """
    table = read_table(path, COLUMNS)
    missing = [name for name in COLUMNS if name not in table.names]
    if missing:
        there = f"; it has {', '.join(map(repr, table.names))[:80]}" if table.names else ""
        raise ValenceError(f"{path} lacks the column {' and '.join(missing)}{there}")
    others = tuple(dict.fromkeys(name for name in table.names if name and name not in COLUMNS))
    labels = Labels(remarks=list(table.remarks), others=others)
    for line in table.lines:
        row = _row(line, path)
        if isinstance(row, Row):
            labels.rows.append(row)
        else:
            labels.bad.append(row)
    if not labels.rows:
        first = f": line {labels.bad[0].line}: {labels.bad[0].reason}" if labels.bad else ""
        raise ValenceError(f"{path} has no rows that can be used{first}" if first else f"{path} has no rows")
    return labels


def _row(line: Line, table: Path) -> Row | BadRow:
    name, said = line.cells["path"], line.cells["valence"]
    value = number(said)
    if line.surplus:
        reason = "it has more fields than the header; a name or number with the sign between wants quotes"
    elif not name:
        reason = "the path is missing"
    elif value is None or not -1 <= value <= 1:
        reason = f"valence must be a number from -1 to 1, it is {said!r}"
    else:
        return Row(name, value, table.parent / name, line.number, line.cells)
    return BadRow(line.number, name, said, reason)
