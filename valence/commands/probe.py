"""`valence probe`: what files are and how they will be read, before anything is analysed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from stream.sources.door import SourceError
from stream.sources.limits import MediaLimits
from stream.sources.probe import MediaFacts, probe
from valence.errors import DONE, WRONG_USE
from valence.printing import cell, console, print_json, shown


def run(paths: Sequence[Path], limits: MediaLimits, *, as_json: bool) -> int:
    """Prints a table of each file, or a line of JSON; what cannot be read is told, and the others follow."""
    code = DONE
    for path in paths:
        try:
            facts = probe(path, limits)
        except SourceError as error:
            code = WRONG_USE
            if as_json:
                print_json({"input": shown(str(path)), "error": str(error)}, indent=None)
            else:
                console().print(cell(f"{path}: {error}"))
            continue
        if as_json:
            print_json({"input": shown(str(path)), **asdict(facts)}, indent=None)
        else:
            console().print(_table(path, facts))
    return code


def _table(path: Path, facts: MediaFacts) -> Table:
    table = Table("", "", title=cell(str(path)), title_justify="left", show_header=False)
    for name, value in asdict(facts).items():
        text = "; ".join(value) if isinstance(value, list) else value
        if text not in (None, ""):
            table.add_row(name.replace("_", " "), cell(str(text)))
    return table
