"""A live session into the store, while it runs."""

from __future__ import annotations

import asyncio
import logging
import time

from results import DeletedError, NotFoundError, SessionWriter, State, Store, StoreError
from stream.frames import Sample
from stream.pipelines.live import LiveResult

EVERY = 0.3
"""Seconds between commits: what a killed process loses at most, with the time that a commit takes."""
PATIENCE = 10.0
"""Seconds for which a database that cannot be written is tried again."""

log = logging.getLogger(__name__)


class Recorder:
    """A sink that keeps every sample. Disk work happens in threads; the sink itself never waits.

    It holds what came since the last commit: bounded by `PATIENCE` seconds of a live stream.
    """

    def __init__(self, store: Store, writer: SessionWriter) -> None:
        self.id = writer.id
        self._store, self._writer = store, writer
        self._samples: list[Sample] = []
        self._events: list[tuple[str, str]] = []
        self._latest: LiveResult | None = None
        self._writing: asyncio.Future[None] | None = None
        self._written = time.monotonic()

    def __call__(self, result: LiveResult) -> None:
        self._samples.extend(result.samples)
        self._latest = result

    def event(self, kind: str, text: str) -> None:
        """Note something that happened, at the time of the latest frame."""
        self._events.append((kind, text))

    async def run(self) -> None:
        """Commit every `EVERY` seconds until cancelled.

        Raises:
            DeletedError: someone has deleted the session.
            StoreError: the database could not be written for `PATIENCE` seconds.
        """
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._write()
            except DeletedError:
                raise
            except StoreError as error:
                if time.monotonic() - self._written > PATIENCE:
                    raise
                log.warning("Session %s cannot be stored just now, trying again: %s", self.id, error)

    async def finish(self, reason: str, error: str | None = None) -> None:
        """Commit the rest and close the session; `error` closes it as failed."""
        self.event("end", reason)
        try:
            await self._write()
            state = State.DONE if error is None else State.FAILED
            await asyncio.to_thread(self._writer.finish, state, error=error)
        except DeletedError:
            log.info("Session %s was deleted while it ran.", self.id)
        except StoreError as failure:
            log.error("The end of session %s could not be stored: %s", self.id, failure)

    async def discard(self) -> None:
        """Leave no trace of a session in which nothing happened."""
        try:
            await asyncio.to_thread(self._writer.finish)
            await asyncio.to_thread(self._store.delete, self.id)
        except (StoreError, NotFoundError) as failure:
            log.error("The empty session %s could not be removed: %s", self.id, failure)

    async def _write(self) -> None:
        """Hand over what came. Cancelled, it goes on in its thread, and the next call waits for it first."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
            self._writing.exception()  # the writer keeps what it could not commit and tries again now
        samples, self._samples = self._samples, []
        events, self._events = self._events, []
        self._writing = asyncio.ensure_future(
            asyncio.to_thread(self._hand_over, samples, events, self._latest)
        )
        await asyncio.shield(self._writing)
        self._written = time.monotonic()

    def _hand_over(
        self, samples: list[Sample], events: list[tuple[str, str]], latest: LiveResult | None
    ) -> None:
        """What is handed over the writer keeps, also when a commit fails."""
        failure: StoreError | None = None
        try:
            self._writer.add(samples)
        except DeletedError:
            raise
        except StoreError as error:
            failure = error
        for kind, text in events:
            self._writer.event(kind, text) if failure is None else self._events.append((kind, text))
        if failure is not None:
            raise failure
        if latest is not None:
            self._writer.progress(latest.frames, latest.frames_with_faces, latest.shot.time)
        self._writer.flush()
