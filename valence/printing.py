"""How results are put on the screen: tables for people, JSON for programs, a question before a deletion."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer
from rich.console import Console

from valence.errors import ValenceError

PIPE_WIDTH = 160
"""A pipe has no edge to fit into, and an id that was cut short is of no use."""


def console() -> Console:
    """Standard output, as wide as the terminal is."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(width=PIPE_WIDTH, highlight=False)


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


def tell(content: dict[str, Any], text: str, as_json: bool) -> None:
    """What was done, for a program or for a person."""
    if as_json:
        print_json(content)
    else:
        typer.echo(text)


def ask(question: str, yes: bool) -> None:
    """Go on only after a yes. Raises ValenceError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ValenceError("Deleting asks first, and here is nobody to ask: add --yes.")
    typer.confirm(question, abort=True)


def signed(value: float | None) -> str:
    """+0.46; a dash for what is not known (None or NaN)."""
    return "-" if value is None or value != value else f"{value:+.2f}"


def limits(low: float, high: float) -> str:
    return "no interval" if low != low else f"{low:+.2f} to {high:+.2f}"
