"""Taking part: a participant agrees, is seen by the camera, watches, and lands on the stimulus's clock.

All of it lies under `/t/<token>`, the link that they were given; nothing else is theirs.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from pydantic import Field
from starlette.responses import HTMLResponse

from analysis.live import begin_record
from results import Stimulus, Study, Viewings, Where, hashed, new_token
from web.access.audience import LEAVING, PARTICIPANTS
from web.access.gate import client_address
from web.access.identity import link_of
from web.access.trail import note
from web.edge.routes import obstacle
from web.edge.settings import settings as settings_of
from web.errors import explained
from web.fields import Described, Seconds
from web.layout import page
from web.live.offers import RETRY, Place
from web.live.routes import SDP_LIMIT, Terms, begin, ice_of
from web.live.session import Shown
from web.participants.consent import consent_of
from web.participants.film import Film
from web.participants.numbers import MOST_BEGINNING, MOST_BROWSERS, Batch, Numbers, RefusedError
from web.participants.participants import Participant
from web.state import State, state_of
from web.studies.lookup import known_stimulus
from web.studies.stimuli import video_of

router = APIRouter(prefix="/t/{token}", tags=["participants"])

MOST_KNOTS = 20_000
LONGEST = 3600.0
"""Seconds beyond the stimulus's length for which somebody may pause."""


class Agreement(Described):
    """What a participant's page sends once they have agreed: their words, and the camera's offer."""

    sdp: Annotated[str | None, Field(min_length=1, max_length=SDP_LIMIT)] = None
    type: str = "offer"
    version: Annotated[str | None, Field(max_length=64)] = None
    """Instead of an offer, where the study has their own browser analyse: the version of /edge/settings.json
    by which it does."""
    consent: Annotated[str, Field(max_length=10_000)]
    """The text that they have read, whole."""
    person: Annotated[str | None, Field(max_length=200)] = None
    """Of a session that broke off: the same person comes back."""


class Begun(Described):
    """A live session that is on a stimulus. Under which names it is kept is for operators to know."""

    sdp: str | None = None
    """None where their own browser analyses."""
    type: str = "answer"
    viewing: str
    """What this viewing's clock and end are reported by."""
    person: str
    """What the person comes back by, and has themselves removed by. It is told to nobody else."""
    stored: int | None = None
    """Where their own browser analyses: how many frames of their session before this one are stored."""


class Clock(Described):
    """All knots so far: [seconds of the session, seconds of the stimulus]; it runs evenly between two."""

    knots: Annotated[list[tuple[Seconds, Seconds]], Field(max_length=MOST_KNOTS)]


@router.get("", include_in_schema=False, dependencies=[PARTICIPANTS])
def participants_page(token: str) -> HTMLResponse:
    return page("take-part/take-part.html", "", guest=True)


@router.get("/invitation", dependencies=[PARTICIPANTS])
def invitation(token: str, request: Request) -> dict[str, Any]:
    """What a participant's page needs: the stimulus, and the text to agree to. Nothing of others."""
    study, stimulus = _invited(request)
    return {
        "study": study.name,
        "stimulus": stimulus.name,
        "duration_s": stimulus.duration_s,
        "video": f"/t/{token}/video" if stimulus.path else None,
        "consent": consent_of(study, stimulus, state_of(request).model.manifest.output),
        "keep_media": study.keep_media,
        "where": study.where.value,
        "min_quality": study.options.min_quality,
    }


@router.get("/video", dependencies=[PARTICIPANTS])
def video(token: str, request: Request) -> Response:
    """The stimulus's video. 404: it has none, or its file is gone."""
    return video_of(_invited(request)[1], name="stimulus")


@router.get("/settings", dependencies=[PARTICIPANTS])
async def settings(token: str, request: Request) -> dict[str, Any]:
    """What a participant's page needs before it connects."""
    return ice_of(request)


@router.post("/viewings", status_code=201, response_model_exclude_none=True, dependencies=[PARTICIPANTS])
async def take_part(token: str, body: Agreement, request: Request) -> Begun:
    """A participant has agreed: keep their consent, and analyse their camera on this stimulus.

    Nothing is stored of anybody before this. 409: the text to agree to has changed; 422: the offer cannot be
    used; 429: too many of one address or link are just beginning; 503: too many sessions.
    """
    with state_of(request).offers.place(client_address(request), token) as place:
        return await _begun(token, body, request, place)


async def _begun(token: str, body: Agreement, request: Request, place: Place) -> Begun:
    state = state_of(request)
    people = state.participants
    study, stimulus = await asyncio.to_thread(_invited, request)
    if body.consent != consent_of(study, stimulus, state.model.manifest.output):
        raise HTTPException(409, "The text to agree to has changed; please read it again.")
    viewings = Viewings(state.store)
    before = await asyncio.to_thread(viewings.of_token, hashed(body.person)) if body.person else None
    if body.person and before is not None and before[0] == study.id:
        person, viewer = body.person, before[1].id
    else:
        person = new_token()
        made = partial(viewings.add_viewer, study.id, None, body.consent, token=hashed(person))
        viewer = (await asyncio.to_thread(made)).id
    participant = Participant(study.id, stimulus.id, viewer, token, person)
    stored = None
    longest = stimulus.duration_s + LONGEST
    try:
        if study.where is Where.BROWSER:
            stored, since = await asyncio.to_thread(_stored, state, study.id, stimulus.id, viewer)
            sdp = None
            participant.address = place.address
            await _numbered(body, state, participant, longest, since)
        else:
            sdp = await _seen(body, state, study, participant, longest, place)
    except BaseException:
        await asyncio.to_thread(people.forget_unseen, person)
        raise
    people.add(participant)
    try:
        with explained():
            viewing = await asyncio.to_thread(
                lambda: viewings.attach(
                    study.id, stimulus.id, participant.session, token=hashed(person), clock=[(0.0, 0.0)]
                )
            )
    except BaseException:
        people.end(participant, "It could not be put on its stimulus.")
        raise
    participant.viewing = viewing.key
    return Begun(sdp=sdp, viewing=participant.token, person=person, stored=stored)


def _stored(state: State, study: str, stimulus: str, viewer: str) -> tuple[int | None, float]:
    """How many frames the viewer's latest session has (None: there is none), and seconds since its end."""
    known = Viewings(state.store).all(study)
    sessions = [one.session for one in known if (one.viewer, one.stimulus) == (viewer, stimulus)]
    if not sessions:
        return None, 0.0
    latest = state.store.get(sessions[-1])
    ended = latest.created + timedelta(seconds=latest.duration_s)
    return latest.frames, max(0.0, (datetime.now(UTC) - ended).total_seconds())


async def _seen(
    body: Agreement, state: State, study: Study, participant: Participant, longest: float, place: Place
) -> str:
    """Begin to analyse the camera that is offered; the answer to the offer."""
    if body.sdp is None:
        raise HTTPException(422, "This study's server analyses: it needs the camera's offer (sdp).")
    participant.film = Film() if study.keep_media else None
    terms = Terms(
        participant.viewer,
        body.consent,
        Shown.TO_OPERATORS if study.allow_spectators else Shown.TO_NOBODY,
        participant.film,
        then=partial(state.participants.settle, participant),
        longest=longest,
        person=hashed(participant.person),
    )
    answer = await begin(body.sdp, state, terms, place)
    participant.session = answer.session
    if participant.film is not None:
        participant.film.path = state.store.folder(answer.session) / "recording.mp4"
    return answer.sdp


async def _numbered(
    body: Agreement, state: State, participant: Participant, longest: float, since: float
) -> None:
    """Begin to take the numbers of a browser that analyses by itself; since: seconds for which it may have
    gone on alone."""
    if len(state.participants.numbered) >= MOST_BROWSERS:
        raise HTTPException(503, f"{MOST_BROWSERS} people take part just now; the server takes no more.")
    if state.participants.beginning(participant.address) >= MOST_BEGINNING:
        full = f"{MOST_BEGINNING} people at your address are just beginning; please try again in a moment."
        raise HTTPException(429, full, {"retry-after": str(RETRY)})
    if reason := obstacle(state):
        raise HTTPException(503, f"Browsers cannot analyse by themselves here: {reason}.")
    if body.version != settings_of(state.model, state.engine.settings.smoothing)["version"]:
        raise HTTPException(412, "This page is of another version than the server; please load it again.")
    with explained():
        recorder = await asyncio.to_thread(
            partial(
                begin_record,
                state.engine,
                participant.viewer,
                "camera",
                consent=body.consent,
                person=hashed(participant.person),
                computed="browser",
            )
        )
    participant.session = recorder.id
    settle = partial(state.participants.settle, participant)
    participant.numbers = Numbers(recorder, settle, longest, since)


@router.post("/viewings/{viewing}/numbers", status_code=204, dependencies=[PARTICIPANTS])
async def numbers(token: str, viewing: str, body: Batch, request: Request) -> None:
    """Takes what a participant's own browser has read since the batch before.

    The same batch may come again. 409: it is not the next one, or cannot be true; 404: the viewing is over.
    """
    participant = _participant(request, viewing)
    if participant.numbers is None:
        raise HTTPException(409, "This viewing is analysed by the server; it takes no numbers.")
    if participant.numbers.is_over:
        raise _over()
    try:
        participant.numbers.take(body)
    except RefusedError as error:
        raise HTTPException(409, str(error)) from error


@router.get("/viewings/{viewing}", dependencies=[PARTICIPANTS])
async def viewing(token: str, viewing: str, request: Request) -> dict[str, bool]:
    """Whether the viewing still runs."""
    return {"live": not _participant(request, viewing).over.is_set()}


@router.post("/viewings/{viewing}/clock", status_code=204, dependencies=[PARTICIPANTS])
async def clock(token: str, viewing: str, body: Clock, request: Request) -> None:
    """Takes what a participant's page knows of its player so far, in the place of what it said before."""
    participant = _participant(request, viewing)
    with explained():
        await state_of(request).participants.put_clock(participant, body.knots)


@router.post("/viewings/{viewing}/end", status_code=204, dependencies=[PARTICIPANTS])
async def end(token: str, viewing: str, body: Clock, request: Request) -> None:
    """The stimulus is over: takes the last of the clock, and closes the session."""
    participant, people = _participant(request, viewing), state_of(request).participants
    with explained():
        await people.put_clock(participant, body.knots)
    people.end(participant, "The stimulus was watched to its end.")
    await participant.over.wait()


@router.delete("/people/{person}", status_code=204, dependencies=[LEAVING])
async def withdraw(token: str, person: str, request: Request) -> None:
    """Removes every trace of a person who takes part, or did. Also where the link was closed since.

    404: nothing of them is kept.
    """
    with explained():
        study = await state_of(request).participants.withdraw(person)
        await asyncio.to_thread(note, request, "removed", f"themselves from study {study}")


def _invited(request: Request) -> tuple[Study, Stimulus]:
    """What the link leads to. Raises HTTPException 404: it is gone."""
    link = link_of(request)
    assert link.study is not None and link.stimulus is not None
    with explained():
        return known_stimulus(request, link.study, link.stimulus)


def _participant(request: Request, viewing: str) -> Participant:
    """Raises HTTPException 404: nobody takes part by this token."""
    found = state_of(request).participants.get(viewing, link_of(request).token)
    if found is None:
        raise _over()
    return found


def _over() -> HTTPException:
    return HTTPException(404, "This viewing is over; nothing more of it can be stored.")
