"""A participant whose own browser analyses: the numbers that it sends become a session, if they can be so."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, cast

from pydantic import ConfigDict, Field

from analysis.recording import Recorder
from results import DeletedError, StoreError
from stream.frames import Box, Extras, Sample
from web.fields import Described, FaceId

MOST_FACES = 16
MOST_FRAMES = 600
"""In one batch: what is held while the server is away comes in several."""
FASTEST = 61.0
"""Frames a second: no page sends more than its camera has."""
AHEAD = 3.0
"""Seconds by which a session's clock may be ahead of the time that has passed here."""
SILENCE = 60.0
"""Seconds without a batch after which nobody is there any more; who comes back goes on in another session."""
UNBEGUN = 20.0
"""... and without the first one."""
MOST_BEGINNING = 30
"""Of one address that have sent nothing yet."""
MOST_BROWSERS = 1500
"""That may send numbers at the same time."""

log = logging.getLogger(__name__)

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Valence = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Edge = Annotated[float, Field(ge=-8192, le=16384, allow_inf_nan=False)]
"""Pixels."""


class SentFace(Described):
    """One face in one frame; names as in a session's samples."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    face_id: Annotated[FaceId, Field(ge=1)]
    box: tuple[Edge, Edge, Edge, Edge]
    """Left, top, right, bottom."""
    score: Share
    valence: Valence
    smoothed: Valence
    quality: Share
    roll: Degrees | None = None
    yaw: Degrees | None = None
    pitch: Degrees | None = None
    eyes_closed: Share | None = None
    mouth_covered: Share | None = None
    half_covered: Share | None = None
    valence_error: Share | None = None
    arousal: Valence | None = None
    expression_neutral: Share | None = None
    expression_happiness: Share | None = None
    expression_surprise: Share | None = None
    expression_sadness: Share | None = None
    expression_anger: Share | None = None
    expression_disgust: Share | None = None
    expression_fear: Share | None = None
    expression_contempt: Share | None = None

    def sample(self, frame: int, seconds: float) -> Sample:
        extras = Extras(**{name: getattr(self, name) for name in Extras._fields})
        box = Box(*self.box)
        return Sample(
            seconds, frame, self.face_id, box, self.valence, self.smoothed, self.quality, self.score, extras
        )


class SentFrame(Described):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    frame: Annotated[int, Field(ge=0, le=10_000_000)]
    time_s: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    """Seconds since the session's first frame."""
    faces: Annotated[list[SentFace], Field(max_length=MOST_FACES)]


class Batch(Described):
    """What a browser has read, in order."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    sequence: Annotated[int, Field(ge=0, le=10_000_000)]
    """0 for the first batch of a viewing, then 1, 2, …: one that comes again is known by it."""
    frames: Annotated[list[SentFrame], Field(min_length=1, max_length=MOST_FRAMES)]


class RefusedError(ValueError):
    """A batch that cannot be true, or is not the next one; the text says why."""


class Numbers:
    """One such session. Methods are called in the event loop's thread."""

    def __init__(
        self, recorder: Recorder, then: Callable[[], Awaitable[None]], longest: float, since: float = 0.0
    ) -> None:
        """then: awaited when the session is over and its record is closed; longest: seconds it may last;
        since: seconds before now at which it may have begun, with what the session before it did not get."""
        self.id = recorder.id
        self.refused = 0
        """Batches that could not be true."""
        self._recorder, self._then, self._longest = recorder, then, longest
        self._heard = time.monotonic()
        self._began = self._heard - min(since, longest)
        self._next = 0
        self._frame, self._seconds = -1, -1.0
        self._frames = self._with_faces = 0
        self._reason = ""
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"live {self.id}")

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return self._next > 0

    def take(self, batch: Batch) -> None:
        """Keep a batch; one that came before is taken for what it is. Raises RefusedError."""
        self._heard = time.monotonic()
        if batch.sequence < self._next:
            return
        try:
            self._check(batch)
        except RefusedError:
            self.refused += 1
            raise
        for sent in batch.frames:
            self._frames += 1
            self._with_faces += bool(sent.faces)
            samples = [face.sample(sent.frame, sent.time_s) for face in sent.faces]
            self._recorder.take(samples, sent.frame, (self._frames, self._with_faces, sent.time_s))
        self._next, self._frame, self._seconds = batch.sequence + 1, sent.frame, sent.time_s

    def end(self, reason: str) -> None:
        """Let the session end, if it still runs."""
        self._reason = self._reason or reason
        self._over.set()

    def _check(self, batch: Batch) -> None:
        if batch.sequence > self._next:
            raise RefusedError(f"Batch {self._next} is missing before {batch.sequence}.")
        frame, seconds = self._frame, self._seconds
        for sent in batch.frames:
            if sent.frame <= frame or sent.time_s <= seconds:
                raise RefusedError(
                    f"Frame {sent.frame} at {sent.time_s} s does not come after frame {frame}."
                )
            if len({face.face_id for face in sent.faces}) < len(sent.faces):
                raise RefusedError(f"Frame {sent.frame} has one face twice.")
            if any(face.box[0] >= face.box[2] or face.box[1] >= face.box[3] for face in sent.faces):
                raise RefusedError(f"Frame {sent.frame} has a face without an area.")
            frame, seconds = sent.frame, sent.time_s
        passed = time.monotonic() - self._began + AHEAD
        if seconds > passed or self._frames + len(batch.frames) > FASTEST * passed:
            raise RefusedError("More is told than can have been seen since this viewing began.")

    async def _run(self) -> None:
        recording = asyncio.create_task(self._recorder.run())
        ending = asyncio.create_task(self._over.wait())
        begun, failure = self._heard, cast(BaseException | None, None)
        try:
            while not self._over.is_set():
                await asyncio.wait({recording, ending}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                now = time.monotonic()
                if recording.done():
                    failure = recording.exception()
                    self.end("The results could not be stored.")
                elif now - self._heard > (SILENCE if self.has_begun else UNBEGUN):
                    self.end("Nothing came from the browser any more.")
                elif now - begun > self._longest:
                    self.end("The session has lasted as long as it may.")
        finally:
            self.end("The server stopped.")
            for task in (recording, ending):
                task.cancel()
                with suppress(asyncio.CancelledError, DeletedError, StoreError):
                    await task
            await self._close(failure)

    async def _close(self, failure: BaseException | None) -> None:
        if self.refused:
            self._recorder.event("refused", f"{self.refused} batches of numbers could not be true.")
        if self._frames:
            error = str(failure) if failure is not None and not isinstance(failure, DeletedError) else None
            await self._recorder.finish(self._reason, error)
        else:
            await self._recorder.discard()
        await self._then()

    async def stop(self) -> None:
        """The program is to end: close the session now."""
        self.end("The server stopped.")
        self._recorder.hurry()
        await asyncio.wait({self._task})
