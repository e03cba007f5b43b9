"""`valence sessions export`: one session to a file, or many to one table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from results import (
    Format,
    Kind,
    State,
    Store,
    csv_text,
    export,
    export_many,
    json_text,
    nameless,
    portable,
    rows_and_summary,
    utf8,
    written_atomically,
)
from valence.commands.shared import AsJson, Folder, Since, local, note
from valence.errors import ValenceError
from valence.printing import console, say, tell
from valence.storage import opened_store

STANDARD_OUTPUT = Path("-")


def export_sessions(
    sessions_named: Annotated[
        list[str] | None,
        typer.Argument(metavar="SESSION", help="Ids of sessions, or beginnings of them that fit only one."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All sessions.")] = False,
    since: Since = None,
    kind: Annotated[Kind | None, typer.Option(help="All of this kind.")] = None,
    state: Annotated[State | None, typer.Option(help="All in this state.")] = None,
    search: Annotated[str | None, typer.Option(help="All whose id, name or source holds this.")] = None,
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.CSV,
    every_frame: Annotated[
        bool,
        typer.Option(
            "--every-frame",
            help="Also a row for each frame without a face. Not of sessions that older versions stored: they "
            "do not know when such frames were shown.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write; - for standard output.",
            show_default="<id>.<format>, of many sessions.<format>",
        ),
    ] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Write a session's samples to a file, or those of many sessions to one table.

    One session by its id: the columns of valence.csv. Several ids, or a choice by --all, --since, --kind,
    --state or --search: the same with the columns `session` and `source` before them; as JSON, a list.
    """
    chosen = everything or any((since, kind, state, search))
    if bool(sessions_named) == chosen:
        raise ValenceError(
            "Name sessions or choose them (--all, --since, --kind, --state, --search), one of the two."
        )
    if form is Format.PARQUET and out == STANDARD_OUTPUT:
        raise ValenceError("Parquet is not text: name a file with --out.")
    with opened_store(sessions) as store:
        if chosen:
            found = store.sessions(search=search, state=state, kind=kind, since=local(since))
            ids = [session.id for session in reversed(found)]  # in the order of time
        else:
            ids = list(dict.fromkeys(store.get(session).id for session in sessions_named or ()))
        if not ids:
            raise ValenceError("There is no such session.")
        if sessions_named is not None and len(sessions_named) == 1:
            _export_one(store, ids[0], form, every_frame, out, as_json)
        else:
            _export_many(store, ids, form, every_frame, out or Path(f"sessions.{form}"), as_json)


def _export_one(
    store: Store, session_id: str, form: Format, every_frame: bool, out: Path | None, as_json: bool
) -> None:
    if out == STANDARD_OUTPUT:
        content, rows = rows_and_summary(store, session_id, every_frame=every_frame)
        text = csv_text(rows) if form is Format.CSV else json_text(portable(content), rows)
        _note(store, session_id, form)
        # A file, and in UTF-8 as files are, whatever the terminal's encoding is.
        sys.stdout.buffer.write(utf8(text))
        return
    path = out or Path(f"{session_id}.{form}")
    _note(store, session_id, form)
    export(store, session_id, form, path, every_frame=every_frame)
    tell({"session": session_id, "format": form.value, "file": str(path)}, str(path), as_json)


def _export_many(
    store: Store, ids: list[str], form: Format, every_frame: bool, out: Path, as_json: bool
) -> None:
    done: list[str] = []
    standard = out == STANDARD_OUTPUT
    opened = nullcontext(sys.stdout.buffer) if standard else written_atomically(out)
    file: IO[bytes]
    with opened as file, _progress(len(ids)) as bars:
        for written in export_many(store, ids, form, file, every_frame=every_frame):
            bars.advance(bars.task_ids[0])
            if written is not None:
                done.append(written)
                _note(store, written, form)
    if len(done) < len(ids):
        say(f"valence: {len(ids) - len(done)} of {len(ids)} sessions were deleted meanwhile", err=True)
    if not standard:
        content = {"sessions": done, "format": form.value, "file": str(out)}
        tell(content, f"{out}: {len(done)} session{'' if len(done) == 1 else 's'}", as_json)


def _note(store: Store, session_id: str, form: Format) -> None:
    note(store, "exported", f"{form.value} of {nameless(session_id)}")


@contextmanager
def _progress(total: int) -> Iterator[Progress]:
    """A bar; nothing where standard error is not a terminal."""
    shown = (
        TextColumn("sessions"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(compact=True),
    )
    quiet = not sys.stderr.isatty()
    with Progress(*shown, console=console(err=True), transient=True, disable=quiet) as bars:
        bars.add_task("", total=total)
        yield bars
