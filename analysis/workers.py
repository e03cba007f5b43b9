"""Processes for work that may go wrong: files of strangers are opened in here and nowhere else.

A worker is given a function of plain values and gives its value back. It has a limit on memory, its work one
on time; one that dies, is killed or does not end in time is replaced, and all that is lost is the one piece
of work. Each has a pipe of its own: whatever kills one, at whatever moment, leaves no lock behind that others
wait for.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any, Self, TypeVar

from analysis.errors import AnalysisError
from analysis.inside_worker import EVERY, TOO_MUCH, serve
from analysis.memory import give_back_large, limit_memory, megabytes_now, set_memory
from analysis.system import cores, without_interrupts

Progress = Callable[[int, int | None, float], None]
"""Called with frames done, frames expected (None: unknown) and seconds of the source."""
Value = TypeVar("Value")

GRACE = 3.0
"""Seconds that a worker has to stop when it is asked to; then it is killed."""
START = 120.0
"""Seconds that a worker may take to start: on a busy machine that is not the file's fault."""
TRIES = 3
"""How many workers may end before they have begun with a piece of work."""


@dataclass(frozen=True)
class WorkerLimits:
    """What one piece of work may take. Settings of the same names (`VALENCE_…`) raise them."""

    worker_memory_mb: int = 3000
    """Of a worker's data (on Linux; elsewhere the system has no such limit)."""
    worker_patience: float = 180.0
    """Seconds without a frame after which it counts as stuck."""
    worker_hours: float = 12.0


class WorkerDiedError(AnalysisError):
    """The process ended in the middle of the work."""

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(
            "its analysis ended the process that did it; the file may be damaged or made to do harm: "
            "choose another"
        )
        self.blameless = exit_code == -signal.SIGTERM
        """Somebody asked it to end, e.g. because the computer shuts down."""


class _NotBegunError(WorkerDiedError):
    """The process ended before it had the work: another one may do it."""


class WorkerLateError(AnalysisError):
    """The work took longer than it may."""


class WorkerFaultError(Exception):
    """The work raised what cannot be sent as it is; the text is its last line, the note the whole of it."""

    def __init__(self, trace: str) -> None:
        super().__init__(trace.strip().rpartition("\n")[2])
        self.add_note(trace)


class Workers:
    """So many processes, each started when it is first needed. Close them, or use `with`.

    Any number of threads may call `run`; one that finds no worker free waits for one.
    """

    def __init__(self, count: int, limits: WorkerLimits | None = None) -> None:
        self.count = max(1, count)
        self._limits = limits or WorkerLimits()
        # The one that came back last is taken first: it is warm.
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._workers: set[_Worker] = set()
        self._closed = False
        for _ in range(self.count):
            self._free.put(None)

    def run(self, function: Callable[..., Value], *given: Any, progress: Progress | None = None) -> Value:
        """`function(*given)` in a worker; with `progress` also `function(…, progress=…)`.

        The function and what it is given must be importable and picklable. `progress` is called in the
        calling thread, several times a second also when nothing is new; what it raises stops the work and
        comes out here.

        Raises:
            WorkerDiedError, WorkerLateError: what happened to the process.
            WorkerFaultError: an exception of the function that cannot be sent. Others come out as they are.
        """
        for _ in range(TRIES - 1):
            with suppress(_NotBegunError), self._worker() as worker:
                return worker.run(function, given, progress, self._limits)  # type: ignore[no-any-return]
        with self._worker() as worker:
            return worker.run(function, given, progress, self._limits)  # type: ignore[no-any-return]

    def close(self) -> None:
        """End all workers, whatever they do."""
        self._closed = True
        for worker in list(self._workers):
            worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        worker = self._free.get()
        try:
            if worker is None or not worker.alive:
                if worker is not None:
                    self._workers.discard(worker)
                if self._closed:
                    raise AnalysisError("the program is stopping")
                worker = _Worker(self._limits.worker_memory_mb, max(1, cores() // self.count))
                self._workers.add(worker)
                if self._closed:
                    worker.kill()
            yield worker
        finally:
            self._free.put(worker)


class ThisProcess:
    """What `Workers` does, here: for a single piece of work, for which a process would take a second to
    start.

    Memory is limited as a worker's is, beyond what the program has already, inside `with`. A file that ends
    the process ends the program.
    """

    count = 1

    def __init__(self, limits: WorkerLimits | None = None) -> None:
        self._memory_mb = (limits or WorkerLimits()).worker_memory_mb
        self._before: int | None = None

    def run(self, function: Callable[..., Value], *given: Any, progress: Progress | None = None) -> Value:
        """As `Workers.run`; `progress` is called for every frame."""
        try:
            return function(*given) if progress is None else function(*given, progress=progress)
        except MemoryError as error:
            raise AnalysisError(TOO_MUCH) from error

    def __enter__(self) -> Self:
        give_back_large()
        self._before = limit_memory(self._memory_mb + megabytes_now())
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            set_memory(self._before)


class _Worker:
    """One process and the end of its pipe."""

    def __init__(self, memory_mb: int, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, memory_mb, threads), name="worker", daemon=True
        )
        self._ended = False
        with without_interrupts():
            self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        return not self._ended and self._process.is_alive()

    def run(
        self,
        function: Callable[..., Any],
        given: tuple[Any, ...],
        progress: Progress | None,
        limits: WorkerLimits,
    ) -> Any:
        try:
            kind, content = self._answer(function, given, progress, limits)
        except (WorkerDiedError, WorkerLateError):
            self.kill()
            raise
        except BaseException:
            self._stop()
            raise
        if kind == "error":
            raise content
        if kind == "fault":
            raise WorkerFaultError(content)
        return content

    def _answer(
        self,
        function: Callable[..., Any],
        given: tuple[Any, ...],
        progress: Progress | None,
        limits: WorkerLimits,
    ) -> tuple[str, Any]:
        latest: tuple[int, int | None, float] = (0, None, 0.0)
        began = heard = time.monotonic()
        died: type[WorkerDiedError] = _NotBegunError
        self._send((function, given, progress is not None))
        while True:
            wait([self._pipe, self._process.sentinel], EVERY)
            if self._pipe.poll():
                kind, content = self._receive(died)
                heard = time.monotonic()
                if kind == "begun":
                    died = WorkerDiedError
                elif kind == "progress":
                    latest = content
                else:
                    return kind, content
            elif not self.alive:
                raise died(self._process.exitcode)
            now = time.monotonic()
            begun = died is WorkerDiedError
            patience = limits.worker_patience if begun else max(START, limits.worker_patience)
            if now - heard > patience:
                raise WorkerLateError(
                    f"nothing more could be read from it in {limits.worker_patience:g} seconds; "
                    "copy it again, or choose another file"
                )
            if now - began > limits.worker_hours * 3600:
                raise WorkerLateError(
                    f"its analysis took longer than {limits.worker_hours:g} hours; cut it into parts "
                    "(VALENCE_WORKER_HOURS raises the limit)"
                )
            if progress is not None:
                progress(*latest)

    def kill(self) -> None:
        self._ended = True
        self._process.kill()
        self._process.join(GRACE)
        self._pipe.close()

    def _stop(self) -> None:
        """Let the worker end its work as if somebody pressed Ctrl-C; kill it if it does not."""
        give_up = time.monotonic() + GRACE
        with suppress(OSError, EOFError, ValueError, WorkerDiedError):
            self._pipe.send(None)
            while (left := give_up - time.monotonic()) > 0:
                if self._pipe.poll(left) and self._receive()[0] not in ("begun", "progress"):
                    return
        self.kill()

    def _send(self, content: Any) -> None:
        try:
            self._pipe.send(content)
        except OSError as error:
            raise _NotBegunError(self._process.exitcode) from error

    def _receive(self, died: type[WorkerDiedError] = WorkerDiedError) -> tuple[str, Any]:
        try:
            kind, content = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(GRACE)
            raise died(self._process.exitcode) from error
        return kind, content


def cores_but_one() -> int:
    """How many workers there are by default: whoever is live keeps a core."""
    return max(1, cores() - 1)
