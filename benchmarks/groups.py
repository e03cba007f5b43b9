"""How well groups of people are read: bias, RMSE and correlation of each, with intervals.

    python -m benchmarks.groups LABELS.csv               # columns path, valence, and others that name groups
    python -m benchmarks.groups LABELS.csv --by age --by sex --json

Paths are relative to the table; each picture's largest face is read by the code that ships (`--crops`: the
pictures are face crops already). Without `--by` every column counts that has at most `MOST` different values.

bias      mean of read minus true: above zero, a group is read too positive
intervals of 95 %, by bootstrap within the group; of fewer than 30 faces they are too narrow ("few")
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from analysis.pictures import read_pictures
from analysis.settings import AnalysisSettings
from training.scoring.groups import table
from valence.commands.evaluate_groups import group_column, grouped
from valence.commands.labels import Labels, Row, read_labels
from valence.errors import ValenceError

MOST = 12
_PART = 32
"""Pictures that are read at a time."""


def group_columns(labels: Labels) -> list[str]:
    """The columns that name groups: more than one, and not as many as there are pictures."""
    return [c for c in labels.others if 1 < len({row.cells.get(c, "") for row in labels.rows}) <= MOST]


def read(rows: Sequence[Row], *, crops: bool) -> list[tuple[Row, float | None]]:
    """Each row with the valence of its face; None where there is none, or the picture cannot be read."""
    starts = track(
        range(0, len(rows), _PART),
        "Reading faces",
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    results: list[tuple[Row, float | None]] = []
    for start in starts:
        part = rows[start : start + _PART]
        values = read_pictures(AnalysisSettings(), [row.file for row in part], crops=crops)
        results += [(row, value) for row, (value, _) in zip(part, values, strict=True)]
    return results


def compare(path: Path, by: Sequence[str] = (), *, crops: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The groups of each column, as `GroupScores.to_dict` gives them, with how many were missed.

    Raises:
        ValenceError: the table cannot be used, or names no groups.
    """
    labels = read_labels(path)
    columns = [group_column(path, labels, name) for name in by] or group_columns(labels)
    if not columns:
        raise ValenceError(f"{path} has no column with 2 to {MOST} different values that could be groups")
    results = read(labels.rows, crops=crops)
    return {column: grouped(column, results) for column in columns}


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path, help="table (CSV) with path, valence and groups")
    parser.add_argument("--by", action="append", default=[], metavar="COLUMN", help="only this column")
    parser.add_argument("--crops", action="store_true", help="the pictures are face crops already")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    given = parser.parse_args()
    try:
        told = compare(given.labels, given.by, crops=given.crops)
    except ValenceError as error:
        parser.error(str(error))
    if given.json:
        print(json.dumps(told))
        return
    for column, groups in told.items():
        missed = sum(group["missed"] for group in groups)
        print(f"## {column}\n\n{table(groups)}\n\n{missed} pictures of which nothing was read.\n")


if __name__ == "__main__":
    main()
