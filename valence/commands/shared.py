"""Options that commands about what is stored share, and the line that they leave in the audit trail."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from results import Audit, Store

Folder = Annotated[
    Path | None, typer.Option("--sessions", help="The sessions folder.", show_default="sessions")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def note(store: Store, action: str, what: str) -> None:
    """A line of the audit trail for what is done in a terminal."""
    Audit(store.database).note(f"{_user()} in a terminal", action, what)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        return "somebody"
