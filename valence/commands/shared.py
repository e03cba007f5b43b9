"""Options that commands about what is stored share, and the line that they leave in the audit trail."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from results import Audit, Store

Folder = Annotated[
    Path | None, typer.Option("--sessions", help="The sessions folder.", show_default="sessions")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SessionId = Annotated[
    str, typer.Argument(metavar="SESSION", help="A session's id, or any beginning of it that fits only one.")
]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"],
        metavar="DATE",
        help="Only those begun on this day or later, e.g. 2026-11-22 or 2026-11-22T18:30.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def local(moment: datetime | None) -> datetime | None:
    """A moment that was typed, in this computer's zone."""
    return None if moment is None else moment.astimezone()


def note(store: Store, action: str, what: str) -> None:
    """A line of the audit trail for what is done in a terminal."""
    Audit(store.database).note(f"{_user()} in a terminal", action, what)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name, as in some containers
        return "somebody"
