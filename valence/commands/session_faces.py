"""`valence sessions merge-faces`, `split-face` and `undo-faces`: what the tracker took for several people, or
for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from results import ExportError, FaceEdit, FaceEdits, Store, refresh_folder
from valence.commands.shared import AsJson, Folder, SessionId
from valence.printing import say, tell
from valence.storage import opened_store

_DONE = "Take it back with `valence sessions undo-faces`."


def merge_faces(
    session: SessionId,
    faces: Annotated[
        list[int], typer.Argument(metavar="FACE", help="Numbers of faces; all become the first.")
    ],
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Say that several faces of a session are one person: all become the first.

    The first keeps its name, or takes the next one's if it has none; markers and exclusions of each hold for
    the whole; studies follow, and two viewers of a study are not merged. Samples stay as they were
    analysed; where several of the faces are in one frame, one counts, and smoothed values run through.
    """
    _edit(session, sessions, as_json, lambda edits, found: edits.merge(found, faces))


def split_face(
    session: SessionId,
    face: Annotated[int, typer.Argument(metavar="FACE", help="The number of a face.")],
    at: Annotated[float, typer.Option(metavar="SECONDS", help="From there on it is a new face.")],
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Say that a face of a session is somebody else from a time on.

    The earlier part keeps the number, the name and its place in studies; markers and exclusions go with the
    time at which they are. Where the latest merge had joined two faces, a split puts both back as they were.
    """
    _edit(session, sessions, as_json, lambda edits, found: edits.split(found, face, at))


def undo_faces(session: SessionId, sessions: Folder = None, as_json: AsJson = False) -> None:
    """Take back the latest merge or split of a session's faces. Again, and it is the one before."""
    _edit(session, sessions, as_json, lambda edits, found: edits.undo(found), undone=True)


def _edit(
    session: str,
    folder: Any,
    as_json: bool,
    act: Callable[[FaceEdits, str], FaceEdit],
    undone: bool = False,
) -> None:
    with opened_store(folder) as store:
        found = store.get(session).id
        edit = act(FaceEdits(store), found)
        _refresh(store, found)
        faces = store.samples(found).faces
    text = str(edit)
    said = f"{found}: undone: {text}." if undone else f"{found}: {text}."
    if edit.restored:
        said += " All is as it was before they were merged."
    elif edit.doubled and not undone:
        said += f" Both were seen in {edit.doubled} frames, of which one sample each counts."
    content = {
        "session": found,
        "edit": edit.kind.value,
        "undone": undone or edit.restored,
        "of": list(edit.faces),
        "at_s": edit.at_s,
        "doubled": edit.doubled,
        "faces": faces,
    }
    tell(content, said if undone or edit.restored else f"{said} {_DONE}", as_json)


def _refresh(store: Store, session: str) -> None:
    """The edit is stored; files that cannot be written for now are no reason to call it failed."""
    try:
        refresh_folder(store, session)
    except ExportError as error:
        say(f"valence: {error}", err=True)
