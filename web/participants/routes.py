"""Watch and react: a viewer agrees, is seen by the camera, watches, and lands on the stimulus's clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse

from results import Viewings
from web.errors import explained
from web.layout import page
from web.live.routes import SDP_LIMIT, begin
from web.participants.consent import consent_of
from web.participants.film import Film
from web.participants.participants import Watcher, Watchers, watcher_of, watchers_of
from web.state import State, state_of
from web.studies.stimuli import address, known_stimulus

router = APIRouter(tags=["studies"])

MOST_KNOTS = 20_000

Seconds = Annotated[float, Field(allow_inf_nan=False)]


class Agreement(BaseModel):
    """What a viewer's page sends once they have agreed: their words, and the camera's offer."""

    sdp: Annotated[str, Field(min_length=1, max_length=SDP_LIMIT)]
    type: str = "offer"
    consent: Annotated[str, Field(max_length=10_000)]
    """The text that they have read, whole."""
    token: str | None = None
    """Of a session that broke off: the same viewer comes back."""


class Begun(BaseModel):
    """A live session that is on a stimulus."""

    sdp: str
    type: str = "answer"
    session: str
    viewer: str
    token: str
    """What this viewing's clock and end are reported by."""


class Clock(BaseModel):
    """All knots so far: [seconds of the session, seconds of the stimulus]; it runs evenly between two."""

    knots: Annotated[list[tuple[Seconds, Seconds]], Field(max_length=MOST_KNOTS)]


@asynccontextmanager
async def lifespan(state: State) -> AsyncIterator[None]:
    """A server's watchers live as long as it does."""
    state.settings.extra["watchers"] = Watchers(state.store, state.hub)
    yield


@router.get("/watch/{study_id}/{stimulus_id}", include_in_schema=False)
def watch_page(study_id: str, stimulus_id: str, request: Request) -> HTMLResponse:
    with explained():
        known_stimulus(request, study_id, stimulus_id)
    return page("watch/watch.html", "", guest=True)


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/invitation")
def invitation(study_id: str, stimulus_id: str, request: Request) -> dict[str, Any]:
    """What a viewer's page needs: the stimulus, and the text to agree to. Nothing of other viewers."""
    with explained():
        study, stimulus = known_stimulus(request, study_id, stimulus_id)
    return {
        "study": study.name,
        "stimulus": stimulus.name,
        "duration_s": stimulus.duration_s,
        "video": address(study, stimulus) if stimulus.path else None,
        "consent": consent_of(study, stimulus),
        "keep_media": study.keep_media,
        "min_quality": study.options.min_quality,
    }


@router.post("/api/studies/{study_id}/stimuli/{stimulus_id}/watch", status_code=201)
async def watch(study_id: str, stimulus_id: str, body: Agreement, request: Request) -> Begun:
    """A viewer has agreed: keep their consent, and analyse their camera on this stimulus.

    Nothing is stored of anybody before this. 409: the text to agree to has changed; 422: the offer cannot be
    used; 503: too many sessions.
    """
    state, watchers = state_of(request), watchers_of(request)
    with explained():
        study, stimulus = await asyncio.to_thread(known_stimulus, request, study_id, stimulus_id)
    if body.consent != consent_of(study, stimulus):
        raise HTTPException(409, "The text to agree to has changed; please read it again.")
    viewings = Viewings(state.store)
    before = watcher_of(request, body.token) if body.token else None
    if before is None or before.study != study.id:
        viewer = (await asyncio.to_thread(viewings.add_viewer, study.id, None, body.consent)).id
    else:
        viewer = before.viewer
    watcher = Watcher(study.id, stimulus.id, viewer, Film() if study.keep_media else None)
    try:
        answer = await begin(
            body.sdp, state, viewer, body.consent, film=watcher.film, then=lambda: watchers.settle(watcher)
        )
    except BaseException:
        await asyncio.to_thread(watchers.forget_unseen, study.id, viewer)
        raise
    watcher.session = answer.session
    if watcher.film is not None:
        watcher.film.path = state.store.folder(answer.session) / "recording.mp4"
    watchers.add(watcher)
    try:
        with explained():
            viewing = await asyncio.to_thread(
                lambda: viewings.attach(
                    study.id, stimulus.id, answer.session, viewer=viewer, clock=[(0.0, 0.0)]
                )
            )
    except BaseException:
        watchers.end(watcher, "It could not be put on its stimulus.")
        raise
    watcher.viewing = viewing.key
    return Begun(sdp=answer.sdp, session=answer.session, viewer=viewer, token=watcher.token)


@router.post("/api/watching/{token}/clock", status_code=204)
async def clock(token: str, body: Clock, request: Request) -> None:
    """Takes what a viewer's page knows of its player so far, in the place of what it said before."""
    watcher = watcher_of(request, token)
    with explained():
        await watchers_of(request).put_clock(watcher, body.knots)


@router.post("/api/watching/{token}/end", status_code=204)
async def end(token: str, body: Clock, request: Request) -> None:
    """The stimulus is over: takes the last of the clock, and closes the session."""
    watcher = watcher_of(request, token)
    watchers = watchers_of(request)
    with explained():
        await watchers.put_clock(watcher, body.knots)
    watchers.end(watcher, "The stimulus was watched to its end.")
    await watcher.over.wait()


@router.delete("/api/watching/{token}", status_code=204)
async def withdraw(token: str, request: Request) -> None:
    """Removes every trace of the viewer who watches by this token, or has watched."""
    watcher = watcher_of(request, token)
    with explained():
        await watchers_of(request).withdraw(watcher)
