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
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect

from analysis.probe import StimulusVideoError, seconds_of
from results import NotFoundError, Stimulus, Studies, Study
from web.errors import explained
from web.library.files import MEDIA_TYPES
from web.library.playback import timing
from web.participants.participants import watchers_of
from web.state import state_of
from web.studies.lookup import known_study
from web.uploads.receiving import Received, ReceiveError, receive

router = APIRouter(tags=["studies"])

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class NewStimulus(BaseModel):
    """Something to watch that is shown elsewhere: its name, and how long it lasts."""

    name: Name
    duration_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class NewSegment(BaseModel):
    """A stretch of a stimulus with a name, in its seconds; one of that name is moved."""

    name: Name
    start_s: Annotated[float, Field(allow_inf_nan=False)]
    end_s: Annotated[float, Field(allow_inf_nan=False)]


def address(study: Study, stimulus: Stimulus) -> str:
    """Where a stimulus's video is."""
    return f"/api/studies/{quote(study.id)}/stimuli/{quote(stimulus.id)}/video"


@router.post("/api/studies/{study_id}/stimuli", status_code=201)
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
            new = NewStimulus.model_validate_json(await request.body())
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
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise


@router.delete("/api/studies/{study_id}/stimuli/{stimulus_id}", status_code=204)
async def remove_stimulus(study_id: str, stimulus_id: str, request: Request) -> None:
    """Takes a stimulus out of a study; the sessions of those who watched it stay."""
    with explained():
        study, stimulus = await asyncio.to_thread(known_stimulus, request, study_id, stimulus_id)
        await watchers_of(request).stop(study.id, stimulus=stimulus.id)
        await asyncio.to_thread(Studies(state_of(request).store).remove_stimulus, study.id, stimulus.id)


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
    path = _file(stimulus)
    kind = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, filename=path.name, headers={"cache-control": "no-cache"})


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/video/frames")
def frames(study_id: str, stimulus_id: str, request: Request) -> dict[str, Any]:
    """When each frame of the video is shown: `times`, seconds from the first; `width`, `height`, pixels."""
    with explained():
        _, stimulus = known_stimulus(request, study_id, stimulus_id)
    found = timing(_file(stimulus))
    return {"times": found.times, "width": found.width, "height": found.height}


def known_stimulus(request: Request, study_id: str, stimulus_id: str) -> tuple[Study, Stimulus]:
    """A study and its stimulus of exactly these ids. Raises NotFoundError."""
    study = known_study(request, study_id)
    for stimulus in study.stimuli:
        if stimulus.id == stimulus_id:
            return study, stimulus
    raise NotFoundError(f"Study {study.id} has no stimulus {stimulus_id!r}.")


async def _from_file(
    request: Request, studies: Studies, study: Study, folder_for: Callable[[], Path], name: str | None
) -> dict[str, Any]:
    limit = state_of(request).settings.upload_limit
    try:
        received = await receive(request.stream(), request.headers.get("content-type"), folder_for, limit)
        if len(received) > 1:
            raise ReceiveError(422, "A stimulus is one video; send them one by one.")
    except ReceiveError as error:
        raise HTTPException(error.status, str(error), {"connection": "close"}) from error
    except ClientDisconnect as error:
        raise HTTPException(400, "The upload broke off before its end.") from error
    except OSError as error:
        raise HTTPException(507, f"The upload cannot be stored: {error.strerror or error}.") from error
    return await asyncio.to_thread(_keep, studies, study, received[0], name)


def _keep(studies: Studies, study: Study, file: Received, name: str | None) -> dict[str, Any]:
    try:
        seconds = seconds_of(file.path)
    except StimulusVideoError as error:
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
