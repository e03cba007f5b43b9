"""Uploads: files come in, wait their turn, are analysed, and become sessions. And the page for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse

from results import Job, JobStatus
from web.access.audience import API, OPERATORS
from web.access.bodies import FILES, announced
from web.access.gate import still_admitted
from web.access.trail import note
from web.fields import Described
from web.layout import page
from web.state import state_of
from web.uploads.analyses import Analyses
from web.uploads.receiving import ReceiveError, receive

router = APIRouter(tags=["uploads"])

HEARTBEAT = 15.0
"""Seconds without news after which a stream of events says that it lives."""
_ALIVE = ": still here\n\n"


class Analysis(Described):
    """One upload and where its analysis stands."""

    id: str
    input: str
    """The file's name."""
    status: JobStatus
    progress: float
    """0..1; 0 while a running one does not know."""
    session: str | None
    """The session in the library, once it is done."""
    error: str | None
    no_face: bool
    """It failed because it shows no face."""
    created: datetime
    ahead: int
    """Analyses before this one, while it is queued."""
    frames: int
    frames_expected: int | None
    fps: float
    """Frames analysed a second."""
    left_s: float | None
    """Seconds until it is done, as it looks now."""


@router.get("/upload", include_in_schema=False, dependencies=[OPERATORS])
async def upload_page() -> HTMLResponse:
    return page("upload/upload.html", "Upload")


@router.get("/api/analyses/limits", dependencies=[API])
async def limits(request: Request) -> dict[str, int]:
    """What an upload may be at most: `file_bytes`."""
    return {"file_bytes": state_of(request).settings.upload_limit}


@router.post("/api/analyses", status_code=202, dependencies=[API, FILES])
async def upload(request: Request) -> list[Analysis]:
    """Takes images and videos (multipart, field `file`, one or more) and queues an analysis for each.

    Nothing is queued unless all came whole. 413: one is too large; 507: the disk is full.
    """
    analyses = state_of(request).analyses
    folders: list[Path] = []

    def folder_for() -> Path:
        folders.append(analyses.receive())
        return folders[-1]

    try:
        kind, limit = request.headers.get("content-type"), state_of(request).settings.upload_limit
        async with state_of(request).room.claim(announced(request.headers)) as claim:
            received = await receive(request.stream(), kind, folder_for, limit, claim.take)
        queued = await analyses.add({file.path.parent.name: (file.name, file.path.name) for file in received})
    except BaseException as error:
        await asyncio.shield(analyses.discard([folder.name for folder in folders]))
        if isinstance(error, ReceiveError):
            raise HTTPException(error.status, str(error)) from error
        if isinstance(error, ClientDisconnect):
            raise HTTPException(400, "The upload broke off before its end.") from error
        if isinstance(error, OSError):
            raise HTTPException(507, f"The upload cannot be stored: {error.strerror or error}.") from error
        raise
    return [_view(analyses, job) for job in queued]


@router.get("/api/analyses", dependencies=[API])
async def all_analyses(request: Request) -> list[Analysis]:
    """All analyses, oldest first: waiting, running, failed, and done ones while their session is kept."""
    analyses = state_of(request).analyses
    return _views(analyses, await analyses.jobs())


@router.get("/api/analyses/events", response_class=StreamingResponse, dependencies=[API])
async def all_events(request: Request) -> Response:
    """Server-sent events: the list of `GET /api/analyses`, at once and whenever something changes."""
    analyses = state_of(request).analyses

    async def events() -> AsyncIterator[str]:
        latest = ""
        async for jobs in analyses.changes(HEARTBEAT):
            if not await still_admitted(request):
                return
            views = None if jobs is None else _views(analyses, jobs)
            event = _ALIVE if views is None else _event([view.model_dump(mode="json") for view in views])
            if event != latest:
                yield event
            latest = event

    return _stream(events())


@router.get("/api/analyses/{job_id}", dependencies=[API])
async def one_analysis(job_id: str, request: Request) -> Analysis:
    """How far an upload is, and the session that it became."""
    analyses = state_of(request).analyses
    await _job(analyses, job_id)
    return next(view for view in _views(analyses, await analyses.jobs()) if view.id == job_id)


@router.get("/api/analyses/{job_id}/events", response_class=StreamingResponse, dependencies=[API])
async def events_of_one(job_id: str, request: Request) -> Response:
    """Server-sent events: what `GET /api/analyses/{id}` says, whenever it changes, until it is done."""
    analyses = state_of(request).analyses
    await _job(analyses, job_id)

    async def events() -> AsyncIterator[str]:
        latest = ""
        async for jobs in analyses.changes(HEARTBEAT):
            if not await still_admitted(request):
                return
            if jobs is None:
                yield _ALIVE
                continue
            view = next((view for view in _views(analyses, jobs) if view.id == job_id), None)
            if view is None:
                return
            event = _event(view.model_dump(mode="json"))
            if event != latest:
                yield event
            latest = event
            if view.status in (JobStatus.DONE, JobStatus.FAILED):
                return

    return _stream(events())


@router.delete("/api/analyses/{job_id}", status_code=204, dependencies=[API])
async def remove(job_id: str, request: Request) -> None:
    """Cancels an analysis that waits or runs, with all that it has stored; forgets one that failed.

    409: it is done; its session can be deleted instead.
    """
    analyses = state_of(request).analyses
    job = await _job(analyses, job_id)
    if job.status is JobStatus.DONE:
        raise HTTPException(409, "This analysis is done; delete its session instead.")
    await analyses.remove(job)
    await asyncio.to_thread(note, request, "removed", "an upload that was not done")


async def _job(analyses: Analyses, job_id: str) -> Job:
    job = await analyses.get(job_id)
    if job is None:
        raise HTTPException(404, f"There is no analysis {job_id}.")
    return job


def _views(analyses: Analyses, jobs: list[Job]) -> list[Analysis]:
    """As they are shown: each that waits with how many come before it."""
    views, before = [], 0
    for job in jobs:
        views.append(_view(analyses, job, before))
        before += job.status in (JobStatus.QUEUED, JobStatus.RUNNING)
    return views


def _view(analyses: Analyses, job: Job, ahead: int = 0) -> Analysis:
    running = analyses.progress(job)
    done = job.status is JobStatus.DONE
    expected = running.frames_expected
    left = (expected - running.frames) / running.fps if expected and running.fps else None
    share = min(1.0, running.frames / expected) if expected else 0.0
    return Analysis(
        id=job.id,
        input=job.input,
        status=job.status,
        progress=1.0 if done else round(share, 4),
        session=job.session,
        error=job.error,
        no_face=job.no_face,
        created=job.created,
        ahead=ahead if job.status is JobStatus.QUEUED else 0,
        frames=running.frames,
        frames_expected=expected,
        fps=round(running.fps, 1),
        left_s=None if done or left is None else round(max(0.0, left), 1),
    )


def _event(content: Any) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _stream(events: AsyncIterator[str]) -> StreamingResponse:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
