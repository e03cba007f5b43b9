"""Offers that fail half-way, and too many of them at a time."""

from __future__ import annotations

from typing import Any

import httpx
import psutil
import pytest

from tests.web import asking
from tests.web.peers import Peer, camera, over, until
from tests.web.serving import Served
from web.live.hub import Hub
from web.live.offers import MOST
from web.live.session import LiveSession


@pytest.mark.parametrize(
    ("changed", "into"),
    [
        ("a=mid:0\r\n", ""),
        ("a=mid:1", "a=mid:0"),
        ("a=fingerprint", "a=thumb"),
        ("BUNDLE 0 1", "BUNDLE 7 1"),  # aiortc takes it, and can neither answer it nor close the connection
    ],
)
async def test_an_offer_whose_parts_do_not_fit_leaves_nothing(
    served: Served, changed: str, into: str
) -> None:
    process = psutil.Process()
    peer, _ = camera(served)
    offer = await peer.offer()
    assert changed in offer["sdp"]
    sockets = len(process.net_connections())
    offer["sdp"] = offer["sdp"].replace(changed, into)
    answer = asking.post(f"{served.url}/api/offer", json=offer, timeout=30)
    assert answer.status_code == 422, answer.text
    await nothing_is_left(served)
    await until(lambda: len(process.net_connections()) <= sockets, 5)
    await peer.close()


async def nothing_is_left(served: Served) -> None:
    assert served.store.sessions() == [] and not served.state.hub.sessions and not served.state.hub.opening
    assert not served.state.batcher._seats, "no place is kept for it in the batches"
    await until(lambda: not served.tasks(), 10)


@pytest.mark.parametrize(
    "where",
    [
        "web.live.routes.open_pipeline",
        "web.live.routes.LiveSession",
        "web.live.routes.with_bitrate",
        "web.live.hub.Hub.start",
    ],
)
async def test_whatever_fails_before_a_session_runs_leaves_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fails(*_given: object, **_named: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(where, fails)
    process = psutil.Process()
    peer, _ = camera(served)
    offer = await peer.offer()
    sockets = len(process.net_connections())
    assert asking.post(f"{served.url}/api/offer", json=offer, timeout=30).status_code == 500
    await nothing_is_left(served)
    await until(lambda: len(process.net_connections()) <= sockets, 5)
    await peer.close()


async def test_a_session_that_ends_before_it_runs_gives_up_its_seat(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Hub.start

    def start(self: Hub, session: LiveSession, then: Any = None) -> None:
        session.end("Gone already.")
        plain(self, session, then)

    monkeypatch.setattr(Hub, "start", start)
    peer, _ = camera(served)
    answer = asking.post(f"{served.url}/api/offer", json=await peer.offer(), timeout=30)
    await until(lambda: over(served, answer.json()["session"]), 10)
    await nothing_is_left(served)
    await peer.close()


async def test_one_address_begins_so_many_at_a_time(served: Served) -> None:
    """More are let in as cameras show, and others are not held up."""
    peers = [camera(served)[0] for _ in range(MOST + 1)]
    offers = [await peer.offer() for peer in peers]
    answers = []
    for offer in offers:
        answers.append(asking.post(f"{served.url}/api/offer", json=offer, timeout=30))
    assert [answer.status_code for answer in answers] == [200] * MOST + [429]
    assert answers[-1].headers["retry-after"] == "3"
    assert "try again in a moment" in answers[-1].json()["detail"]
    other, _ = camera(served)
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as elsewhere:
        body = await other.offer()
        said = elsewhere.post(f"{served.url}/api/offer", json=body, headers=asking.HEADERS, timeout=30)
        assert said.status_code == 200

    await peers[0].connected(answers[0].json())
    await peers[0].until_frames(1)
    again = asking.post(f"{served.url}/api/offer", json=offers[-1], timeout=30)
    assert again.status_code == 200
    served.state.hub.sessions[answers[1].json()["session"]].end("On purpose.")
    await until(lambda: answers[1].json()["session"] not in served.state.hub.sessions, 10)
    last, _ = camera(served)
    assert asking.post(f"{served.url}/api/offer", json=await last.offer(), timeout=30).status_code == 200
    for peer in [*peers, other, last]:
        await peer.close()


async def test_spectators_of_one_address_begin_so_many_at_a_time(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(3)
    spectators = [Peer(served.url) for _ in range(MOST + 1)]
    statuses = []
    for spectator in spectators:
        spectator.connection.addTransceiver("video", direction="recvonly")
        url = f"{served.url}/api/live/{peer.session}/watch"
        answer = asking.post(url, json=await spectator.offer(), timeout=30)
        statuses.append(answer.status_code)
    assert statuses == [200] * MOST + [429]
    for each in (*spectators, peer):
        await each.close()
