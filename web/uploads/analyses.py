"""The queue of analyses: one at a time, in the order of arrival, surviving a restart."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from analysis.errors import AnalysisError
from analysis.file import Progress
from results import NotFoundError, ResultsError, Store, write_folder
from web.uploads.journal import Job, Journal, Status

Analyze = Callable[[Path, Progress], dict[str, Any]]
"""Analyses a file into a stored session and returns its summary. Raises AnalysisError; passes on what
`Progress` raises."""

NO_FACE = "No face was found in it. Please choose another image or video."
MOST_ATTEMPTS = 3
"""A file during whose analysis the server ended so often is not tried again: it may be the reason."""
EVERY = 0.2
"""Seconds between two reports of progress."""

log = logging.getLogger(__name__)


class _Stopped(Exception):  # noqa: N818 - not an error
    """The analysis is to end: it was cancelled, or the server stops."""


@dataclass(frozen=True)
class Progressing:
    """How far the running analysis is."""

    frames: int = 0
    frames_expected: int | None = None
    seconds: float = 0.0
    """Of the source."""
    fps: float = 0.0
    """Frames analysed in a second of wall time."""

    @property
    def share(self) -> float:
        """0..1; 0 while nobody knows."""
        return min(1.0, self.frames / self.frames_expected) if self.frames_expected else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds until it is done, if all goes on like this."""
        if not self.frames_expected or not self.fps:
            return None
        return max(0.0, (self.frames_expected - self.frames) / self.fps)


class Analyses:
    """Jobs and the task that works on them, between `async with` and its end.

    Methods are called in the event loop's thread. On exit the running analysis is stopped; its job stays in
    the journal and is begun again by the next process, like one whose process was killed.
    """

    def __init__(self, store: Store, analyze: Analyze) -> None:
        self.journal = Journal(store.root)
        self._store = store
        self._analyze = analyze
        self._jobs: dict[str, Job] = {}
        self._progress: tuple[str, Progressing] = ("", Progressing())
        self._cancelled = threading.Event()
        self._stopping = False
        self._news = asyncio.Event()
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        for job in await asyncio.to_thread(self._resume):
            self._jobs[job.id] = job
        await self._group.__aenter__()
        self._group.create_task(self._work(), name="analyses")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._cancelled.set()
        self._tell()
        await self._group.__aexit__(kind, error, trace)

    # What routes ask for

    def add(self, jobs: list[Job]) -> None:
        """Queue jobs that are in the journal already."""
        self._jobs.update({job.id: job for job in jobs})
        self._tell()

    def jobs(self) -> list[Job]:
        """All jobs, oldest first, without those whose session was deleted."""
        for job in list(self._jobs.values()):
            self._forget_deleted(job)
        return list(self._jobs.values())

    def get(self, job_id: str) -> Job | None:
        job = self._jobs.get(job_id)
        if job is not None:
            self._forget_deleted(job)
        return self._jobs.get(job_id)

    def progress(self, job: Job) -> Progressing:
        job_id, progress = self._progress
        return progress if job_id == job.id else Progressing()

    def ahead(self, job: Job) -> int:
        """How many analyses come before a queued one."""
        before = 0
        for other in self._jobs.values():
            if other.id == job.id:
                break
            before += other.status in (Status.QUEUED, Status.RUNNING)
        return before

    async def remove(self, job: Job) -> None:
        """Cancel a job that waits or runs, forget one that failed. A done one belongs to its session."""
        if job.status is Status.DONE:
            return
        self._jobs.pop(job.id, None)
        if job.status is Status.RUNNING:
            self._cancelled.set()  # the worker cleans up behind itself
        else:
            await asyncio.to_thread(self.journal.discard, job.id)
        self._tell()

    async def changes(self, patience: float) -> AsyncIterator[bool]:
        """True at once and after each change, at most every EVERY seconds; False when `patience` seconds
        brought none."""
        news = self._news
        yield True
        while not self._stopping:
            try:
                async with asyncio.timeout(patience):
                    await news.wait()
            except TimeoutError:
                yield False
                continue
            await asyncio.sleep(EVERY)
            news = self._news
            yield True

    # The work

    async def _work(self) -> None:
        while not self._stopping:
            news = self._news
            job = next((job for job in self._jobs.values() if job.status is Status.QUEUED), None)
            if job is None:
                await news.wait()
            else:
                await self._run(job)

    async def _run(self, job: Job) -> None:
        job = replace(job, status=Status.RUNNING, attempts=job.attempts + 1)
        self._jobs[job.id] = job
        self._cancelled.clear()
        if self._stopping:
            return
        self._progress = (job.id, Progressing())
        self._tell()
        try:
            done = await asyncio.to_thread(self._outcome, job, asyncio.get_running_loop())
        except _Stopped:
            return
        except Exception:
            log.exception("The queue could not keep what became of %s.", job.input)
            done = replace(
                job, status=Status.FAILED, error="The result cannot be stored; see the server's log."
            )
        if job.id in self._jobs:
            self._jobs[job.id] = done
        else:  # cancelled at the last moment
            await asyncio.to_thread(self._take_back, done)
        self._tell()

    def _outcome(self, job: Job, loop: asyncio.AbstractEventLoop) -> Job:
        """In a thread: analyse, and keep what came of it."""
        try:
            self.journal.save(job)
            if job.attempts > MOST_ATTEMPTS:
                raise AnalysisError(f"The server ended {MOST_ATTEMPTS} times while it analysed this file.")
            summary = self._analyze(self.journal.file(job), self._reporter(job, loop))
            self._check()
        except _Stopped:
            self._drop_sessions(job)
            if not self._stopping:
                self.journal.discard(job.id)
            raise
        except AnalysisError as error:
            return self._fail(job, str(error))
        except Exception:
            log.exception("The analysis of %s failed.", job.input)
            self._drop_sessions(job)
            return self._fail(job, "The analysis failed unexpectedly; the server's log says more.")
        if not summary["faces"]:
            self._drop_sessions(job)
            return self._fail(job, NO_FACE, no_face=True)
        session = str(summary["session"])
        try:
            recording = self.journal.keep(job, self._store.folder(session))
            write_folder(self._store, session, recording=recording)
            done = replace(job, status=Status.DONE, session=session)
            self.journal.save(done)
        except NotFoundError:
            return self._fail(job, "Its session was deleted before it was done.")
        self.journal.discard(job.id)
        return done

    def _take_back(self, done: Job) -> None:
        """Nothing is left of a job that somebody cancelled when it was as good as done."""
        self.journal.discard(done.id)
        if done.session is not None:
            try:
                self._store.delete(done.session)
            except ResultsError as error:
                log.warning("The session %s of a cancelled upload stays: %s", done.session, error)

    def _fail(self, job: Job, error: str, no_face: bool = False) -> Job:
        failed = replace(job, status=Status.FAILED, error=error, no_face=no_face)
        self.journal.discard_file(job)
        self.journal.save(failed)
        return failed

    def _reporter(self, job: Job, loop: asyncio.AbstractEventLoop) -> Progress:
        began = time.monotonic()
        told = 0.0

        def report(frames: int, expected: int | None, seconds: float) -> None:
            nonlocal told
            self._check()
            now = time.monotonic()
            self._progress = (
                job.id,
                Progressing(frames, expected, seconds, frames / max(now - began, 1e-6)),
            )
            if now - told >= EVERY:
                told = now
                loop.call_soon_threadsafe(self._tell)

        return report

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise _Stopped

    def _resume(self) -> list[Job]:
        """The journal's jobs; what was begun and not finished is taken back and waits again."""
        jobs = []
        for job in self.journal.load():
            if job.status is Status.RUNNING:
                self._drop_sessions(job)
                job = replace(job, status=Status.QUEUED)
                self.journal.save(job)
            jobs.append(job)
        return jobs

    def _drop_sessions(self, job: Job) -> None:
        """Delete the sessions that an unfinished analysis has begun: they were read from the upload."""
        for session in self._store.sessions():
            if session.origin is not None and session.origin.parent.name == job.id:
                try:
                    self._store.delete(session.id)
                except ResultsError as error:
                    log.warning("The unfinished session %s stays: %s", session.id, error)

    def _forget_deleted(self, job: Job) -> None:
        if job.status is Status.DONE and not self.journal.is_kept(job):
            del self._jobs[job.id]

    def _tell(self) -> None:
        """Wake everybody who waits for news."""
        self._news.set()
        self._news = asyncio.Event()
