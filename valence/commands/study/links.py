"""`valence study link`, `links`, `close-link`: how participants get in."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from results import Link, Links, NotFoundError, Studies
from valence.commands.shared import AsJson, Folder, note
from valence.commands.study.shared import OfStimulus, StudyName
from valence.printing import cell, console, print_json, say, tell
from valence.settings import Settings, load
from valence.storage import opened_store


def link(
    study: StudyName,
    of: OfStimulus = None,
    note_: Annotated[str, typer.Option("--note", help="Whom it is for.")] = "",
    days: Annotated[
        float | None,
        typer.Option(min=0.001, max=3650, help="How long it is open.", show_default="until closed"),
    ] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which anybody who has it may take part, while `valence serve` runs."""
    with opened_store(sessions) as store:
        found = Studies(store).get(study)
        made = Links(store.database).invite(found.id, found.stimulus(of).id, note=note_, days=days)
        note(store, "made", f"link {made.key} of study {found.id}")
    address = _address(made, load())
    tell(_shown(made, address), address, as_json)


def links(study: StudyName, sessions: Folder = None, as_json: AsJson = False) -> None:
    """List a study's links; those that were closed, too."""
    settings = load()
    with opened_store(sessions) as store:
        found = Links(store.database).of_study(Studies(store).get(study).id)
    if as_json:
        print_json([_shown(one, _address(one, settings)) for one in found])
        return
    if not found:
        say("No links yet: make one with `valence study link`.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("link", "stimulus", "state", "note", "address"):
        table.add_column(heading, overflow="fold")
    for one in found:
        state = "open" if one.open else "closed" if one.revoked else "expired"
        table.add_row(str(one.key), cell(one.stimulus), state, cell(one.note), cell(_address(one, settings)))
    console().print(table)


def close_link(
    study: StudyName,
    key: Annotated[int, typer.Argument(metavar="LINK", help="Its number in `valence study links`.")],
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Close a link: it lets nobody in any more."""
    with opened_store(sessions) as store:
        found = Studies(store).get(study)
        desk = Links(store.database)
        if key not in {one.key for one in desk.of_study(found.id)}:
            raise NotFoundError(f"Study {found.id} has no link {key}.")
        desk.revoke(key)
        note(store, "closed", f"link {key} of study {found.id}")
    tell({"study": found.id, "link": key, "open": False}, f"Link {key} is closed.", as_json)


def _address(link: Link, settings: Settings) -> str:
    scheme = "http" if settings.tls_cert is None else "https"
    base = settings.public_url or f"{scheme}://{settings.host}:{settings.port}"
    return f"{base.rstrip('/')}/t/{link.token}"


def _shown(link: Link, address: str) -> dict[str, Any]:
    return {
        "link": link.key,
        "stimulus": link.stimulus,
        "address": address,
        "note": link.note,
        "open": link.open,
        "created": link.created.isoformat(timespec="seconds"),
        "expires": link.expires.isoformat(timespec="seconds") if link.expires else None,
    }
