"""The queue of analyses: jobs of the database, worked on by this server, several side by side."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from analysis.errors import AnalysisError, OutageError
from analysis.workers import Progress, WorkerDiedError
from results import (
    Beat,
    DeletedError,
    Job,
    Jobs,
    NotFoundError,
    ResultsError,
    Store,
    StoreError,
    write_folder,
)
from web.uploads.folders import Folders

Analyze = Callable[[Path, Progress], dict[str, Any]]
"""Analyses a file into a stored session and returns its summary. Raises AnalysisError; passes on what
`Progress` raises."""
Value = TypeVar("Value")

NO_FACE = "No face was found in it. Please choose another image or video."
MOST_DEATHS = 2
"""A file whose analysis ended its process so often is set aside: it is the reason."""
EVERY = 0.3
"""Seconds between two looks at the queue while somebody watches or something runs."""
BEAT = 2.0
"""Seconds between two signs of life of what runs here."""
LOOK = 2.0
"""Seconds between two looks for jobs that came in through another server, or whose server is gone."""
PAUSE = 3.0
"""Seconds for which the queue waits when the database or the disk is away."""
LAST_TRIES = 10.0
"""Seconds for which a server that stops tries to give its jobs back; else they are taken over from it."""

log = logging.getLogger(__name__)


class _Stopped(Exception):  # noqa: N818 - not an error
    """The analysis is to end: it was cancelled, or the server stops."""


class _Run:
    """A job that this server works on just now."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.beat = Beat()
        self._began = time.monotonic()

    def report(self, frames: int, expected: int | None, _seconds: float) -> None:
        self.check()
        self.beat = Beat(frames, expected, frames / max(time.monotonic() - self._began, 1e-6))

    def check(self) -> None:
        if self.cancelled.is_set():
            raise _Stopped


class Analyses:
    """The queue, between `async with` and its end; `count` analyses run at a time.

    On exit the running ones are stopped and wait again, for this server's next start or for another server on
    the same database. When the database or the disk is away, the queue pauses.
    """

    def __init__(self, store: Store, analyze: Analyze, count: int = 1) -> None:
        self.folders = Folders(store.root)
        self._jobs = Jobs(store.database)
        self._store = store
        self._analyze = analyze
        self._count = count
        self._running: dict[str, _Run] = {}
        self._receiving: set[str] = set()
        self._stopping = threading.Event()
        self._give_up = float("inf")
        self._news = asyncio.Event()
        self._changed = asyncio.Event()
        self._listing: list[Job] = []
        self._watchers = 0
        self._group = asyncio.TaskGroup()
        # Threads of its own: an analysis holds one for hours, a database that is locked for half a minute.
        self._threads = ThreadPoolExecutor(count + 2, "analyses")

    async def __aenter__(self) -> Self:
        await self._in_thread(self._adopt)
        await self._in_thread(self._take_over)
        await self._group.__aenter__()
        for number in range(self._count):
            self._group.create_task(self._work(), name=f"analyses {number}")
        self._group.create_task(self._keep(), name="analyses keeper")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_up = time.monotonic() + LAST_TRIES
        self._stopping.set()
        for run in list(self._running.values()):
            run.cancelled.set()
        self._tell()
        await self._group.__aexit__(kind, error, trace)
        self._threads.shutdown(wait=False)

    # What routes ask for

    def receive(self) -> Path:
        """A folder for a file that is about to come; its name is the job's id. Raises StoreError, OSError."""
        job_id = self._jobs.receive()
        self._receiving.add(job_id)
        return self.folders.make(job_id)

    async def add(self, files: Mapping[str, tuple[str, str]]) -> list[Job]:
        """Queue jobs whose files have come: by id the file's name for people and on the disk."""
        queued = await self._in_thread(self._jobs.queue, files)
        self._receiving -= files.keys()
        self._tell()
        return queued

    async def discard(self, job_ids: list[str]) -> None:
        """Leave nothing of jobs whose files did not come whole."""
        await self._in_thread(self._discard, job_ids)

    async def jobs(self) -> list[Job]:
        """All jobs, oldest first."""
        return await self._in_thread(self._jobs.all)

    async def get(self, job_id: str) -> Job | None:
        return await self._in_thread(self._jobs.get, job_id)

    def progress(self, job: Job) -> Beat:
        """How far a running job is: as of just now where it runs here, else of its server's last word."""
        run = self._running.get(job.id)
        return run.beat if run is not None else Beat(job.frames, job.frames_expected, job.fps)

    async def remove(self, job: Job) -> None:
        """Cancel a job that waits or runs, forget one that failed. A done one belongs to its session."""
        await self._in_thread(self._jobs.remove, job.id)
        run = self._running.get(job.id)
        if run is not None:
            run.cancelled.set()  # who works on it cleans up behind itself, here or on another server
        else:
            await self._in_thread(self._clear, job)
        self._tell()

    async def changes(self, patience: float) -> AsyncIterator[list[Job] | None]:
        """All jobs at once, and again after each change; None when `patience` seconds brought none."""
        self._watchers += 1
        try:
            changed = self._changed
            self._tell()
            yield await self.jobs()
            while not self._stopping.is_set():
                try:
                    async with asyncio.timeout(patience):
                        await changed.wait()
                except TimeoutError:
                    yield None
                    continue
                changed = self._changed
                yield self._listing
        finally:
            self._watchers -= 1

    # The work

    async def _work(self) -> None:
        while not self._stopping.is_set():
            news = self._news
            try:
                job = await self._in_thread(self._jobs.claim, self.folders.has)
            except StoreError as error:
                log.warning("The queue of uploads waits: %s", error)
                await self._wait(PAUSE)
                continue
            if job is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await news.wait()
                continue
            run = self._running[job.id] = _Run()
            if self._stopping.is_set():
                run.cancelled.set()
            self._tell()
            try:
                pause = await self._in_thread(self._run, job, run)
            except Exception:
                log.exception("What became of the upload %s cannot be kept.", job.input)
                pause = True
            finally:
                del self._running[job.id]
                self._tell()
            if pause:
                await self._wait(PAUSE)

    def _run(self, job: Job, run: _Run) -> bool:
        """In a thread: analyse, and keep what came of it. True: the database or the disk is away."""
        try:
            self._drop_sessions(job)  # of an earlier try that did not come to its end
            summary = self._analyze(self.folders.file(job), run.report)
            run.check()
            if not summary["faces"]:
                self._end(job, NO_FACE, no_face=True)
                return False
            self._finish(job, str(summary["session"]))
        except _Stopped:
            if self._stopping.is_set():
                self._return(job)
            else:
                self._until_it_holds(lambda: self._clear(job))
        except WorkerDiedError as error:
            if self._stopping.is_set() or error.blameless:
                self._return(job)
            elif job.deaths + 1 < MOST_DEATHS:
                self._return(job, died=True)
            else:
                self._set_aside(job)
        except DeletedError:
            self._end(job, "Its session was deleted before it was done.")
        except (StoreError, OutageError) as error:
            log.warning("The analysis of %s is put off: %s", job.input, error)
            self._return(job)
            return True
        except NotFoundError:
            self._end(job, "Its session was deleted before it was done.")
        except AnalysisError as error:
            self._end(job, str(error))
        except Exception:
            log.exception("The analysis of %s failed.", job.input)
            self._end(job, "The analysis failed unexpectedly; the server's log says more.")
        return False

    def _finish(self, job: Job, session: str) -> None:
        recording = self.folders.keep(job, self._store.folder(session))
        write_folder(self._store, session, recording=recording)
        if self._until_it_holds(lambda: self._jobs.done(job.id, session)):
            self.folders.discard(job.id)
        else:  # cancelled at the last moment, or another server has it now
            self._until_it_holds(lambda: self._clear(job))

    def _end(self, job: Job, error: str, no_face: bool = False) -> None:
        """It has failed, and nothing of the file stays."""

        def end() -> None:
            if self._jobs.owns(job.id):
                self._drop_sessions(job)
            if self._jobs.fail(job.id, error, no_face=no_face):
                self.folders.discard(job.id)
            else:
                self._clear(job)

        self._until_it_holds(end)

    def _set_aside(self, job: Job) -> None:
        """It has failed, and whoever wants to know why has the file."""
        where = self.folders.of(job.id).relative_to(self.folders.root.parent)
        text = (
            f"Its analysis ended the process that did it {MOST_DEATHS} times, so it is set aside. The file "
            f"is kept in {where} until you remove it here."
        )

        def end() -> None:
            if self._jobs.owns(job.id):
                self._drop_sessions(job)
                self._jobs.fail(job.id, text)

        self._until_it_holds(end)

    def _return(self, job: Job, *, died: bool = False) -> None:
        """It waits again."""

        def give_back() -> None:
            if self._jobs.owns(job.id):
                self._drop_sessions(job)
                self._jobs.give_back(job.id, died=died)
            else:  # cancelled meanwhile, or another server has it now
                self._clear(job)

        self._until_it_holds(give_back)

    def _clear(self, job: Job) -> None:
        """Nothing of it stays, unless another server has it now."""
        if self._jobs.get(job.id) is None:
            self._drop_sessions(job)
            self.folders.discard(job.id)

    def _until_it_holds(self, action: Callable[[], Value]) -> Value | None:
        """Try again as long as the database is away; None where the server stops before."""
        while True:
            try:
                return action()
            except StoreError as error:
                if time.monotonic() > self._give_up:
                    log.error("What became of an upload cannot be kept: %s", error)
                    return None
                log.warning("What became of an upload cannot be kept yet: %s", error)
                time.sleep(min(PAUSE, 1.0))

    def _drop_sessions(self, job: Job) -> None:
        """Delete the sessions that an analysis of the upload has begun."""
        for session in self._store.read_from(self.folders.file(job)):
            with suppress(NotFoundError):
                self._store.delete(session)

    # What goes on beside it

    async def _keep(self) -> None:
        """Give signs of life, look after the jobs of servers that are gone, and see what has changed."""
        beaten = looked = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            try:
                if now - beaten > BEAT and (self._running or self._receiving):
                    beaten = now
                    beats = {job_id: run.beat for job_id, run in self._running.items()}
                    for lost in await self._in_thread(self._jobs.beat, beats, set(self._receiving)):
                        if lost in self._running:
                            self._running[lost].cancelled.set()
                if now - looked > LOOK:
                    looked = now
                    await self._in_thread(self._take_over)
                if self._watchers:
                    await self._look()
            except StoreError as error:
                log.warning("The queue of uploads cannot be looked at: %s", error)
                await self._wait(PAUSE)
            await self._wait(EVERY)

    async def _look(self) -> None:
        listing = await self.jobs()
        if listing != self._listing or self._running:
            self._listing = listing
            self._changed.set()
            self._changed = asyncio.Event()

    def _take_over(self) -> None:
        for job_id in self._jobs.take_over():
            self.folders.discard(job_id)

    def _adopt(self) -> None:
        """Take over what an older version noted in files."""
        found = list(self.folders.older())
        self._jobs.adopt(job for job, _ in found)
        for job, path in found:
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()  # of a failed one, whose file was gone already
            log.info("The upload %s of an older version was taken over.", job.input)

    def _discard(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            self._receiving.discard(job_id)
            self.folders.discard(job_id)
            with suppress(ResultsError):  # else it is taken for cut off, once this server is gone
                self._jobs.remove(job_id)

    async def _in_thread(self, function: Callable[..., Value], *given: Any) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *given)

    async def _wait(self, seconds: float) -> None:
        """Sleep, but not when the server stops."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.1))

    def _tell(self) -> None:
        """Wake whoever waits for work."""
        self._news.set()
        self._news = asyncio.Event()
