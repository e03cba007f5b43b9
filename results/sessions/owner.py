"""Which process writes a session, and whether it is still there.

A session whose process was killed never gets to say so. Its row therefore names the owner: host, process id
and the moment that process started (process ids are reused). On the same host anyone can look whether the
owner lives; for another host only the age of its last sign of life is known.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Owner:
    """A process, named so that no other one can be mistaken for it."""

    host: str
    pid: int
    started: str
    """When it started, in a form that only needs to be compared; empty where the system does not tell."""

    def alive(self) -> bool | None:
        """Whether the process still runs; None where that cannot be seen from here."""
        if self.host != platform.node():
            return None
        if self.pid == os.getpid():
            return self.started == _start_of(self.pid)
        if _PROC.joinpath("self").exists():
            return self.started == _start_of(self.pid)
        if os.name != "posix":  # there os.kill would end the process instead of looking for it
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def this_process() -> Owner:
    """The calling process."""
    pid = os.getpid()
    return Owner(platform.node(), pid, _start_of(pid) or "")


def _start_of(pid: int) -> str | None:
    """Boot and clock tick at which a process started; None if it is gone or only waits to be reaped.

    Fields 3 (state) and 22 (start time) of /proc/<pid>/stat, proc(5). Empty where there is no /proc.
    """
    if not _PROC.joinpath("self").exists():
        return ""
    try:
        stat = _PROC.joinpath(str(pid), "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command's name may itself hold spaces and brackets
    if fields[0] in "ZXx":
        return None
    return f"{_boot()}:{fields[19]}"


@cache
def _boot() -> str:
    try:
        return _PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
