"""The library of sessions: list, read, rename, mark, exclude, delete. And its two pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, HTTPException, Query, Request
from pydantic import Field
from starlette.responses import HTMLResponse, Response

from results import (
    LONGEST_TAG,
    MOST_TAGS,
    FaceEdits,
    Kind,
    Session,
    Stretch,
    StretchKind,
    Viewings,
    excluded,
    face_moments,
    face_statistics,
    json_text,
    nameless,
    summary,
)
from results import State as SessionState
from web.access.audience import API, OPERATORS
from web.access.identity import Role, identity_of
from web.access.trail import note
from web.compressed import text_answer
from web.errors import explained
from web.fields import MOST, Described, FaceId, Key, Moment, Title
from web.layout import page
from web.library.faces import follow, told
from web.library.lookup import shown_source, stored_session
from web.state import state_of

router = APIRouter(tags=["sessions"])


class Listed(Described):
    """A session in the list, without its samples."""

    session: str
    name: str
    input: str
    """Where it came from: a file's name or path, or the camera."""
    kind: Kind
    state: SessionState
    created: datetime
    frames: int
    frames_with_faces: int
    duration_s: float
    faces: int | None
    """None while it runs."""
    valence_mean: float | None
    tags: list[str]
    studies: list[str]
    """Ids of the studies in which it is a viewing."""
    curve: list[float | None]
    """Mean smoothed valence in equal parts of the duration; None where no face was seen."""
    files: dict[str, str]
    """Addresses of its files, by what they are."""


Tag = Annotated[str, Field(max_length=LONGEST_TAG)]


class Change(Described):
    """What may be changed of a session; what is left out stays."""

    name: Title | None = None
    faces: dict[FaceId, Annotated[str, Field(max_length=100)]] = Field(default={})
    """Names of faces; an empty one takes a name back."""
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] | None = None
    """All the tags that it has from now on."""


class NewStretch(Described):
    """A marker, or a stretch to exclude, in seconds of the session's clock."""

    kind: StretchKind
    start_s: Moment
    end_s: Moment | None = None
    label: Annotated[str, Field(max_length=200)] = ""
    face_id: FaceId | None = None
    """None: it concerns every face."""


@router.get("/sessions", include_in_schema=False, dependencies=[OPERATORS])
async def library_page() -> HTMLResponse:
    return page("library/library.html", "Sessions", awaited=["/api/sessions?limit=50&offset=0"])


@router.get("/sessions/{session_id}", include_in_schema=False, dependencies=[OPERATORS])
def session_page(session_id: str, request: Request) -> HTMLResponse:
    with explained():
        address = f"/api/sessions/{stored_session(request, session_id).id}"
    awaited = [f"{address}/outline", address, f"{address}/samples"]
    return page("session/session.html", "Sessions", awaited=awaited)


@router.get("/api/sessions", dependencies=[API])
def sessions(
    request: Request,
    response: Response,
    search: Annotated[str | None, Query(max_length=200)] = None,
    state: SessionState | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> list[Listed]:
    """Sessions, newest first, `limit` of them from the one at `offset` on; the header `x-total-count` says
    how many there are. `search` looks in their ids, names and sources.
    """
    store = state_of(request).store
    with explained():
        found = store.sessions(search=search, state=state, limit=limit, offset=offset)
        response.headers["x-total-count"] = str(store.count(search=search, state=state))
        studies = Viewings(store).studies_of() if found else {}
    return [_listed(session, studies) for session in found]


@router.get("/api/sessions/{session_id}", dependencies=[API])
def one_session(session_id: str, request: Request) -> dict[str, Any]:
    """All about a session except its samples.

    `faces` are over all samples; `included` and `moments` leave out the excluded stretches, as files do.
    `still`: the face never moved, and is a picture rather. `face_edits`: merges and splits that can be
    undone, the latest last.
    """
    store = state_of(request).store
    with explained():
        session = stored_session(request, session_id)
        samples = store.samples(session.id)
        events, stretches = store.events(session.id), store.stretches(session.id)
        edits = FaceEdits(store).all(session.id)
    kept = samples[~excluded(samples, stretches)]
    content = summary(session, face_statistics(samples), events, stretches)
    included_faces = summary(session, face_statistics(kept))["faces"]
    return {
        **content,
        "input": shown_source(session),
        "files": _addresses(session),
        "stretches": [_stretch(stretch) for stretch in stretches],
        "samples": len(samples),
        "included": {"samples": len(kept), "faces": included_faces},
        "moments": [asdict(moment) for moment in face_moments(kept)],
        "curve": list(session.digest.curve) if session.digest else [],
        "tags": list(session.tags),
        "face_edits": [told(edit) for edit in edits],
    }


@router.get("/api/sessions/{session_id}/outline", dependencies=[API])
def outline(session_id: str, request: Request) -> Listed:
    """A session as the list has it: at once, however long it is."""
    with explained():
        return _one(request, session_id)


@router.get("/api/sessions/{session_id}/samples", dependencies=[API])
def samples_of(
    session_id: str, request: Request, after_frame: Annotated[int | None, Query(ge=0, le=MOST)] = None
) -> Response:
    """`{"session": …, "samples": {…}}`: the samples by column, under the names of `valence.csv`; all of them,
    or those after a frame that one has already.
    """
    with explained():
        session = stored_session(request, session_id)
        samples = state_of(request).store.samples(session.id, after_frame=after_frame)
        if identity_of(request).role is Role.PROGRAM:  # an operator's page shows them, and that is no export
            note(request, "exported", f"samples of {nameless(session.id)}")
    text = json_text({"session": session.id}, samples)
    return text_answer(request, text.encode(), "application/json")


@router.patch("/api/sessions/{session_id}", dependencies=[API])
def change(session_id: str, body: Change, request: Request, after: BackgroundTasks) -> Listed:
    """Renames a session or its faces, or tags it."""
    store = state_of(request).store
    with explained():
        session = stored_session(request, session_id)
        for face_id, name in body.faces.items():
            store.name_face(session.id, face_id, name)
        if body.name is not None:
            store.rename(session.id, body.name)
        if body.tags is not None:
            store.tag(session.id, body.tags)
        follow(request, after, session.id)
        return _one(request, session.id)


@router.delete("/api/sessions/{session_id}", status_code=204, dependencies=[API])
def delete(session_id: str, request: Request) -> None:
    """Deletes a session with every file and number of it. 409: it is live; stop it first."""
    state = state_of(request)
    if session_id in state.hub.sessions:
        raise HTTPException(409, "This session is live; stop it before you delete it.")
    with explained():
        state.store.delete(stored_session(request, session_id).id)
        note(request, "deleted", nameless(session_id))


@router.post("/api/sessions/{session_id}/stretches", status_code=201, dependencies=[API])
def add_stretch(
    session_id: str, body: NewStretch, request: Request, after: BackgroundTasks
) -> dict[str, Any]:
    """Sets a marker or excludes a stretch."""
    store = state_of(request).store
    with explained():
        session = stored_session(request, session_id)
        follow(request, after, session.id)
        return _stretch(
            store.add_stretch(session.id, body.kind, body.start_s, body.end_s, body.label, body.face_id)
        )


@router.delete("/api/sessions/{session_id}/stretches/{key}", status_code=204, dependencies=[API])
def remove_stretch(session_id: str, key: Key, request: Request, after: BackgroundTasks) -> None:
    """Removes a marker or an exclusion."""
    with explained():
        session = stored_session(request, session_id)
        state_of(request).store.remove_stretch(session.id, key)
        follow(request, after, session.id)


def _one(request: Request, session_id: str) -> Listed:
    session = stored_session(request, session_id)
    return _listed(session, Viewings(state_of(request).store).studies_of(session.id))


def _listed(session: Session, studies: Mapping[str, list[str]]) -> Listed:
    digest = session.digest
    return Listed(
        session=session.id,
        name=session.name,
        input=shown_source(session),
        kind=session.kind,
        state=session.state,
        created=session.created,
        frames=session.frames,
        frames_with_faces=session.frames_with_faces,
        duration_s=round(session.duration_s, 6),
        faces=digest.faces if digest else None,
        valence_mean=digest.valence_mean if digest else None,
        tags=list(session.tags),
        studies=studies.get(session.id, []),
        curve=list(digest.curve) if digest else [],
        files=_addresses(session),
    )


def _addresses(session: Session) -> dict[str, str]:
    return {what: f"/api/sessions/{session.id}/files/{what}" for what in session.files}


def _stretch(stretch: Stretch) -> dict[str, Any]:
    return {
        "key": stretch.key,
        "kind": stretch.kind.value,
        "start_s": round(stretch.start, 6),
        "end_s": round(stretch.end, 6),
        "label": stretch.label,
        "face_id": stretch.face_id,
    }
