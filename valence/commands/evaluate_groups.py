"""The groups of `valence evaluate --by`: how well each is found and read by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from training.scoring.groups import SMALL, by_group, unread, with_interval
from training.scoring.tables import cell
from valence.commands.labels import Labels, Row
from valence.errors import ValenceError
from valence.printing import console, say


def group_column(path: Path, table: Labels, name: str) -> str:
    """The column called `name` in the table at `path`, as rows know it.

    Raises:
        ValenceError: there is none.
    """
    column = name.strip().lower()
    if column in table.others:
        return column
    there = ", ".join(map(repr, table.others))[:80] or "no others"
    raise ValenceError(f"{path} has no column {name!r} to group by; beside path and valence it has {there}")


def grouped(column: str, results: Sequence[tuple[Row, float | None]]) -> list[dict[str, Any]]:
    """Each group's figures, with ``missed``, the pictures of it of which nothing was read."""
    scored = [(row, value) for row, value in results if value is not None]
    missed = Counter(row.cells.get(column, "") for row, value in results if value is None)
    names = [row.cells.get(column, "") for row, _ in scored]
    true, predicted = np.array([row.valence for row, _ in scored]), np.array([value for _, value in scored])
    groups = [*by_group(true, predicted, names), *(unread(name) for name in missed.keys() - set(names))]
    groups.sort(key=lambda group: group.group)
    return [{**group.to_dict(), "missed": missed[group.group]} for group in groups]


def print_groups(column: str, groups: Sequence[Mapping[str, Any]]) -> None:
    """The table for people."""
    table = Table(title=f"By {column}")
    for name in (column, "faces", "missed", "mean true", "mean read", "bias", "RMSE", "PCC"):
        table.add_column(name, justify="left" if name == column else "right")
    for group in groups:
        figures = (with_interval(group, name) for name in ("bias", "rmse", "pcc"))
        means = (cell(group[name]) for name in ("true", "read"))
        table.add_row(group["group"] or "-", str(group["n"]), str(group["missed"]), *means, *figures)
    console().print(table)
    few = [str(group["group"] or "-") for group in groups if group["small"]]
    if few:
        say(f"Fewer than {SMALL} faces, so that figures and intervals say little: {', '.join(few)}")
