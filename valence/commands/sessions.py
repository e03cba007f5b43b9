"""`valence sessions`: list, show, export, mend and delete what was analysed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from results import Kind, Session, State, nameless, summary_of
from valence.commands.session_export import export_sessions
from valence.commands.session_faces import merge_faces, split_face, undo_faces
from valence.commands.shared import AsJson, Folder, SessionId, Since, Yes, local, note
from valence.printing import ask, cell, console, print_json, say, signed, tell
from valence.storage import opened_store

app = typer.Typer(help="Look at, export, mend and delete stored sessions.", no_args_is_help=True)

_STATE_STYLE = {State.DONE: "green", State.RUNNING: "cyan", State.INTERRUPTED: "yellow", State.FAILED: "red"}
_BARS = "▁▂▃▄▅▆▇█"


@app.command("list")
def list_sessions(
    search: Annotated[
        str | None, typer.Option(help="Only those whose id, name or source holds this.")
    ] = None,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only those of this kind.")] = None,
    since: Since = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many, the newest first.")] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List sessions, newest first."""
    with opened_store(sessions) as store:
        found = store.sessions(search=search, state=state, kind=kind, since=local(since), limit=limit)
    if as_json:
        print_json([_listed(session) for session in found])
    elif not found:
        say(
            "No sessions."
            if search or state or kind or since
            else "No sessions yet: make one with `valence analyze`."
        )
    else:
        screen = console()
        screen.print(_table_of(found, screen.width))


@app.command()
def show(session: SessionId, sessions: Folder = None, as_json: AsJson = False) -> None:
    """Show one session: where it came from and what it says of each face."""
    with opened_store(sessions) as store:
        content, samples = summary_of(store, session)
    if as_json:
        print_json(content)
        return
    screen = console()
    screen.print(_facts(content))
    if content["faces"]:
        screen.print(_faces_table(content, screen.width))
    elif not len(samples):
        screen.print("No face was found in it.")
    out = content["excluded"]
    if out["samples"]:
        screen.print(f"Without {out['samples']} of {len(samples)} samples, which are excluded.")


app.command("export")(export_sessions)
app.command("merge-faces")(merge_faces)
app.command("split-face")(split_face)
app.command("undo-faces")(undo_faces)


@app.command()
def delete(
    session: SessionId,
    yes: Yes = False,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Delete a session with every file and number of it."""
    with opened_store(sessions) as store:
        found = store.get(session)
        ask(f"Delete {found.id} ({found.source}) and all its files?", yes)
        store.delete(found.id)
        note(store, "deleted", nameless(found.id))
    tell({"session": found.id, "deleted": True}, f"{found.id} is deleted.", as_json)


def sparkline(curve: tuple[float | None, ...], width: int = 24) -> str:
    """Valence from -1 to 1 as a row of bars; a space where no face was seen."""
    if not curve:
        return ""
    width = min(width, len(curve))
    line = ""
    for part in range(width):
        piece = curve[part * len(curve) // width : (part + 1) * len(curve) // width]
        known = [value for value in piece if value is not None]
        height = (sum(known) / len(known) + 1) / 2 if known else None
        line += " " if height is None else _BARS[min(max(int(height * len(_BARS)), 0), len(_BARS) - 1)]
    return line


def _listed(session: Session) -> dict[str, Any]:
    digest = session.digest
    return {
        "session": session.id,
        "name": session.name,
        "input": session.source,
        "kind": session.kind.value,
        "state": session.state.value,
        "created": session.created.isoformat(timespec="seconds"),
        "frames": session.frames,
        "frames_with_faces": session.frames_with_faces,
        "duration_s": round(session.duration_s, 6),
        "faces": digest.faces if digest else None,
        "valence_mean": digest.valence_mean if digest else None,
        "files": dict(session.files),
    }


def _table_of(found: list[Session], width: int) -> Table:
    """As much as fits: the curve gets what is left, the kind goes first."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    longest = max(len(session.id) for session in found)
    spare = width - longest - 48
    for heading in ("session", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("length", "faces", "mean"):
        table.add_column(heading, no_wrap=True, justify="right")
    if spare >= 7:
        table.add_column("kind", no_wrap=True)
    if spare >= 18:
        table.add_column("valence", no_wrap=True)
    for session in found:
        digest = session.digest
        cells: list[str | Text] = [
            cell(session.id),
            cell(session.state.value, _STATE_STYLE[session.state]),
            f"{session.duration_s:.1f} s",
            str(digest.faces) if digest else "",
            signed(digest.valence_mean) if digest else "",
            session.kind.value,
            sparkline(digest.curve, min(spare - 9, 32)) if digest and spare >= 18 else "",
        ]
        table.add_row(*cells[: len(table.columns)])
    return table


def _facts(content: dict[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    facts = {
        "session": content["session"],
        "name": content["name"],
        "source": content["input"],
        "state": content["state"] + (f": {content['error']}" if content["error"] else ""),
        "made": content["created"],
        "length": f"{content['duration_s']:.2f} s, {content['frames']} frames, "
        f"{content['frames_with_faces']} with faces",
        "model": f"{content['model']['name']} ({content['model']['sha256'][:12]}), on {content['device']}",
        **{f"{event['time_s']:.2f} s": event["text"] for event in content["events"]},
        **content["files"],
    }
    for name, value in facts.items():
        table.add_row(cell(name), cell(value))
    return table


def _faces_table(content: dict[str, Any], width: int) -> Table:
    headings = ["face", "seen (s)", "mean", "min", "max", "peak", "trough"]
    if width >= 100:
        headings += ["+", "−", "quality", "samples"]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for face in content["faces"]:
        cells: list[str | Text] = [
            cell(f"{face['name'] or face['face_id']}{' (still)' if face['still'] else ''}"),
            f"{face['first_s']:.2f}–{face['last_s']:.2f}",
            signed(face["valence_mean"]),
            signed(face["valence_min"]),
            signed(face["valence_max"]),
            f"{signed(face['peak'])} at {face['peak_s']:.2f}",
            f"{signed(face['trough'])} at {face['trough_s']:.2f}",
            f"{100 * face['share_positive']:.0f} %",
            f"{100 * face['share_negative']:.0f} %",
            f"{face['quality_mean']:.2f}",
            str(face["samples"]),
        ]
        table.add_row(*cells[: len(headings)])
    return table
