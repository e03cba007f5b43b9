"""How much memory a process may ask for: its data, where the system counts them (Linux)."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path


def limit_memory(megabytes: int) -> int | None:
    """Let this process ask for so much at most; beyond, asking fails with MemoryError or the like.

    By the data's size and not the address space's: threads and networks reserve much that they never use.
    Returns the limit of before; None where the system has none.
    """
    if sys.platform != "linux":
        return None
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * 1_000_000
    set_memory(wanted if hard < 0 else min(wanted, hard))
    return before


def megabytes_now() -> int:
    """Of this process's data; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) // 1000
    return 0


def set_memory(soft: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.getrlimit(resource.RLIMIT_DATA)[1]))
