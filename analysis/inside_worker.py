"""What runs inside a worker's process: it does what comes through its pipe, and says how far it is.

Beside it, in the parent, stands `analysis.workers`.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from analysis.errors import AnalysisError
from analysis.memory import give_back_large, limit_memory
from analysis.system import give_way

EVERY = 0.2
"""Seconds between two looks at a worker, and between two of its reports."""
TOO_MUCH = "it asks for more memory than an analysis may have; choose another file"


class Stop(KeyboardInterrupt):
    """The work is not wanted any more."""


def serve(pipe: Connection, memory_mb: int, threads: int) -> None:
    """Does what comes through the pipe until its other end is closed."""
    # Before the first library that reads it is loaded: workers side by side share the cores.
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    give_back_large()
    limit_memory(memory_mb)
    give_way()
    with suppress(EOFError, OSError):
        while True:
            wanted = pipe.recv()
            if wanted is not None:  # a wish to stop that came too late
                pipe.send(("begun", None))
                pipe.send(_outcome(pipe, *wanted))


def _outcome(
    pipe: Connection, function: Callable[..., Any], given: tuple[Any, ...], told: bool
) -> tuple[str, Any]:
    try:
        value = function(*given, progress=_Reporter(pipe)) if told else function(*given)
    except Stop:
        return "stopped", None
    except MemoryError:
        return "error", AnalysisError(TOO_MUCH)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # whatever hinders it
            return "fault", "".join(traceback.format_exception(error))
        return "error", error
    return "value", value


class _Reporter:
    """Tells the parent how far it is, and hears whether to stop."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._told = 0.0

    def __call__(self, done: int, expected: int | None, seconds: float) -> None:
        if self._pipe.poll():
            self._pipe.recv()
            raise Stop
        now = time.monotonic()
        if now - self._told >= EVERY / 2:
            self._told = now
            self._pipe.send(("progress", (done, expected, seconds)))


def _end_with_parent() -> None:
    """A parent that was killed cannot say goodbye."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
