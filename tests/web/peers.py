"""A WebRTC client without a browser, for what a browser would not do."""

from __future__ import annotations

import asyncio
import json
import time
from fractions import Fraction
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.web import asking
from tests.web.serving import SAMPLE, Served


class ClipTrack(MediaStreamTrack):
    """The sample clip as a camera, at `size`; `size` may be changed while it plays."""

    kind = "video"

    def __init__(self, size: tuple[int, int] = (640, 480), rate: float = 20) -> None:
        super().__init__()
        self.size = size
        self._rate = rate
        with av.open(str(SAMPLE)) as container:
            self._pictures = [p for p, _ in zip(container.decode(video=0), range(60), strict=False)]
        self._index = 0
        self._start = time.monotonic()

    async def recv(self) -> av.VideoFrame:
        due = self._start + self._index / self._rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        picture = self._pictures[self._index % len(self._pictures)]
        width, height = self.size
        picture = picture.reformat(width=width, height=height)
        picture.pts, picture.time_base = round(self._index / self._rate * 90_000), Fraction(1, 90_000)
        self._index += 1
        return picture


class Peer:
    """One page's worth of connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.frames: list[dict[str, Any]] = []
        self.control: list[dict[str, Any]] = []
        self.session = ""
        self.valence = self.connection.createDataChannel("valence")
        self.commands = self.connection.createDataChannel("control")
        self.valence.on("message", lambda text: self.frames.append(json.loads(text)))
        self.commands.on("message", lambda text: self.control.append(json.loads(text)))

    async def offer(self) -> dict[str, Any]:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return {"sdp": self.connection.localDescription.sdp, "type": "offer"}

    async def connect(self, path: str = "/api/offer") -> Peer:
        async with asking.opened_async(base_url=self.url) as client:
            response = await client.post(path, json=await self.offer())
        assert response.status_code == 200, response.text
        await self.connected(response.json())
        return self

    async def connected(self, answer: dict[str, Any]) -> None:
        """Takes the server's answer to the offer."""
        self.session = answer["session"]
        await self.connection.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def until_frames(self, count: int, seconds: float = 15) -> None:
        await until(lambda: len(self.frames) >= count, seconds)

    def say(self, kind: str) -> None:
        self.commands.send(json.dumps({"type": kind}))

    async def close(self) -> None:
        await self.connection.close()


def camera(served: Served, size: tuple[int, int] = (640, 480)) -> tuple[Peer, ClipTrack]:
    """A page with a camera."""
    peer, track = Peer(served.url), ClipTrack(size)
    peer.connection.addTrack(track)
    return peer, track


def over(served: Served, session: str) -> bool:
    """Whether nothing of a live session goes on."""
    return session not in served.state.hub.sessions and not served.tasks()


async def until(condition: Any, seconds: float) -> float:
    """Waits for `condition()` in the event loop and returns how long it took; fails after `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not after {seconds} s"
        await asyncio.sleep(0.02)
    return time.monotonic() - began
