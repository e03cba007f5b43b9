"""`valence operators`: who runs the installation, by name and password."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from results import Operators, SignIns
from valence.commands.shared import AsJson, Folder, Yes, note
from valence.printing import ask, cell, console, print_json, say, tell
from valence.settings import load
from valence.storage import opened_store

app = typer.Typer(help="Add, list and remove those who run the installation.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The operator's name.", show_default=False)]
FromInput = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Take the first line of standard input as the password, as without a terminal.",
    ),
]


@app.command()
def add(
    name: Name, password_stdin: FromInput = False, sessions: Folder = None, as_json: AsJson = False
) -> None:
    """Add an operator, who then signs in with name and password."""
    with opened_store(sessions) as store:
        made = Operators(store.database).add(name, _password(password_stdin))
        note(store, "added", f"operator {made.name}")
    tell({"operator": made.name}, f"{made.name} can sign in.", as_json)


@app.command()
def password(
    name: Name, password_stdin: FromInput = False, sessions: Folder = None, as_json: AsJson = False
) -> None:
    """Give an operator another password."""
    with opened_store(sessions) as store:
        Operators(store.database).set_password(name, _password(password_stdin))
        note(store, "changed", f"the password of operator {name}")
    tell({"operator": name}, f"{name} has another password.", as_json)


@app.command("list")
def list_operators(sessions: Folder = None, as_json: AsJson = False) -> None:
    """List the operators."""
    with opened_store(sessions) as store:
        found = Operators(store.database).all()
    if as_json:
        print_json([{"operator": o.name, "created": o.created.isoformat(timespec="seconds")} for o in found])
        return
    if not found:
        say("No operators yet: add one with `valence operators add`.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("operator", "added"):
        table.add_column(heading)
    for operator in found:
        table.add_row(cell(operator.name), f"{operator.created:%Y-%m-%d %H:%M}")
    console().print(table)


@app.command()
def remove(
    name: Name,
    yes: Yes = False,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Remove an operator; their browsers are signed out."""
    with opened_store(sessions) as store:
        ask(f"Remove the operator {name}?", yes)
        Operators(store.database).remove(name)
        note(store, "removed", f"operator {name}")
    tell({"operator": name, "removed": True}, f"{name} is removed.", as_json)


@app.command()
def link(
    base: Annotated[
        str | None,
        typer.Option("--url", help="Where the server is.", show_default="as in the settings"),
    ] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Print an address that signs one browser in, once, without a name and password."""
    settings = load()
    with opened_store(sessions) as store:
        entry = SignIns(store.database).new_entry()
        note(store, "made", "an address that signs in once")
    scheme = "http" if settings.tls_cert is None else "https"
    server = base or settings.public_url or f"{scheme}://{settings.host}:{settings.port}"
    address = f"{server.rstrip('/')}/?token={entry}"
    tell({"address": address}, address, as_json)


@app.command("sign-out")
def sign_out(sessions: Folder = None, as_json: AsJson = False) -> None:
    """Sign every browser out, and void addresses that sign in once."""
    with opened_store(sessions) as store:
        ended = SignIns(store.database).end_all()
        note(store, "signed out", "every browser")
    tell({"signed_out": ended}, f"{ended} browsers are signed out.", as_json)


def _password(from_input: bool) -> str:
    """Asked for twice on a terminal; never an argument, which other users of the computer can read."""
    if from_input or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
