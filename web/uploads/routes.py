"""Uploads: files come in, wait their turn, are analysed, and become sessions. And the page for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse

from web.access.audience import API, OPERATORS
from web.access.bodies import FILES, announced
from web.access.gate import still_admitted
from web.access.trail import note
from web.layout import page
from web.state import state_of
from web.uploads.analyses import Analyses
from web.uploads.journal import Job, Status
from web.uploads.receiving import ReceiveError, receive

router = APIRouter(tags=["uploads"])

HEARTBEAT = 15.0
"""Seconds without news after which a stream of events says that it lives."""


class Analysis(BaseModel):
    """One upload and where its analysis stands."""

    id: str
    input: str
    """The file's name."""
    status: Status
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
    journal = analyses.journal
    folders: list[str] = []

    def folder_for() -> Path:
        job_id, folder = journal.new()
        folders.append(job_id)
        return folder

    try:
        kind, limit = request.headers.get("content-type"), state_of(request).settings.upload_limit
        async with state_of(request).room.claim(announced(request.headers)) as claim:
            received = await receive(request.stream(), kind, folder_for, limit, claim.take)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        jobs = [
            Job(id=file.path.parent.name, input=file.name, created=now, file=file.path.name)
            for file in received
        ]
        for job in jobs:
            await asyncio.to_thread(journal.save, job)
    except BaseException as error:
        for job_id in folders:
            journal.discard(job_id)
        if isinstance(error, ReceiveError):
            raise HTTPException(error.status, str(error)) from error
        if isinstance(error, ClientDisconnect):
            raise HTTPException(400, "The upload broke off before its end.") from error
        if isinstance(error, OSError):
            raise HTTPException(507, f"The upload cannot be stored: {error.strerror or error}.") from error
        raise
    analyses.add(jobs)
    return [_view(analyses, job) for job in jobs]


@router.get("/api/analyses", dependencies=[API])
async def all_analyses(request: Request) -> list[Analysis]:
    """All analyses, oldest first: waiting, running, failed, and done ones while their session is kept."""
    analyses = state_of(request).analyses
    return [_view(analyses, job) for job in analyses.jobs()]


@router.get("/api/analyses/events", response_class=StreamingResponse, dependencies=[API])
async def all_events(request: Request) -> Response:
    """Server-sent events: the list of `GET /api/analyses`, at once and whenever something changes."""
    analyses = state_of(request).analyses

    async def events() -> AsyncIterator[str]:
        # A heartbeat carries the list as well: deleting a session takes its analysis off it unannounced.
        async for _changed in analyses.changes(HEARTBEAT):
            if not await still_admitted(request):
                return
            yield _event([_view(analyses, job).model_dump(mode="json") for job in analyses.jobs()])

    return _stream(events())


@router.get("/api/analyses/{job_id}", dependencies=[API])
async def one_analysis(job_id: str, request: Request) -> Analysis:
    analyses = state_of(request).analyses
    return _view(analyses, _job(analyses, job_id))


@router.get("/api/analyses/{job_id}/events", response_class=StreamingResponse, dependencies=[API])
async def events_of_one(job_id: str, request: Request) -> Response:
    """Server-sent events: what `GET /api/analyses/{id}` says, whenever it changes, until it is done."""
    analyses = state_of(request).analyses
    _job(analyses, job_id)

    async def events() -> AsyncIterator[str]:
        latest = ""
        async for changed in analyses.changes(HEARTBEAT):
            if not await still_admitted(request):
                return
            job = analyses.get(job_id)
            if job is None:
                return
            event = _event(_view(analyses, job).model_dump(mode="json"))
            if event != latest:
                yield event
            elif not changed:
                yield ": still here\n\n"
            latest = event
            if job.status in (Status.DONE, Status.FAILED):
                return

    return _stream(events())


@router.delete("/api/analyses/{job_id}", status_code=204, dependencies=[API])
async def remove(job_id: str, request: Request) -> None:
    """Cancels an analysis that waits or runs, with all that it has stored; forgets one that failed.

    409: it is done; its session can be deleted instead.
    """
    analyses = state_of(request).analyses
    job = _job(analyses, job_id)
    if job.status is Status.DONE:
        raise HTTPException(409, "This analysis is done; delete its session instead.")
    await analyses.remove(job)
    await asyncio.to_thread(note, request, "removed", "an upload that was not done")


def _job(analyses: Analyses, job_id: str) -> Job:
    job = analyses.get(job_id)
    if job is None:
        raise HTTPException(404, f"There is no analysis {job_id}.")
    return job


def _view(analyses: Analyses, job: Job) -> Analysis:
    running = analyses.progress(job)
    done = job.status is Status.DONE
    return Analysis(
        id=job.id,
        input=job.input,
        status=job.status,
        progress=1.0 if done else round(running.share, 4),
        session=job.session,
        error=job.error,
        no_face=job.no_face,
        created=datetime.fromisoformat(job.created),
        ahead=analyses.ahead(job) if job.status is Status.QUEUED else 0,
        frames=running.frames,
        frames_expected=running.frames_expected,
        fps=round(running.fps, 1),
        left_s=None if done or running.left_s is None else round(running.left_s, 1),
    )


def _event(content: Any) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def _stream(events: AsyncIterator[str]) -> StreamingResponse:
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
