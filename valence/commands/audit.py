"""`valence audit`: what was deleted, exported or let in, when, and by whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from results import Audit
from valence.commands.shared import AsJson, Folder
from valence.printing import cell, console, print_json, say
from valence.storage import opened_store


def audit(
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="At most so many lines, the latest first.")
    ] = 50,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show the audit trail: what was deleted, exported or let in, when, and by whom."""
    with opened_store(sessions) as store:
        lines = Audit(store.database).lines(limit)
    if as_json:
        print_json([{**asdict(line), "time": line.time.isoformat(timespec="seconds")} for line in lines])
        return
    if not lines:
        say("Nothing yet.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("when", "who", "did", "what"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        table.add_row(f"{line.time:%Y-%m-%d %H:%M:%S}", cell(line.who), cell(line.action), cell(line.what))
    console().print(table)
