"""`valence tokens`: how programs get in."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from results import Token, Tokens
from valence.commands.shared import AsJson, Folder, Yes, note
from valence.printing import ask, cell, console, print_json, say, tell
from valence.storage import opened_store

app = typer.Typer(
    help="Create, list and revoke tokens: a program sends one as `Authorization: Bearer TOKEN`.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="What the token is for.", show_default=False)]


@app.command()
def create(
    name: Name,
    read_only: Annotated[
        bool, typer.Option("--read-only/--full", help="May look at everything and change nothing.")
    ] = False,
    days: Annotated[
        float | None,
        typer.Option(min=0.001, max=3650, help="How long it holds.", show_default="until revoked"),
    ] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Create a token and print it. It is shown this once: only its hash is kept."""
    with opened_store(sessions) as store:
        token = Tokens(store.database).create(name, read_only=read_only, days=days)
        note(store, "created", f"{'read-only ' if read_only else ''}token {name}")
    tell({"name": name, "token": token, "read_only": read_only}, token, as_json)


@app.command("list")
def list_tokens(sessions: Folder = None, as_json: AsJson = False) -> None:
    """List the tokens, without what they are."""
    with opened_store(sessions) as store:
        found = Tokens(store.database).all()
    if as_json:
        print_json([_shown(token) for token in found])
        return
    if not found:
        say("No tokens yet: make one with `valence tokens create`.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("token", "may", "created", "expires"):
        table.add_column(heading)
    for token in found:
        until = "never" if token.expires is None else f"{token.expires.astimezone():%Y-%m-%d %H:%M}"
        table.add_row(
            cell(token.name),
            "read" if token.read_only else "everything",
            f"{token.created.astimezone():%Y-%m-%d %H:%M}",
            f"expired {until}" if token.expired else until,
        )
    console().print(table)


@app.command()
def revoke(
    name: Name,
    yes: Yes = False,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a token: within a second it opens nothing."""
    with opened_store(sessions) as store:
        ask(f"Revoke the token {name}?", yes)
        Tokens(store.database).revoke(name)
        note(store, "revoked", f"token {name}")
    tell({"name": name, "revoked": True}, f"{name} is revoked.", as_json)


def _shown(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "read_only": token.read_only,
        "created": token.created.isoformat(timespec="seconds"),
        "expires": token.expires.isoformat(timespec="seconds") if token.expires else None,
    }
