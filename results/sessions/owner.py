"""Which process writes a session, and whether it is still there.

A session whose process was killed never gets to say so. Its row therefore names the owner: host, process id
and the moment that process started (process ids are reused). On the same host anyone can look whether the
owner lives; for another host only the age of its last sign of life is known.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
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
            return self == this_process()
        started = _start_of(self.pid)
        return None if started == "" else started == self.started


def this_process() -> Owner:
    """The calling process."""
    return _owner(os.getpid())


@cache
def _owner(pid: int) -> Owner:
    return Owner(platform.node(), pid, _start_of(pid) or "")


def _start_of(pid: int) -> str | None:
    """When a process started; None if it is gone or only waits to be reaped. Empty on Windows: there the age
    of its last sign of life has to do.
    """
    if sys.platform == "win32":
        return ""
    return _told_by_proc(pid) if _PROC.joinpath("self").exists() else _told_by_ps(pid)


def _told_by_proc(pid: int) -> str | None:
    """Boot and clock tick: fields 3 (state) and 22 (start time) of /proc/<pid>/stat, proc(5)."""
    try:
        stat = _PROC.joinpath(str(pid), "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command's name may itself hold spaces and brackets
    if fields[0] in "ZXx":
        return None
    return f"{_boot()}:{fields[19]}"


def _told_by_ps(pid: int) -> str | None:
    """On macOS and the BSDs, which have no /proc. Seconds are all that it tells."""
    command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        )
    except OSError:
        return ""
    state, _, started = done.stdout.strip().partition(" ")
    return None if state[:1] in ("", "Z") else " ".join(started.split())


@cache
def _boot() -> str:
    try:
        return _PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
