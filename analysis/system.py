"""What each operating system has its own way for: the cores, giving way to others, keeping Ctrl-C away."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

NICENESS = 5
_BELOW_NORMAL = 0x4000
"""Windows' priority class of that name (SetPriorityClass)."""


def cores() -> int:
    """Of this computer, as far as this process may use them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_way() -> None:
    """Leave the processor to whoever is live, from now on."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass(ctypes.c_void_p(kernel.GetCurrentProcess()), _BELOW_NORMAL)
    else:
        os.nice(NICENESS)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """What is started in here is not told of Ctrl-C, which a terminal sends to all of a program's processes.

    On Windows it is told until it says itself that it does not listen.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
