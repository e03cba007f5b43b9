"""Someone who looks on at a live session: its picture, encoded again, and its messages."""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Awaitable, Callable

import av
from aiortc import MediaStreamTrack, RTCDataChannel, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError

from stream.pipelines.live import LiveResult
from stream.sources.sender_clock import VIDEO_RATE
from web.live.control import BACKLOG, Control
from web.live.messages import FloodError, Inbox, frame_message

RELAY_RATE = 15.0
"""Pictures a second that a spectator gets: each is encoded once for each of them, at the expense of the
analysis. The numbers come for every frame."""

log = logging.getLogger(__name__)


def marked_pts(index: int, seconds: float) -> int:
    """Presentation timestamp of a relayed frame, in ticks of 1/90,000 s, with a mark in its last bits.

    A spectator's browser tells the RTP timestamp of each frame that it shows: this number plus a constant
    that nobody tells. Up to 2.8 ms of scatter that repeats with no period lets the page find the constant
    after a few frames, whatever was lost, even where the camera's own times are perfectly regular.
    """
    return round(seconds * VIDEO_RATE) + zlib.crc32(index.to_bytes(8, "big")) % 256


class RelayTrack(MediaStreamTrack):
    """The newest picture of a session, for one spectator. A slow one gets fewer pictures, not older ones."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: av.VideoFrame | None = None
        self._there = asyncio.Event()

    def put(self, picture: av.VideoFrame) -> None:
        self._newest = picture
        self._there.set()

    async def recv(self) -> av.VideoFrame:
        await self._there.wait()
        self._there.clear()
        if self._newest is None:
            raise MediaStreamError
        picture, self._newest = self._newest, None
        return picture

    def stop(self) -> None:
        super().stop()
        self._newest = None
        self._there.set()


class Spectator:
    """One page that looks on. `on_gone` is called once, when it leaves or misbehaves."""

    def __init__(
        self,
        connection: RTCPeerConnection,
        on_gone: Callable[[Spectator], None],
        stays: Callable[[], Awaitable[bool]],
    ) -> None:
        self.connection = connection
        self.stays = stays
        """Whether it still may: the link by which it came may be closed, an operator signed out."""
        self.track = RelayTrack()
        self.control = Control()
        self._on_gone = on_gone
        self._inbox = Inbox()
        self._channel: RTCDataChannel | None = None
        self._skipped = 0
        self._shown = 0.0
        connection.addTrack(self.track)
        connection.on("datachannel", self._opened)
        connection.on("connectionstatechange", self._changed)

    @property
    def latest(self) -> float:
        """`time.monotonic()` of the latest sign of life."""
        return self._inbox.latest

    def show(self, result: LiveResult, spectators: int) -> None:
        """Hand on one analysed frame; never waits."""
        rtp = None
        now = time.monotonic()
        picture = result.shot.picture
        if isinstance(picture, av.VideoFrame) and now - self._shown > 0.9 / RELAY_RATE:
            self._shown = now
            rtp = marked_pts(result.shot.index, result.shot.time)
            picture.pts = rtp
            self.track.put(picture)
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount > BACKLOG:
            self._skipped += 1
            return
        channel.send(frame_message(result, spectators=spectators, skipped=self._skipped, rtp=rtp))

    async def close(self) -> None:
        self.track.stop()
        await self.connection.close()

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label == "valence":
            self._channel = channel
        elif channel.label == "control":
            self.control.opened(channel)
        channel.on("message", self._received)

    def _received(self, message: str | bytes) -> None:
        try:
            if self._inbox.command(message) == "stop":
                self._on_gone(self)
        except FloodError as error:
            log.warning("A spectator is disconnected: %s", error)
            self._on_gone(self)

    def _changed(self) -> None:
        if self.connection.connectionState in ("failed", "closed"):
            self._on_gone(self)
