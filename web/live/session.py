"""One person in front of a camera: the connection, the analysis, the record, and who looks on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from enum import Enum

from aiortc import RTCDataChannel, RTCPeerConnection

from analysis.recording import Recorder
from results import DeletedError, StoreError
from stream.pipelines.live import LivePipeline, LiveResult, LiveState
from stream.sources.live import LiveError
from stream.sources.webrtc import TrackSource
from web.live.closing import close_quietly as _close_quietly
from web.live.control import BACKLOG, Control
from web.live.messages import FloodError, Inbox, frame_message
from web.live.spectators import Spectator

CONNECT = 15.0
"""Seconds that a page has from the answer to the first frame."""
SILENCE = 8.0
"""Seconds without a frame or a message after which a page counts as gone (it sends a message every 2 s)."""
TOO_LARGE = 6.0
"""Seconds for which a page may send pictures that are too large after it was told."""

log = logging.getLogger(__name__)


class Shown(Enum):
    """Who may look on at a live session."""

    LISTED = "listed"
    """Operators, and spectators whom they let in."""
    TO_OPERATORS = "to operators"
    """Operators only: a participant, whose consent says so."""
    TO_NOBODY = "to nobody"
    """A participant."""


class LiveSession:
    """From the answered offer to the finished record. `run` does it all; `end` stops it.

    A sink of the pipeline sends each frame's message; messages are skipped, and counted as dropped,
    while a slow page has more than `BACKLOG` bytes waiting.
    """

    def __init__(
        self,
        connection: RTCPeerConnection,
        source: TrackSource,
        pipeline: LivePipeline,
        recorder: Recorder,
        shown: Shown = Shown.LISTED,
        longest: float | None = None,
    ) -> None:
        self.id = recorder.id
        self.shown = shown
        self._longest = longest
        self.spectators: set[Spectator] = set()
        self.connected = False
        """Whether a frame has come: before, there is nothing to keep."""
        self._connection, self._source, self._pipeline, self._recorder = (
            connection,
            source,
            pipeline,
            recorder,
        )
        self._inbox = Inbox()
        self._frames: RTCDataChannel | None = None
        self._control = Control()
        self._skipped = 0
        self._ending = asyncio.Event()
        self._reason = ""
        self._error: str | None = None
        self._leaving: set[Spectator] = set()
        self._too_large_since: float | None = None
        connection.on("datachannel", self._opened)
        connection.on("connectionstatechange", self._changed)
        pipeline.sinks += [recorder, self._send]
        recorder.still_faces = lambda: pipeline.still_faces
        pipeline.on_too_large = self._refuse
        recorder.on_outage = self._say_outage

    def end(self, reason: str, error: str | None = None) -> None:
        """Let `run` finish; the first reason counts. `error`: the session has failed."""
        if not self._ending.is_set():
            self._reason, self._error = reason, error
            self._ending.set()

    def hurry(self) -> None:
        """The server stops: what cannot be stored soon is given up."""
        self._recorder.hurry()

    async def run(self) -> None:
        """Analyse and record until `end`, then close everything that the session has opened."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._analyse(), name=f"analyse {self.id}"),
                    group.create_task(self._record(), name=f"record {self.id}"),
                    group.create_task(self._watch(), name=f"watch {self.id}"),
                ]
                await asyncio.sleep(0)  # each begins, so that each cleans up, however soon the end comes
                await self._ending.wait()
                for task in tasks:
                    task.cancel()
        finally:
            self._tell_all("ended", text=self._reason)
            await asyncio.sleep(0)  # the last message leaves
            await self._close()

    async def _analyse(self) -> None:
        try:
            await self._pipeline.run()
        except LiveError as error:
            self.end(str(error), str(error))
        except Exception as error:  # a detector or model that fails must not take the server down
            log.exception("The analysis of session %s has failed.", self.id)
            self.end("The analysis failed.", f"{type(error).__name__}: {error}")
        else:
            self.end("The page was closed.")

    async def _record(self) -> None:
        try:
            await self._recorder.run()
        except DeletedError:
            self.end("The session was deleted.")
        except StoreError as error:
            self.end("The session cannot be stored.", str(error))

    async def _watch(self) -> None:
        """Notice who has gone without goodbye."""
        began = time.monotonic()
        while True:
            await asyncio.sleep(0.5)
            now = time.monotonic()
            if self._longest is not None and now - began > self._longest:
                self.end("The time for it is over.")
            if not self.connected and now - began > CONNECT:
                self.end("No picture came from the camera.")
            if self.connected and now - max(self._source.latest, self._inbox.latest) > SILENCE:
                self.end("The connection was lost.")
            for spectator in list(self.spectators):
                if now - spectator.latest > SILENCE:
                    self.leave(spectator)
            while self._leaving:
                await _close_quietly(self._leaving.pop())

    async def _close(self) -> None:
        for spectator in [*self.spectators, *self._leaving]:
            await _close_quietly(spectator)
        self.spectators.clear()
        self._leaving.clear()
        await _close_quietly(self._connection)
        if self.connected:
            await self._recorder.finish(self._reason or "The server stopped.", self._error)
        else:
            await self._recorder.discard()

    # Spectators

    @property
    def ending(self) -> bool:
        """It is about to be closed, and nobody more may join."""
        return self._ending.is_set()

    def admit(self, connection: RTCPeerConnection, stays: Callable[[], Awaitable[bool]]) -> Spectator:
        """Let one more page look on, as long as it `stays`."""
        spectator = Spectator(connection, self.leave, stays)
        self.spectators.add(spectator)
        if self._pipeline.state is LiveState.PAUSED:
            spectator.control.tell("state", state="paused")
        return spectator

    def leave(self, spectator: Spectator) -> None:
        """A spectator goes; its connection is closed soon."""
        if spectator in self.spectators:
            self.spectators.remove(spectator)
            self._leaving.add(spectator)

    # What the pipeline and the page say

    def _send(self, result: LiveResult) -> None:
        self.connected = True
        self._too_large_since = None
        for spectator in list(self.spectators):
            spectator.show(result, len(self.spectators))
        channel = self._frames
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount > BACKLOG:
            self._skipped += 1
            return
        channel.send(frame_message(result, spectators=len(self.spectators), skipped=self._skipped))

    def _refuse(self, size: tuple[int, int]) -> None:
        """A picture that is too large: say so once a stretch, and end where the page goes on with it."""
        self.connected = True
        now = time.monotonic()
        if self._too_large_since is None:
            self._too_large_since = now
            text = f"The camera's picture of {size[0]}x{size[1]} is larger than 1920x1080."
            self._control.tell("too-large", width=size[0], height=size[1], text=text)
            self._recorder.event("too large", text)
        elif now - self._too_large_since > TOO_LARGE:
            text = f"The camera's picture stayed at {size[0]}x{size[1]}; at most 1920x1080 is analysed live."
            self.end(text, text)

    def _say_outage(self, held: float | None) -> None:
        """The results cannot be stored, and so many seconds of them are kept in memory; None: they are
        stored.
        """
        if held is None:
            self._control.tell("stored", text="The results are stored again; nothing of them is lost.")
        else:
            text = f"The results cannot be stored just now; {held:.0f} s of them are kept in memory."
            self._control.tell("held", held_s=round(held, 1), text=text)

    def _tell_all(self, kind: str, **values: object) -> None:
        """Tell the page, and those who look on."""
        for control in [self._control, *(spectator.control for spectator in self.spectators)]:
            control.tell(kind, **values)

    def _opened(self, channel: RTCDataChannel) -> None:
        if channel.label == "valence":
            self._frames = channel
        elif channel.label == "control":
            self._control.opened(channel)
        channel.on("message", self._received)

    def _received(self, message: str | bytes) -> None:
        if self._ending.is_set():
            return
        try:
            command = self._inbox.command(message)
        except FloodError as error:
            self.end(str(error), str(error))
            return
        if command == "pause":
            self._pipeline.pause()
            self._recorder.event("pause", "Paused.")
            self._tell_all("state", state="paused")
        elif command == "resume":
            self._pipeline.resume()
            self._recorder.event("resume", "Resumed.", with_next=True)  # that is when it goes on
            self._tell_all("state", state="running")
        elif command == "stop":
            self.end("Stopped.")

    def _changed(self) -> None:
        state = self._connection.connectionState
        if state == "closed":
            self.end("The page was closed.")
        elif state == "failed":
            self.end("The connection was lost.")
