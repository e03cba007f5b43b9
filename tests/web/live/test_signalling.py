"""Offers good and bad, and what becomes of live sessions, spoken to by a client that is no browser."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from inference import EXPRESSIONS, ValenceModel
from results import NotFoundError, State
from tests.web import asking
from tests.web.peers import ClipTrack, Peer, camera, over, until
from tests.web.serving import Served, serving
from web.live.spectators import Spectator
from web.state import ServerSettings

FIELDS = {"frame", "time_s", "faces", "fps", "latency_ms", "dropped"}
FACE_FIELDS = {"face_id", "box", "valence", "smoothed", "quality"}
BESIDE = {"valence_error", "arousal"} | {f"expression_{name}" for name in EXPRESSIONS}


async def test_health_says_what_runs(served: Served, model: ValenceModel) -> None:
    health = asking.get(served.url + "/health").json()
    assert health == {
        "status": "ok",
        "store": "ok",
        "version": "test",
        "device": {"requested": "cpu", "running": "cpu"},
        "model": {"name": model.manifest.name, "sha256": model.manifest.sha256},
        "live_sessions": 0,
    }


async def test_a_session_is_read_live_and_stored(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(25)
    live = asking.get(f"{served.url}/api/live/{peer.session}").json()
    assert live["live"] and live["state"] == "running"
    assert asking.get(served.url + "/health").json()["live_sessions"] == 1
    peer.say("stop")
    await until(lambda: over(served, peer.session), 10)
    await peer.close()

    for message in peer.frames:
        assert message.keys() >= FIELDS
        assert all(FACE_FIELDS <= face.keys() <= FACE_FIELDS | BESIDE for face in message["faces"])
    assert [m["frame"] for m in peer.frames] == sorted({m["frame"] for m in peer.frames})
    assert any(len(m["faces"]) == 2 for m in peer.frames)

    session = served.store.get(peer.session)
    assert session.state is State.DONE and session.kind == "live"
    stored = served.store.samples(peer.session)
    shown = {(m["frame"], f["face_id"]): f for m in peer.frames for f in m["faces"]}
    kept = {(int(stored.frame[i]), int(stored.face_id[i])): i for i in range(len(stored))}
    assert shown.keys() <= kept.keys()
    for key, face in shown.items():
        assert stored.valence[kept[key]] == pytest.approx(face["valence"], abs=1e-4)
        assert stored.box[kept[key]] == pytest.approx(face["box"], abs=0.06)
    assert "Stopped." in [event.text for event in served.store.events(peer.session)]


async def test_pause_and_resume(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(10)
    peer.say("pause")
    await until(lambda: {"type": "state", "state": "paused"} in peer.control, 5)
    await asyncio.sleep(0.3)  # what was under way arrives
    count = len(peer.frames)
    await asyncio.sleep(0.5)
    assert len(peer.frames) == count
    peer.say("resume")
    await peer.until_frames(count + 5)
    assert {f["face_id"] for f in peer.frames[-1]["faces"]} <= {1, 2}
    await peer.close()


async def test_the_goodbye_of_a_page_ends_the_session(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(5)
    await peer.close()
    await until(lambda: over(served, peer.session), 10)
    assert served.store.get(peer.session).state is State.DONE


async def test_a_page_that_never_connects_leaves_no_trace(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.live.session.CONNECT", 0.5)
    peer, _ = camera(served)
    async with asking.opened_async(base_url=served.url) as client:
        answer = (await client.post("/api/offer", json=await peer.offer())).json()
    await until(lambda: over(served, answer["session"]), 10)
    with pytest.raises(NotFoundError):
        served.store.get(answer["session"])
    await peer.close()


async def test_the_end_of_the_server_ends_its_sessions(tmp_path: Path, model: ValenceModel) -> None:
    folder = tmp_path / "sessions"
    context = serving(folder, model)
    served = await asyncio.to_thread(context.__enter__)
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(10)
    await asyncio.to_thread(context.__exit__, None, None, None)
    assert any(m == {"type": "ended", "text": "The server stopped."} for m in peer.control)
    await peer.close()
    from results import Store

    with Store(folder) as store:
        session = store.get(peer.session)
        assert session.state is State.DONE and session.frames >= 10


async def test_a_spectator_comes_and_goes_and_the_camera_goes_on(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(5)
    spectator = Peer(served.url)
    spectator.connection.addTransceiver("video", direction="recvonly")
    pictures: list[Any] = []

    @spectator.connection.on("track")
    def on_track(track: Any) -> None:
        async def drain() -> None:
            while True:
                pictures.append(await track.recv())

        draining.append(asyncio.ensure_future(drain()))

    draining: list[asyncio.Future[None]] = []
    await spectator.connect(f"/api/live/{peer.session}/watch")
    await spectator.until_frames(10)
    await until(lambda: len(pictures) > 3, 10)
    assert peer.frames[-1]["spectators"] == 1
    assert any("rtp" in message for message in spectator.frames)
    await spectator.close()
    await asyncio.gather(*draining, return_exceptions=True)
    await until(lambda: peer.frames[-1]["spectators"] == 0, 10)
    count = len(peer.frames)
    await peer.until_frames(count + 10)
    numbers = [m["frame"] for m in peer.frames]
    assert numbers == sorted(set(numbers))
    await peer.close()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({}, 422, "sdp"),
        ({"sdp": "nonsense", "type": "offer"}, 422, "cannot be read"),
        (
            {
                "sdp": "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\nm=application 9 x\r\n",
                "type": "offer",
            },
            422,
            "SDP",
        ),
        ({"sdp": "v=0", "type": "answer"}, 422, "type"),
        ({"sdp": "v=0" + "x" * 70_000, "type": "offer"}, 422, "sdp"),
        ({"sdp": "v=0", "type": "offer", "session": "gone"}, 404, "no live session"),
    ],
)
async def test_bad_offers_get_a_clear_answer(
    served: Served, body: dict[str, str], status: int, says: str
) -> None:
    response = asking.post(served.url + "/api/offer", json=body)
    assert response.status_code == status
    assert says in response.json()["detail"]
    assert asking.get(served.url + "/health").json()["live_sessions"] == 0
    assert served.store.sessions() == []


async def test_an_offer_without_video_or_channel_is_refused(served: Served) -> None:
    silent = Peer(served.url)
    body = await silent.offer()
    assert "no video" in asking.post(served.url + "/api/offer", json=body).json()["detail"]
    await silent.close()

    mute = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    mute.addTrack(ClipTrack())
    await mute.setLocalDescription(await mute.createOffer())
    body = {"sdp": mute.localDescription.sdp, "type": "offer"}
    assert "data channel" in asking.post(served.url + "/api/offer", json=body).json()["detail"]
    await mute.close()


async def test_a_second_offer_on_a_session_is_refused(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(3)
    other, _ = camera(served)
    body = {**await other.offer(), "session": peer.session}
    response = asking.post(served.url + "/api/offer", json=body)
    assert response.status_code == 409 and "already" in response.json()["detail"]
    count = len(peer.frames)
    await peer.until_frames(count + 3)
    await other.close()
    await peer.close()


async def test_a_flood_ends_its_own_session_only(served: Served) -> None:
    flooding, _ = camera(served)
    calm, _ = camera(served)
    await asyncio.gather(flooding.connect(), calm.connect())
    await asyncio.gather(flooding.until_frames(3), calm.until_frames(3))
    for _ in range(300):
        flooding.valence.send(json.dumps({"type": "alive", "padding": "x" * 500}))
    await until(lambda: flooding.session not in served.state.hub.sessions, 10)
    session = served.store.get(flooding.session)
    assert session.state is State.FAILED and "messages came within a second" in (session.error or "")
    count = len(calm.frames)
    await calm.until_frames(count + 5)
    await flooding.close()
    await calm.close()


async def test_a_4k_camera_is_told_and_may_go_on_smaller(served: Served) -> None:
    peer, track = camera(served, (3840, 2160))
    await peer.connect()
    await until(lambda: peer.control, 20)
    assert peer.control[0]["type"] == "too-large" and peer.control[0]["width"] == 3840
    assert not peer.frames
    track.size = (1280, 720)
    await peer.until_frames(3, 20)
    await peer.close()


async def test_a_camera_that_stays_at_4k_is_ended(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.live.session.TOO_LARGE", 0.3)
    peer, _ = camera(served, (2560, 1600))
    await peer.connect()
    await until(lambda: over(served, peer.session), 20)
    session = served.store.get(peer.session)
    assert session.state is State.FAILED and "1920x1080" in (session.error or "")
    await peer.close()


async def test_a_camera_that_changes_its_size_goes_on(served: Served) -> None:
    peer, track = camera(served)
    await peer.connect()
    await peer.until_frames(5)
    track.size = (320, 240)
    count = len(peer.frames)
    await peer.until_frames(count + 10)
    assert peer.frames[-1]["width"] == 640
    track.size = (480, 640)
    await until(lambda: peer.frames[-1]["width"] == 480, 10)
    await peer.close()


async def test_the_number_of_sessions_and_spectators_is_limited(tmp_path: Path, model: ValenceModel) -> None:
    settings = ServerSettings(live_limit=1, spectator_limit=0)
    context = serving(tmp_path / "sessions", model, settings)
    served = await asyncio.to_thread(context.__enter__)
    try:
        peer, _ = camera(served)
        await peer.connect()
        other, _ = camera(served)
        response = asking.post(served.url + "/api/offer", json=await other.offer())
        assert response.status_code == 503 and "takes no more" in response.json()["detail"]
        spectator = Peer(served.url)
        spectator.connection.addTransceiver("video", direction="recvonly")
        response = asking.post(f"{served.url}/api/live/{peer.session}/watch", json=await spectator.offer())
        assert response.status_code == 503
        for each in (spectator, other, peer):
            await each.close()
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


async def test_nothing_is_left_of_a_page_that_is_lost(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is cut: no goodbye, no ICE checks, nothing."""
    monkeypatch.setattr("web.live.session.SILENCE", 2.0)
    process = psutil.Process()
    peer, _ = camera(served)
    sockets = len(process.net_connections())
    threads = set(process.threads())
    await peer.connect()
    await peer.until_frames(5)
    for transceiver in peer.connection.getTransceivers():
        ice = transceiver.receiver.transport.transport
        for protocol in ice._connection._protocols:
            protocol.transport.close()
    await until(lambda: over(served, peer.session), 15)
    session = served.store.get(peer.session)
    assert session.state is State.DONE
    assert "The connection was lost." in [event.text for event in served.store.events(peer.session)]
    await peer.close()
    await until(lambda: len(process.net_connections()) <= sockets, 5)
    await until(lambda: len(process.threads()) <= len(threads) + 12, 5)  # pools of finished work stay
    assert served.state.batcher._seats == type(served.state.batcher._seats)()


async def test_media_of_a_loopback_server_stay_on_loopback(served: Served) -> None:
    peer, _ = camera(served)
    async with asking.opened_async(base_url=served.url) as client:
        answer = (await client.post("/api/offer", json=await peer.offer())).json()
    candidates = [line.split()[4] for line in answer["sdp"].splitlines() if line.startswith("a=candidate")]
    assert set(candidates) == {"127.0.0.1"}
    await peer.close()


async def test_a_spectator_that_cannot_be_closed_does_not_hold_up_the_end(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(3)
    spectator = Peer(served.url)
    spectator.connection.addTransceiver("video", direction="recvonly")
    await spectator.connect(f"/api/live/{peer.session}/watch")

    plain = Spectator.close

    async def broken(self: Spectator) -> None:
        await plain(self)
        raise RuntimeError("on purpose")

    monkeypatch.setattr(Spectator, "close", broken)
    peer.say("stop")
    await until(lambda: over(served, peer.session), 15)
    assert served.store.get(peer.session).state is State.DONE
    for each in (spectator, peer):
        await each.close()


async def test_an_offer_that_cannot_be_answered_leaves_nothing(served: Served) -> None:
    peer, _ = camera(served)
    offer = await peer.offer()
    offer["sdp"] = offer["sdp"].replace("VP8/", "UNKNOWN/").replace("H264/", "UNKNOWN/")
    answer = asking.post(f"{served.url}/api/offer", json=offer, timeout=30)
    assert answer.status_code == 422 and "cannot be" in answer.json()["detail"]
    assert served.store.sessions() == [] and not served.state.hub.sessions
    assert not served.state.batcher._seats, "no place is kept for it in the batches"
    await peer.close()
