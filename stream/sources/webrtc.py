"""The video track of a WebRTC connection (aiortc) as a live source."""

from __future__ import annotations

import asyncio
import time

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from stream.sources.live import LiveError, Newest, Shot
from stream.sources.sender_clock import SenderClock


class TrackSource:
    """The frames of `track`.

    aiortc's own queue of decoded frames has no bound. A task here empties it all the time and keeps the
    newest frame, however long the analysis of one takes.
    """

    def __init__(
        self, track: MediaStreamTrack, clock: SenderClock | None = None, name: str = "browser camera"
    ) -> None:
        self.name = name
        self._track = track
        self._clock = clock
        self._newest: Newest | None = None
        self._draining: asyncio.Task[None] | None = None
        self.latest = time.monotonic()
        """`time.monotonic()` of the latest frame, whether it was taken or not."""

    @property
    def dropped(self) -> int:
        return 0 if self._newest is None else self._newest.dropped

    @property
    def notices(self) -> list[str]:
        return []

    async def open(self) -> None:
        self._newest = Newest()
        self._draining = asyncio.create_task(self._drain(self._newest), name=f"drain {self.name}")

    async def next(self) -> Shot | None:
        if self._newest is None:
            raise LiveError(f"{self.name} has not been opened")
        return await self._newest.get()

    async def close(self) -> None:
        self._track.stop()
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)
            self._draining = None

    async def _drain(self, newest: Newest) -> None:
        index, first, latest = 0, None, 0.0
        try:
            while True:
                picture = await self._track.recv()
                if not isinstance(picture, av.VideoFrame) or picture.pts is None or picture.time is None:
                    continue
                self.latest = time.monotonic()
                first = picture.time if first is None else first
                latest = max(latest, picture.time - first)
                captured = None if self._clock is None else self._clock.captured(picture.pts)
                newest.put(Shot(picture, index, latest, self.latest, captured))
                index += 1
        except MediaStreamError:
            pass  # the sender has ended the track
        finally:
            newest.end()
