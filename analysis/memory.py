"""How much memory a process may ask for, and that it gives back what it does not need."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

LARGE = 8_000_000
"""Bytes from which a block goes back to the system as soon as it is free: pictures above full HD."""
KEPT = 256_000_000
"""Bytes of smaller blocks that are kept for later: asking the system for each again takes time."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # mallopt(3)


def give_back_large() -> None:
    """Large pictures leave no holes in memory behind that nothing else fits into (glibc only).

    By itself it learns from the first large block that is freed to keep such blocks.
    """
    with suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, KEPT)


def limit_memory(megabytes: int) -> int | None:
    """Let this process ask for so much at most; beyond, asking fails with MemoryError or the like.

    On Linux, by the data's size and not the address space's: threads and networks reserve much that they
    never use. Returns the limit of before; None where the system has none.
    """
    if sys.platform != "linux":
        return None
    import resource  # which Windows does not have

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * 1_000_000
    set_memory(wanted if hard < 0 else min(wanted, hard))
    return before


def megabytes_now() -> int:
    """Of this process's data; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) // 1000
    return 0


def set_memory(soft: int) -> None:
    """The limit of this process, where the system has one."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.getrlimit(resource.RLIMIT_DATA)[1]))
