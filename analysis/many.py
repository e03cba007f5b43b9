"""Many files into stored sessions, several side by side, in workers: one that is bad stops no other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from analysis.tasks import FileTask, analyze_file
from analysis.workers import Progress, ThisProcess, Workers
from results import DeletedError, StoreError

Outcome = dict[str, Any] | Exception
"""The summary of a file's session, or why there is none."""
Watch = Callable[[FileTask], Progress]
"""Called when a file's turn has come, in any thread; what it returns is called with how far the file is."""


class _Stopped(KeyboardInterrupt):
    """Nobody waits for the results any more."""


def analyze_many(
    tasks: Sequence[FileTask], workers: Workers | ThisProcess, watch: Watch
) -> Iterator[tuple[FileTask, Outcome]]:
    """Each file with its outcome, in the order given, as soon as it and those before it are there.

    Left early, e.g. by Ctrl-C, it stops the analyses that run: their sessions stay, as interrupted ones.
    Raises StoreError: the database cannot be used, which no other file would change.
    """
    stopping = threading.Event()

    def one(task: FileTask) -> dict[str, Any]:
        told = watch(task)

        def report(done: int, expected: int | None, seconds: float) -> None:
            if stopping.is_set():
                raise _Stopped
            told(done, expected, seconds)

        return workers.run(analyze_file, task, progress=report)

    with _threads(workers.count, stopping) as threads:
        waiting = iter(tasks)
        under_way: deque[tuple[FileTask, Future[dict[str, Any]]]] = deque()
        while True:
            # A few more than run at a time: the next one begins while an earlier one is still looked at.
            while len(under_way) < 2 * workers.count and (task := next(waiting, None)) is not None:
                under_way.append((task, threads.submit(one, task)))
            if not under_way:
                return
            task, promise = under_way.popleft()
            try:
                outcome: Outcome = promise.result()
            except DeletedError as error:
                outcome = error
            except StoreError:
                raise
            except Exception as error:  # whatever it is, it is this file's
                outcome = error
            yield task, outcome


@contextmanager
def _threads(count: int, stopping: threading.Event) -> Iterator[ThreadPoolExecutor]:
    threads = ThreadPoolExecutor(count, "file")
    try:
        yield threads
    finally:
        stopping.set()
        threads.shutdown(cancel_futures=True)
