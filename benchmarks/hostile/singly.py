"""The six bombs, one process each: refused or not, seconds, and memory above a process with nothing to do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.hostile import good as good_files
from benchmarks.hostile.bombs import FIRST
from benchmarks.hostile.commandline import STARTS_S, Limits, environment
from benchmarks.hostile.watching import Peak, end


def measure(folder: Path, limits: Limits) -> list[dict[str, Any]]:
    """A line for each bomb."""
    folder.mkdir(parents=True)
    good_files.video(folder / "good.mp4", "mp4")
    mp4 = (folder / "good.mp4").read_bytes()
    (folder / "idle.mp4").touch()
    idle = _one(folder, "idle.mp4", limits)
    found = []
    for name, make in FIRST.items():
        (folder / name).write_bytes(make(mp4))
        line = _one(folder, name, limits)
        line["seconds"] = round(line["seconds"] - idle["seconds"], 2)
        line["peak_mb"] = round(line["peak_mb"] - idle["peak_mb"])
        found.append(line)
    return found


def _one(folder: Path, name: str, limits: Limits) -> dict[str, Any]:
    words = [sys.executable, "-m", "valence", "analyze", "--json", "--no-annotate", name]
    began = time.monotonic()
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=environment(folder / "sessions"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    over_time = False
    with Peak(process.pid, limits.bytes) as peak:
        try:
            out, _ = process.communicate(timeout=STARTS_S + limits.seconds)
        except subprocess.TimeoutExpired:
            over_time = True
            end(process.pid)
            out, _ = process.communicate()
    said = json.loads(out.splitlines()[0]) if out.strip() else {}
    error = (
        "over the time limit" if over_time else "over the memory limit" if peak.over else said.get("error")
    )
    return {
        "input": name,
        "refused": "error" in said,
        "error": error,
        "seconds": time.monotonic() - began,
        "peak_mb": peak.most / 1e6,
        "bytes": (folder / name).stat().st_size,
    }
