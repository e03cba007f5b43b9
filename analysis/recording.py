"""A live session into the store, while it runs; and kept in memory while the store is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from results import DeletedError, NotFoundError, SessionWriter, State, Store, StoreError
from stream.frames import Sample
from stream.pipelines.live import LiveResult

EVERY = 0.3
"""Seconds between commits: what a killed process loses at most, with the time that a commit takes."""
MOST_HELD = 100_000
"""Samples, or frames where those are more, that are kept in memory while the store is away: of one face, at
30 frames a second, those of 55 minutes; of sixteen faces those of 3."""
NOTICED = 2.0
"""Seconds after which a commit that is still under way counts as one that fails."""
LONGEST_PAUSE = 5.0
"""Seconds between two tries to close a session's record."""
LAST_TRIES = 20.0
"""Seconds for which a program that is to end still tries."""

log = logging.getLogger(__name__)

Progress = tuple[int, int, float]
"""Frames so far that were analysed, how many of them showed a face, and seconds of the latest."""


class Recorder:
    """A sink that keeps every sample. Disk work happens in a thread of its own; the sink itself never waits.

    What cannot be stored just now is held, and stored once the store is back. Beyond `MOST_HELD` samples the
    session is to end; what is held until then is stored all the same, when that is possible.
    """

    def __init__(self, store: Store, writer: SessionWriter) -> None:
        self.id = writer.id
        self.on_outage: Callable[[float | None], None] = lambda seconds: None
        """Called about once a second with the seconds that are held in memory, while the store is away; with
        None when all is stored again."""
        self.still_faces: Callable[[], Sequence[int]] = tuple
        """Asked at the end for the faces that never moved."""
        self._store, self._writer = store, writer
        # Neither does a session wait for another one's commit, nor anybody else for a database that is
        # locked.
        self._thread = ThreadPoolExecutor(1, f"record {writer.id}")
        self._samples: list[Sample] = []
        self._frames: list[tuple[int, float]] = []
        """Number and seconds of each frame that was analysed, also of those without a face."""
        self._events: list[tuple[str, str, float]] = []
        self._awaited: list[tuple[str, str]] = []
        """Events that are noted with the next frame."""
        self._latest: Progress | None = None
        self._handed = 0
        """Samples, or frames where those are more, that the writer has and that are not committed."""
        self._writing: asyncio.Future[None] | None = None
        self._stored_until = 0.0
        """Seconds of the session that are in the store."""
        self._away_since: float | None = None
        """`time.monotonic()` of the first commit that failed, of those that failed last."""
        self._told = 0.0
        self._give_up = float("inf")

    def __call__(self, result: LiveResult) -> None:
        shot, counts = result.shot, (result.frames, result.frames_with_faces)
        self.take(result.samples, shot.index, (*counts, shot.time))

    def take(self, samples: Sequence[Sample], frame: int, progress: Progress) -> None:
        """The samples of one frame that was analysed anywhere; progress: with this frame."""
        if self.is_full:
            return
        self._samples.extend(samples)
        self._frames.append((frame, progress[2]))
        self._latest = progress
        self._note_awaited()

    def event(self, kind: str, text: str, *, with_next: bool = False) -> None:
        """Note something that happened, at the time of the latest frame or (`with_next`) the one to come."""
        if with_next:
            self._awaited.append((kind, text))
        else:
            self._events.append((kind, text, self._now))

    async def run(self) -> None:
        """Commit every `EVERY` seconds until cancelled.

        Raises:
            DeletedError: someone has deleted the session.
            StoreError: the store was away for so long that no more can be held.
        """
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._write(NOTICED)
            except DeletedError:
                raise
            except (StoreError, TimeoutError) as error:
                self._is_away(error)
                if self.is_full:
                    raise StoreError(
                        f"The results could not be stored for so long that no more than "
                        f"{self._held_seconds:.0f} seconds of them can be kept in memory."
                    ) from error
            else:
                self._is_back()

    async def finish(self, reason: str, error: str | None = None) -> None:
        """Commit the rest and close the session; `error` closes it as failed. Tries until it holds."""
        self._note_awaited()
        self.event("end", reason)
        state = State.DONE if error is None else State.FAILED

        async def close() -> None:
            await self._write()
            self._is_back()
            if self._events:  # what that has noted
                await self._write()
            await self._in_thread(self._finish, state, error)

        await self._until_it_holds(close)

    async def discard(self) -> None:
        """Leave no trace of a session in which nothing happened. Tries until it holds."""

        async def remove() -> None:
            await self._in_thread(self._writer.finish)
            try:
                await self._in_thread(self._store.delete, self.id)
            except NotFoundError:
                return

        await self._until_it_holds(remove)

    def hurry(self) -> None:
        """The program is to end: what cannot be stored within `LAST_TRIES` seconds is given up."""
        self._give_up = min(self._give_up, time.monotonic() + LAST_TRIES)

    def _note_awaited(self) -> None:
        awaited, self._awaited = self._awaited, []
        for kind, text in awaited:
            self.event(kind, text)

    @property
    def _now(self) -> float:
        return self._latest[2] if self._latest is not None else 0.0

    @property
    def _held_seconds(self) -> float:
        return max(0.0, self._now - self._stored_until)

    @property
    def is_full(self) -> bool:
        """Whether no more can be held while the store is away; the session ends now."""
        return self._handed + max(len(self._samples), len(self._frames)) >= MOST_HELD

    def _is_away(self, error: Exception) -> None:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning("Session %s cannot be stored just now and is kept in memory: %s", self.id, error)
        if now - self._told >= 1.0:
            self._told = now
            self.on_outage(self._held_seconds)

    def _is_back(self) -> None:
        if self._away_since is None:
            return
        away = time.monotonic() - self._away_since
        self._away_since = None
        text = (
            f"The results could not be stored for {away:.0f} s; they were kept in memory, and are stored now."
        )
        log.warning("Session %s: %s", self.id, text)
        self.event("outage", text)
        self.on_outage(None)

    async def _until_it_holds(self, action: Callable[[], Any]) -> None:
        pause = 0.25
        try:
            while True:
                try:
                    await action()
                except DeletedError:
                    log.info("Session %s was deleted while it ran.", self.id)
                except StoreError as error:
                    if time.monotonic() < self._give_up:
                        self._is_away(error)
                        await asyncio.sleep(pause)
                        pause = min(2 * pause, LONGEST_PAUSE)
                        continue
                    log.error("The end of session %s could not be stored: %s", self.id, error)
                return
        finally:
            self._thread.shutdown(wait=False)

    async def _write(self, patience: float | None = None) -> None:
        """Hand over what came, and commit. Cancelled, or after `patience` seconds (TimeoutError), it goes on
        in its thread, and the next call waits for it first.
        """
        async with asyncio.timeout(patience):
            if self._writing is not None:
                await asyncio.wait({self._writing})
                self._writing.exception()  # the writer keeps what it could not commit and tries again now
            samples, self._samples = self._samples, []
            frames, self._frames = self._frames, []
            events, self._events = self._events, []
            self._handed += max(len(samples), len(frames))
            self._writing = asyncio.ensure_future(
                self._in_thread(self._hand_over, samples, events, frames, self._latest)
            )
            await asyncio.shield(self._writing)

    def _hand_over(
        self,
        samples: list[Sample],
        events: list[tuple[str, str, float]],
        frames: list[tuple[int, float]],
        latest: Progress | None,
    ) -> None:
        """What is handed over the writer keeps, also when the commit fails."""
        self._writer.keep(samples, events, latest, frames)
        self._writer.flush()
        self._handed = 0
        self._stored_until = latest[2] if latest is not None else 0.0

    def _finish(self, state: State, error: str | None) -> None:
        self._writer.finish(state, error=error, still=self.still_faces())

    async def _in_thread(self, function: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *given)
