"""Studies over HTTP: made, listed, changed, deleted; who was seen in them. And their pages."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import Field
from starlette.responses import HTMLResponse

from results import InputError, Options, Studies, Study, Viewings, Where, nameless, study_json
from web.access.audience import API, OPERATORS
from web.access.trail import note
from web.errors import explained
from web.fields import Described, FaceId, Key, Seconds, Title
from web.layout import page
from web.library.lookup import stored_session
from web.state import state_of
from web.studies.links import links_of
from web.studies.lookup import known_study
from web.studies.stimuli import address

router = APIRouter(tags=["studies"])

Share = Annotated[float, Field(ge=0, le=1)]


class Counting(Described):
    """How viewers are put on the grid, and who is left out (`results.Options`); what is left out stays."""

    baseline: tuple[Seconds, Seconds] | None = None
    min_quality: Share | None = None
    min_coverage: Share | None = None
    step: Annotated[float | None, Field(ge=0.02, le=60)] = None


class NewStudy(Described):
    """A study without stimuli: they are added one by one."""

    name: Title
    notes: Annotated[str, Field(max_length=4000)] = ""
    consent_text: Annotated[str, Field(max_length=4000)] = ""
    keep_media: bool = False
    allow_spectators: bool = False
    """Operators may look on while somebody takes part; the consent says so."""
    where: Where = Where.SERVER
    """Where viewers' cameras are analysed: here, or in their own browsers, which send numbers alone."""
    options: Counting = Counting()


class StudyChange(Described):
    """What may be changed of a study; what is left out stays. What viewers have agreed to stays as it was."""

    name: Title | None = None
    notes: Annotated[str | None, Field(max_length=4000)] = None
    consent_text: Annotated[str | None, Field(max_length=4000)] = None
    options: Counting | None = None


class NewViewing(Described):
    """A stored session that shows a viewer watching a stimulus."""

    session: Annotated[str, Field(max_length=200)]
    viewer: Annotated[str | None, Field(max_length=200)] = None
    """By default named as the session."""
    face_id: FaceId | None = None
    """By default the face with the most samples."""
    offset_s: Seconds = 0.0
    """The session's time at which the stimulus began; negative if it began before the recording."""
    discard_media: bool = False
    """Delete pictures and videos of the session that the study may not keep."""


@router.get("/studies", include_in_schema=False, dependencies=[OPERATORS])
async def studies_page() -> HTMLResponse:
    return page("studies/studies.html", "Studies", awaited=["/api/studies"])


@router.get("/studies/{study_id}", include_in_schema=False, dependencies=[OPERATORS])
def study_page(study_id: str, request: Request) -> HTMLResponse:
    with explained():
        study = known_study(request, study_id)
    return page("study/study.html", "Studies", awaited=[f"/api/studies/{study.id}"])


@router.get("/api/studies", dependencies=[API])
def studies(request: Request) -> list[dict[str, Any]]:
    """All studies, newest first: what `valence study list --json` prints."""
    with explained():
        return [_shown(request, study) for study in Studies(state_of(request).store).all()]


@router.post("/api/studies", status_code=201, dependencies=[API])
def create(body: NewStudy, request: Request) -> dict[str, Any]:
    """A new study."""
    with explained():
        made = Studies(state_of(request).store).create(
            body.name,
            consent_text=body.consent_text,
            keep_media=body.keep_media,
            allow_spectators=body.allow_spectators,
            where=body.where,
            notes=body.notes,
            options=_counted(Options(), body.options),
        )
        return _shown(request, made)


@router.get("/api/studies/{study_id}", dependencies=[API])
def one_study(study_id: str, request: Request) -> dict[str, Any]:
    """What `valence study show --json` prints, and beside it: `options`, each viewing's `key`, each viewer's
    `consent` (text and time), its `links`, how many are `taking_part` just now, by stimulus, and the `shown`:
    live sessions of participants at which an operator may look on."""
    store = state_of(request).store
    with explained():
        study = known_study(request, study_id)
        viewings = Viewings(store).all(study.id)
        viewers = Viewings(store).viewers(study.id)
    content = _shown(request, study)
    content["viewings"] = [
        {**shown, "key": viewing.key}
        for shown, viewing in zip(study_json(study, viewings)["viewings"], viewings, strict=True)
    ]
    content["options"] = asdict(study.options)
    content["consents"] = [
        {
            "viewer": viewer.id,
            "text": viewer.consent_text,
            "time": viewer.consent_time.isoformat(timespec="seconds") if viewer.consent_time else None,
        }
        for viewer in viewers
    ]
    with explained():
        content["links"] = links_of(request, study)
    people = state_of(request).participants
    content["taking_part"], content["shown"] = people.present(study.id), people.shown(study.id)
    return content


@router.get("/api/studies/{study_id}/pulse", dependencies=[API])
def pulse(study_id: str, request: Request) -> dict[str, Any]:
    """Little, and different whenever the study is: for pages that follow it. `taking_part` and
    `shown` as in the study."""
    with explained():
        study = known_study(request, study_id)
        viewings = Viewings(state_of(request).store).all(study.id)
    content = json.dumps([study_json(study, viewings), asdict(study.options), [v.key for v in viewings]])
    return {
        "taking_part": state_of(request).participants.present(study.id),
        "shown": state_of(request).participants.shown(study.id),
        "content": hashlib.sha256(content.encode()).hexdigest()[:16],
    }


@router.patch("/api/studies/{study_id}", dependencies=[API])
def change(study_id: str, body: StudyChange, request: Request) -> dict[str, Any]:
    """Changes a study's name, notes, consent text, or how viewers are counted.

    Another name closes the study's links: who has one was invited to something else.
    """
    with explained():
        study = known_study(request, study_id)
        changed = Studies(state_of(request).store).change(
            study.id,
            name=body.name,
            notes=body.notes,
            consent_text=body.consent_text,
            options=None if body.options is None else _counted(study.options, body.options),
        )
        if changed.name != study.name:
            state_of(request).desk.forget()
            note(request, "renamed", f"study {study.id}, whose links are closed by it")
        return _shown(request, changed)


@router.delete("/api/studies/{study_id}", status_code=204, dependencies=[API])
async def delete(study_id: str, request: Request, with_sessions: bool = False) -> None:
    """Deletes a study, its viewers and consents, and the stimuli's videos; with the viewers' sessions and
    their files if asked. Who watches just now is stopped."""
    store = state_of(request).store
    with explained():
        study = await asyncio.to_thread(known_study, request, study_id)
        await state_of(request).participants.stop(study.id)
        await asyncio.to_thread(Studies(store).delete, study.id, with_sessions)
        state_of(request).desk.forget()
        also = " with its viewers' sessions" if with_sessions else ""
        await asyncio.to_thread(note, request, "deleted", f"study {study.id}{also}")


@router.post("/api/studies/{study_id}/stimuli/{stimulus_id}/viewings", status_code=201, dependencies=[API])
def attach(study_id: str, stimulus_id: str, body: NewViewing, request: Request) -> dict[str, Any]:
    """Puts a stored session on a stimulus."""
    with explained():
        study = known_study(request, study_id)
        viewing = Viewings(state_of(request).store).attach(
            study.id,
            study.stimulus(stimulus_id).id,
            stored_session(request, body.session).id,
            viewer=body.viewer.strip() or None if body.viewer else None,
            face_id=body.face_id,
            offset_s=body.offset_s,
            discard_media=body.discard_media,
        )
        if body.discard_media:
            note(request, "deleted", f"pictures of {nameless(viewing.session)}, for study {study.id}")
    return {**study_json(study, [viewing])["viewings"][0], "key": viewing.key}


@router.delete("/api/studies/{study_id}/viewings/{key}", status_code=204, dependencies=[API])
def detach(study_id: str, key: Key, request: Request) -> None:
    """Takes a session off its stimulus; the session stays."""
    viewings = Viewings(state_of(request).store)
    with explained():
        study = known_study(request, study_id)
        if key not in {viewing.key for viewing in viewings.all(study.id)}:
            raise HTTPException(404, f"Study {study.id} has no viewing {key}.")
        viewings.detach(key)
        note(request, "detached", f"a session from study {study.id}")


@router.delete("/api/studies/{study_id}/viewers/{viewer:path}", status_code=204, dependencies=[API])
async def delete_viewer(study_id: str, viewer: str, request: Request) -> None:
    """Deletes every trace of a viewer: consent, sessions, files. If they watch just now, they are stopped."""
    store = state_of(request).store
    with explained():
        study = await asyncio.to_thread(known_study, request, study_id)
        await state_of(request).participants.stop(study.id, viewer)
        await asyncio.to_thread(Viewings(store).delete_viewer, study.id, viewer)
        await asyncio.to_thread(note, request, "deleted", f"a viewer of study {study.id}")


def _shown(request: Request, study: Study) -> dict[str, Any]:
    """A study's JSON; a stimulus's path is its name, and `video` the address at which it plays."""
    content = study_json(study)
    for shown, stimulus in zip(content["stimuli"], study.stimuli, strict=True):
        shown["path"] = stimulus.path.name if stimulus.path else None
        shown["video"] = address(study, stimulus) if stimulus.path else None
    return content


def _counted(options: Options, body: Counting) -> Options:
    """Raises InputError for a baseline that is none."""
    given = body.model_dump(exclude_unset=True)
    if given.get("baseline") is not None:
        start, end = given["baseline"]
        if not start < end:
            raise InputError(f"A baseline from {start:g} to {end:g} seconds is empty.")
        given["baseline"] = (start, end)
    return replace(options, **{k: v for k, v in given.items() if v is not None or k == "baseline"})
