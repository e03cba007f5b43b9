"""Looking on at a live session: operators by its id, spectators by a link that an operator made."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from aiortc import RTCPeerConnection
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse

from results import Link, nameless
from web.access.audience import API, OPERATORS, SPECTATORS
from web.access.gate import client_address, still_admitted
from web.access.identity import Role, identity_of, link_of
from web.access.reach import reach_of
from web.access.trail import note
from web.errors import explained
from web.fields import Described, Key
from web.layout import page
from web.live.ice import configuration
from web.live.routes import RESERVED, Answer, Offer, accept, answer_of, check_offer, ice_of
from web.live.session import LiveSession, Shown
from web.state import State, state_of

router = APIRouter(tags=["live"])


class SpectatorLink(Described):
    """A link by which one may look on while its session is live."""

    key: int
    address: str
    open: bool
    elsewhere: bool
    """Whether other computers can open it..."""
    advice: str
    """... and what to do if not."""


@router.get("/live/{session_id}", include_in_schema=False, dependencies=[OPERATORS])
def operators_page(session_id: str) -> HTMLResponse:
    return page("live/spectate.html", "Live")


@router.post("/api/live/{session_id}/watch", dependencies=[API])
async def look_on(session_id: str, body: Offer, request: Request) -> Answer:
    """Look on at a live session: an offer to receive video, with a data channel `valence`.

    403: the participant was not told that anybody may; 404: it is not live; 422: the offer cannot be used;
    429: too many of one address are just beginning; 503: it has too many spectators.
    """
    return await _look_on(request, _live(state_of(request), session_id), body)


@router.get("/api/live/{session_id}/links", dependencies=[API])
def links(session_id: str, request: Request) -> list[SpectatorLink]:
    """The links for spectators of a session."""
    with explained():
        found = state_of(request).desk.links.of_session(session_id)
    return [_shown(request, link) for link in found]


@router.post("/api/live/{session_id}/links", status_code=201, dependencies=[API])
def invite(session_id: str, request: Request) -> SpectatorLink:
    """A link by which anybody who has it may look on, while the session is live."""
    state = state_of(request)
    if _live(state, session_id).shown is not Shown.LISTED:
        raise HTTPException(403, "A participant in a study is nobody's to show.")
    with explained():
        link = state.desk.links.show(session_id)
        note(request, "made", f"a link to look on at {nameless(session_id)}")
    return _shown(request, link)


@router.delete("/api/live/{session_id}/links/{key}", status_code=204, dependencies=[API])
async def revoke(session_id: str, key: Key, request: Request) -> None:
    """Closes a link; who came by it is disconnected."""
    state = state_of(request)

    def close() -> None:
        if key not in {link.key for link in state.desk.links.of_session(session_id)}:
            raise HTTPException(404, f"Session {session_id} has no link {key}.")
        state.desk.links.revoke(key)
        note(request, "closed", f"a link to look on at {nameless(session_id)}")

    with explained():
        await asyncio.to_thread(close)
    state.desk.forget()
    await state.participants.close_links()


@router.get("/l/{token}", include_in_schema=False, dependencies=[SPECTATORS])
def spectators_page(token: str) -> HTMLResponse:
    return page("live/spectate.html", "", guest=True)


@router.get("/l/{token}/settings", dependencies=[SPECTATORS])
async def settings(token: str, request: Request) -> dict[str, Any]:
    """What a spectator's page needs before it connects."""
    return ice_of(request)


@router.get("/l/{token}/session", dependencies=[SPECTATORS])
async def session(token: str, request: Request) -> dict[str, bool]:
    """Whether the session is live."""
    return {"live": link_of(request).session in state_of(request).hub.sessions}


@router.post("/l/{token}/watch", dependencies=[SPECTATORS])
async def spectate(token: str, body: Offer, request: Request) -> Answer:
    """As `POST /api/live/{session_id}/watch`."""
    return await _look_on(request, _live(state_of(request), str(link_of(request).session)), body)


def _live(state: State, session_id: str) -> LiveSession:
    found = state.hub.sessions.get(session_id)
    if found is None or found.ending:
        raise HTTPException(404, "This session is not live (any more).")
    return found


async def _look_on(request: Request, session: LiveSession, body: Offer) -> Answer:
    state, invited = state_of(request), identity_of(request).role is Role.SPECTATOR
    if session.shown is Shown.TO_NOBODY or (invited and session.shown is not Shown.LISTED):
        raise HTTPException(403, "This participant was not told that anybody may look on.")
    check_offer(body.sdp, "recvonly", "sendrecv")
    most = state.settings.spectator_limit
    if len(session.spectators) >= (max(1, most - RESERVED) if invited and most else most):
        raise HTTPException(
            503, f"{state.settings.spectator_limit} people look on already; it takes no more."
        )
    with state.offers.place(client_address(request)) as place:
        connection = RTCPeerConnection(configuration(state.settings.ice_servers))
        spectator = session.admit(connection, partial(still_admitted, request))
        try:
            await accept(connection, body.sdp)
            answer = await answer_of(connection)
        except BaseException:
            session.leave(spectator)
            raise
        place.until(lambda: connection.connectionState == "connected" or spectator not in session.spectators)
    return Answer(sdp=answer, session="" if invited else session.id)


def _shown(request: Request, link: Link) -> SpectatorLink:
    reach = reach_of(request)
    return SpectatorLink(
        key=link.key,
        address=reach.address("l", link.token),
        open=link.open,
        elsewhere=reach.elsewhere,
        advice=reach.advice,
    )
