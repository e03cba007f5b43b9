"""A study's stimuli over HTTP: uploaded or named, cut into segments, sent by byte range."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import Field, ValidationError
from starlette.requests import ClientDisconnect

from analysis.errors import AnalysisError
from analysis.probe import StimulusVideoError, seconds_of
from results import Stimulus, Studies, Study
from web.access.audience import API
from web.access.bodies import FILES, TOO_LARGE, announced
from web.access.bodies import MOST as MOST_JSON
from web.access.trail import note
from web.errors import explained
from web.fields import MOST, Described, Seconds, Title
from web.library.files import MEDIA_TYPES, timing_of
from web.state import State, state_of
from web.studies.lookup import known_stimulus, known_study
from web.uploads.receiving import Received, ReceiveError, megabytes, receive

router = APIRouter(tags=["studies"], dependencies=[API])

FRAME = 1_000_000
"""Bytes that a form may have around its file."""


class NewStimulus(Described):
    """Something to watch that is shown elsewhere: its name, and how long it lasts."""

    name: Title
    duration_s: Annotated[float, Field(gt=0, le=MOST, allow_inf_nan=False)]


class NewSegment(Described):
    """A stretch of a stimulus with a name, in its seconds; one of that name is moved."""

    name: Title
    start_s: Seconds
    end_s: Seconds


def address(study: Study, stimulus: Stimulus) -> str:
    """Where a stimulus's video is."""
    return f"/api/studies/{quote(study.id)}/stimuli/{quote(stimulus.id)}/video"


@router.post("/api/studies/{study_id}/stimuli", status_code=201, dependencies=[FILES])
async def add_stimulus(
    study_id: str, request: Request, name: Annotated[str | None, Query(max_length=200)] = None
) -> dict[str, Any]:
    """Adds a stimulus: a video (multipart, field `file`), called `name` or as its file; or, as JSON, the
    `name` and `duration_s` of something that is shown elsewhere.

    413: the file is too large; 422: it is no video; 507: the disk is full. Nothing of it is kept then.
    """
    with explained():
        study = await asyncio.to_thread(known_study, request, study_id)
    studies = Studies(state_of(request).store)
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            new = NewStimulus.model_validate_json(await _body(request))
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())
            raise HTTPException(422, said) from error
        with explained():
            made = await asyncio.to_thread(studies.add_stimulus, study.id, new.name, new.duration_s)
        return _said(made)
    folders: list[Path] = []

    def folder_for() -> Path:
        folders.append(studies.upload_folder())
        return folders[-1]

    try:
        return await _from_file(request, studies, study, folder_for, name)
    except BaseException:
        for folder in folders:  # gigabytes, perhaps: not in the event loop
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
        raise


@router.delete("/api/studies/{study_id}/stimuli/{stimulus_id}", status_code=204)
async def remove_stimulus(study_id: str, stimulus_id: str, request: Request) -> None:
    """Takes a stimulus out of a study; the sessions of those who watched it stay."""
    with explained():
        study, stimulus = await asyncio.to_thread(known_stimulus, request, study_id, stimulus_id)
        await state_of(request).participants.stop(study.id, stimulus=stimulus.id)
        await asyncio.to_thread(Studies(state_of(request).store).remove_stimulus, study.id, stimulus.id)
        state_of(request).desk.forget()
        await asyncio.to_thread(note, request, "deleted", f"a stimulus of study {study.id}")


@router.post("/api/studies/{study_id}/stimuli/{stimulus_id}/segments", status_code=201)
def set_segment(study_id: str, stimulus_id: str, body: NewSegment, request: Request) -> dict[str, Any]:
    """Names a stretch of a stimulus."""
    with explained():
        study, stimulus = known_stimulus(request, study_id, stimulus_id)
        made = Studies(state_of(request).store).set_segment(
            study.id, stimulus.id, body.name, body.start_s, body.end_s
        )
    return {"name": made.name, "start_s": made.start, "end_s": made.end}


@router.delete("/api/studies/{study_id}/stimuli/{stimulus_id}/segments", status_code=204)
def remove_segment(study_id: str, stimulus_id: str, name: str, request: Request) -> None:
    """Forgets the segment called `name`."""
    with explained():
        study, stimulus = known_stimulus(request, study_id, stimulus_id)
        Studies(state_of(request).store).remove_segment(study.id, stimulus.id, name)


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/video", response_class=FileResponse)
def video(study_id: str, stimulus_id: str, request: Request) -> Response:
    """The stimulus's video. 404: it has none, or its file is gone."""
    with explained():
        _, stimulus = known_stimulus(request, study_id, stimulus_id)
    return video_of(stimulus)


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/video/frames")
def frames(study_id: str, stimulus_id: str, request: Request) -> dict[str, Any]:
    """When each frame of the video is shown: `times`, seconds from the first; `width`, `height`, pixels."""
    with explained():
        _, stimulus = known_stimulus(request, study_id, stimulus_id)
    found = timing_of(request, _file(stimulus))
    return {"times": found.times, "width": found.width, "height": found.height}


def video_of(stimulus: Stimulus, name: str | None = None) -> Response:
    """A stimulus's video by byte range, called `name` or as its file. Raises HTTPException 404."""
    path = _file(stimulus)
    kind = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    called = f"{name}{path.suffix}" if name else path.name
    return FileResponse(path, media_type=kind, filename=called, headers={"cache-control": "no-cache"})


async def _body(request: Request) -> bytes:
    """A body that is no file. Raises HTTPException 413."""
    if announced(request.headers) > MOST_JSON:
        raise HTTPException(413, TOO_LARGE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_JSON:
            raise HTTPException(413, TOO_LARGE)
    return bytes(body)


async def _from_file(
    request: Request, studies: Studies, study: Study, folder_for: Callable[[], Path], name: str | None
) -> dict[str, Any]:
    kind, limit = request.headers.get("content-type"), state_of(request).settings.upload_limit
    size = announced(request.headers)
    if size > limit + FRAME:
        raise HTTPException(
            413, f"A stimulus is one video of at most {megabytes(limit)}; send a smaller one."
        )
    try:
        async with state_of(request).room.claim(size) as claim:
            received = await receive(request.stream(), kind, folder_for, limit, claim.take)
        if len(received) > 1:
            raise ReceiveError(422, "A stimulus is one video; send them one by one.")
    except ReceiveError as error:
        raise HTTPException(error.status, str(error)) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The upload broke off before its end.") from error
    except OSError as error:
        raise HTTPException(507, f"The upload cannot be stored: {error.strerror or error}.") from error
    return await asyncio.to_thread(_keep, state_of(request), studies, study, received[0], name)


def _keep(state: State, studies: Studies, study: Study, file: Received, name: str | None) -> dict[str, Any]:
    try:
        seconds = state.probes.run(seconds_of, file.path, state.engine.settings.limits)
    except (StimulusVideoError, AnalysisError) as error:
        raise HTTPException(422, f"{file.name} cannot be a stimulus: {error}.") from error
    with explained():
        title = (name or "").strip() or Path(file.name).stem or file.name
        return _said(studies.add_stimulus(study.id, title, seconds, file.path))


def _file(stimulus: Stimulus) -> Path:
    if stimulus.path is None:
        raise HTTPException(404, f"The stimulus {stimulus.name} has no video.")
    if not stimulus.path.is_file():
        raise HTTPException(404, f"The video of {stimulus.name} is no longer at its place.")
    return stimulus.path


def _said(stimulus: Stimulus) -> dict[str, Any]:
    return {"id": stimulus.id, "name": stimulus.name, "duration_s": round(stimulus.duration_s, 6)}
