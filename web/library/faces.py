"""Faces of a stored session, merged and split by hand; and its files, which follow what users change."""

from __future__ import annotations

import logging
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Request
from pydantic import Field

from results import ExportError, FaceEdit, FaceEdits, NotFoundError, Store, refresh_folder
from web.access.audience import API
from web.errors import explained
from web.fields import Described, FaceId, Key, Moment
from web.library.lookup import stored_session
from web.state import state_of

log = logging.getLogger(__name__)

router = APIRouter(tags=["sessions"], dependencies=[API])

_MOST_FACES = 1000
_refreshing = Lock()
"""One at a time: who comes last has read what is latest."""


class Merge(Described):
    """Faces that are one person; all become the first."""

    faces: Annotated[list[FaceId], Field(min_length=2, max_length=_MOST_FACES)]


class Split(Described):
    """Where a face becomes a new one, in seconds of the session's clock."""

    at_s: Moment


@router.post("/api/sessions/{session_id}/faces/merge")
def merge(session_id: str, body: Merge, request: Request, after: BackgroundTasks) -> dict[str, Any]:
    """Says that several faces are one person: all become the first.

    The first keeps its name, or takes the next one's if it has none; markers and exclusions of each hold for
    the whole; studies follow. 422: a study knows two of them as two viewers, or the session still runs.
    """
    with explained():
        found = stored_session(request, session_id).id
        edit = _edits(request).merge(found, body.faces)
        follow(request, after, found)
    return told(edit)


@router.post("/api/sessions/{session_id}/faces/undo")
def undo(session_id: str, request: Request, after: BackgroundTasks) -> dict[str, Any]:
    """Takes back the latest merge or split, and returns it. 422: there is none."""
    with explained():
        found = stored_session(request, session_id).id
        edit = _edits(request).undo(found)
        follow(request, after, found)
    return told(edit)


@router.post("/api/sessions/{session_id}/faces/{face_id}/split")
def split(
    session_id: str, face_id: Key, body: Split, request: Request, after: BackgroundTasks
) -> dict[str, Any]:
    """Says that a face is somebody else from a time on.

    The earlier part keeps the number, the name and its place in studies. `restored`: the latest merge had
    joined the two there, and all is as it was before. 422: the face is not seen on both sides of that time.
    """
    with explained():
        found = stored_session(request, session_id).id
        edit = _edits(request).split(found, face_id, body.at_s)
        follow(request, after, found)
    return told(edit)


def told(edit: FaceEdit) -> dict[str, Any]:
    """An edit as answers have it."""
    return {
        "edit": edit.kind.value,
        "of": list(edit.faces),
        "at_s": edit.at_s,
        "doubled": edit.doubled,
        "restored": edit.restored,
    }


def follow(request: Request, after: BackgroundTasks, session_id: str) -> None:
    """Have a session's files follow a change, once it is answered: of a long one that takes a while."""
    after.add_task(_refresh, state_of(request).store, session_id)


def _edits(request: Request) -> FaceEdits:
    return FaceEdits(state_of(request).store)


def _refresh(store: Store, session_id: str) -> None:
    with _refreshing:
        try:
            refresh_folder(store, session_id)
        except NotFoundError:
            return  # deleted meanwhile
        except ExportError as error:
            log.warning("The files of session %s do not follow what was changed: %s", session_id, error)
