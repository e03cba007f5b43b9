"""WebRTC signalling: a camera's offer, and what is live."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aiortc import RTCPeerConnection, RTCSessionDescription
from fastapi import APIRouter, HTTPException, Request
from pydantic import Field

from analysis.live import begin_record, open_pipeline
from analysis.recording import Recorder
from results import NotFoundError, StoreError
from stream.sources.sender_clock import SenderClock
from stream.sources.webrtc import TrackSource
from web.access.audience import API
from web.access.gate import client_address
from web.access.identity import identity_of
from web.fields import Described
from web.live.closing import close_quietly
from web.live.ice import configuration, for_browser, with_bitrate, without_mdns
from web.live.offers import Place
from web.live.session import LiveSession, Shown
from web.participants.film import Film
from web.state import State, state_of

router = APIRouter(tags=["live"], dependencies=[API])

SDP_LIMIT = 64 * 1024
RESERVED = 2
"""Places that strangers leave to operators, in front of the camera and looking on."""


class Offer(Described):
    """What a page sends: an SDP offer with a camera's video and a data channel `valence`."""

    sdp: str = Field(min_length=1, max_length=SDP_LIMIT)
    type: Literal["offer"]
    session: str | None = Field(None, max_length=200, description="A session that is live already.")
    name: str = Field("live", min_length=1, max_length=100, description="The session's name.")
    consent: str | None = Field(None, max_length=2000, description="The notice that the person agreed to.")


class Answer(Described):
    sdp: str
    type: Literal["answer"] = "answer"
    session: str
    """Its id in the library."""


@dataclass(frozen=True)
class Terms:
    """On what terms somebody sits in front of the camera."""

    name: str
    """The session's."""
    consent: str | None = None
    """The text that they agreed to."""
    shown: Shown = Shown.LISTED
    film: Film | None = None
    """Keeps the camera's video, too."""
    then: Callable[[], Awaitable[None]] | None = None
    """Awaited when the session is over and its record is closed."""
    longest: float | None = None
    """Seconds after which it is ended."""
    person: str | None = None
    """The hash of what a participant is known by."""


class Live(Described):
    """Where a session stands, live or not."""

    session: str
    state: str
    """``running``, ``done``, ``interrupted`` or ``failed``."""
    live: bool
    spectators: int
    duration_s: float
    created: datetime


@router.post("/api/offer")
async def offer(body: Offer, request: Request) -> Answer:
    """Begin a live session with the camera that is offered.

    409: the session has its camera already; 422: the offer cannot be used; 429: too many of one address are
    just beginning; 503: too many sessions.
    """
    state = state_of(request)
    if body.session is not None:
        if body.session in state.hub.sessions:
            raise HTTPException(409, "This session has its camera already; stop it before another begins.")
        raise HTTPException(404, f"There is no live session {body.session}; leave it out to begin one.")
    with state.offers.place(client_address(request)) as place:
        return await begin(body.sdp, state, Terms(body.name, body.consent), place)


async def begin(sdp: str, state: State, terms: Terms, place: Place) -> Answer:
    """Begin a live session with the camera that is offered. It keeps its `place` until the camera shows.

    Raises HTTPException: 422: the offer cannot be used; 503: too many sessions.
    """
    check_offer(sdp, "sendonly", "sendrecv")
    # Participants leave places to operators: who has only a link must not shut those out who gave it.
    most = state.settings.live_limit
    places = most if terms.shown is Shown.LISTED else max(1, most - RESERVED)
    if len(state.hub.sessions) + state.hub.opening >= places:
        raise HTTPException(503, f"{places} sessions are live; the server takes no more.")
    state.hub.opening += 1
    try:
        session, answer = await _begin(sdp, state, terms)
    finally:
        state.hub.opening -= 1
    place.until(lambda: session.connected or session.id not in state.hub.sessions)
    return Answer(sdp=answer, session=session.id)


@router.get("/api/live")
async def live_sessions(request: Request) -> list[str]:
    """The ids of the sessions that are live; not of participants in a study, who are nobody's to watch."""
    sessions = state_of(request).hub.sessions
    return sorted(name for name, session in sessions.items() if session.shown is Shown.LISTED)


@router.get("/api/live/settings")
async def live_settings(request: Request) -> dict[str, Any]:
    """What a page needs before it connects: `RTCPeerConnection`'s ICE servers."""
    return ice_of(request)


@router.get("/api/live/{session_id}")
async def live_session(session_id: str, request: Request) -> Live:
    """Where a session stands; after a crash of the server this is how a page learns what was kept."""
    state = state_of(request)
    try:
        session = await asyncio.to_thread(state.store.get, session_id)
    except NotFoundError as error:
        raise HTTPException(404, str(error)) from error
    live = state.hub.sessions.get(session.id)
    return Live(
        session=session.id,
        state=session.state.value,
        live=live is not None,
        spectators=0 if live is None else len(live.spectators),
        duration_s=session.duration_s,
        created=session.created,
    )


async def _begin(sdp: str, state: State, terms: Terms) -> tuple[LiveSession, str]:
    """The session, running, and the answer to its offer. What fails before takes all of it back."""
    async with AsyncExitStack() as undo:
        connection = RTCPeerConnection(configuration(state.settings.ice_servers))
        undo.push_async_callback(close_quietly, connection)
        await accept(connection, sdp)
        receiver = next(t.receiver for t in connection.getTransceivers() if t.kind == "video")
        beginning = asyncio.ensure_future(
            asyncio.to_thread(
                begin_record,
                state.engine,
                terms.name,
                "browser camera",
                stored="numbers" if terms.film is None else "numbers and video",
                consent=terms.consent,
                person=terms.person,
            )
        )
        undo.push_async_callback(_discard, beginning)
        recorder = await asyncio.shield(beginning)
        source = TrackSource(receiver.track, SenderClock(receiver))
        answer = with_bitrate(await answer_of(connection))
        seat = state.batcher.join(recorder.id)
        undo.callback(seat.leave)
        pipeline = open_pipeline(state.engine, source, seat)
        session = LiveSession(connection, source, pipeline, recorder, terms.shown, terms.longest)
        if terms.film is not None:
            pipeline.sinks.append(terms.film)
        state.hub.start(session, terms.then)
        undo.pop_all()
    return session, answer


async def _discard(beginning: asyncio.Future[Recorder]) -> None:
    """Wait for a record to be begun, and leave no trace of it."""
    with suppress(StoreError):  # it was never begun; whoever waited for it knows
        await (await beginning).discard()


def ice_of(request: Request) -> dict[str, Any]:
    """The ICE servers; with their passwords for those only who may connect."""
    servers = for_browser(state_of(request).settings.ice_servers)
    if identity_of(request).read_only:
        servers = [{"urls": server["urls"]} for server in servers]
    return {"ice_servers": servers}


def check_offer(sdp: str, *directions: str) -> None:
    """Refuse an offer without what is needed. `directions`: those that its video may have."""
    if not sdp.lstrip().startswith("v=0"):
        raise HTTPException(422, "The offer's SDP cannot be read: it does not begin with v=0.")
    sections = re.split(r"(?m)^m=", sdp)[1:]
    videos = [s for s in sections if s.startswith("video ") and not s.startswith("video 0 ")]
    if not videos:
        raise HTTPException(422, "The offer has no video; a camera is needed.")
    if len(videos) > 1:
        raise HTTPException(422, "The offer has several videos; a session has one camera.")
    if not any(re.search(rf"(?m)^a={direction}\s*$", videos[0]) for direction in directions):
        raise HTTPException(422, f"The offer's video must be {' or '.join(directions)}.")
    names = [match[1] for s in sections if (match := re.search(r"(?m)^a=mid:(\S+)\s*$", s))]
    if len(set(names)) < len(sections):  # aiortc takes it, and then finds neither part nor transport
        raise HTTPException(422, "The offer's SDP must name each of its parts (a=mid), and no two alike.")
    if "\na=fingerprint:" not in sdp:
        raise HTTPException(422, "The offer's SDP has no fingerprint; without encryption nothing is taken.")
    if not any(s.startswith("application ") for s in sections):
        raise HTTPException(422, "The offer has no data channel; one named 'valence' is needed.")


async def accept(connection: RTCPeerConnection, sdp: str) -> None:
    try:
        await connection.setRemoteDescription(RTCSessionDescription(without_mdns(sdp), "offer"))
    except Exception as error:  # aiortc raises whatever its parser stumbles over
        reason = str(error) or type(error).__name__
        raise HTTPException(422, f"The offer's SDP cannot be used: {reason}") from error


async def answer_of(connection: RTCPeerConnection) -> str:
    try:
        await connection.setLocalDescription(await connection.createAnswer())
    except Exception as error:  # e.g. no codec in common
        reason = str(error) or type(error).__name__
        raise HTTPException(422, f"The offer cannot be answered: {reason}") from error
    return connection.localDescription.sdp
