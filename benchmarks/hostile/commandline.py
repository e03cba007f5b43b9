"""Batches of inputs through `valence analyze --json`, each batch in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.hostile.inputs import Batch
from benchmarks.hostile.made import Made
from benchmarks.hostile.verdict import Verdict
from benchmarks.hostile.watching import Outside, Peak, end
from results.database.texts import storable

ROOT = Path(__file__).parents[2]
STARTS_S = 30.0
"""For the program itself, before its first input."""


@dataclass(frozen=True)
class Limits:
    """What one input may take."""

    seconds: float
    bytes: int
    """Of the whole process tree."""


def environment(sessions: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VALENCE_")}
    return {**kept, "PYTHONPATH": str(ROOT), "VALENCE_SESSIONS": str(sessions), **more}


def run_batch(batch: Batch, work: Path, limits: Limits, verdict: Verdict, watched: Outside) -> None:
    """Judges every input of the batch. An input at which the process hangs, swells or dies is set apart, and
    the process started again for the others."""
    before = watched.reads
    # In the order in which they are met: those in the folder by name, then those that are named.
    ordered = sorted(batch.inputs, key=lambda made: (made.named, made.path))
    left = {_key(made.path): made for made in ordered}
    aside = batch.folder.parent / "aside" / batch.folder.name
    while left:
        ended, why = _run(batch, left, work, limits, verdict)
        if not left:
            break
        if ended is None:  # it ended by itself, and said nothing of some
            for made in left.values():
                verdict.inputs += 1
                verdict.offend("deaths", batch, made, "nothing was said of it")
            break
        suspect = left.pop(next(iter(left)))
        verdict.inputs += 1
        verdict.offend(ended, batch, suspect, why)
        aside.mkdir(parents=True, exist_ok=True)
        (batch.folder / suspect.path).rename(aside / suspect.path.name)
        verdict.offenders.discard(batch.folder / suspect.path)
        verdict.offenders.add(aside / suspect.path.name)
    if watched.reads > before:
        verdict.offend("outside", batch, None, f"{watched.reads - before} openings of the pipe or the server")


def _run(
    batch: Batch, left: dict[str, Made], work: Path, limits: Limits, verdict: Verdict
) -> tuple[str | None, str]:
    """One process over what is left, which loses what was answered. Returns what it was ended for, by the
    name of the verdict's list (None: nothing), and the last that it said."""
    named = [f"./{made.path}" for made in left.values() if made.named]
    words = [sys.executable, "-m", "valence", "analyze", "--json", "--out", str(work / "results"), "."]
    began = last = time.monotonic()
    with (work / "errors").open("w+b") as errors:
        process = subprocess.Popen(
            [*words, *named],
            cwd=batch.folder,
            env=environment(work / "sessions"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        lines = _lines(process)
        ended = None
        with Peak(process.pid, limits.bytes) as peak:
            patience = STARTS_S + limits.seconds
            while True:
                try:
                    line = lines.get(timeout=max(0.0, last + patience - time.monotonic()))
                except queue.Empty:
                    ended = "slow"
                    end(process.pid)
                    break
                if line is None:
                    break
                now = time.monotonic()
                made = left.pop(_key(Path(str(line.get("input")))), None)
                if made is None:
                    continue
                took = now - last
                verdict.judge(batch, made, line.get("error"))
                if patience == limits.seconds:  # the first one waits for the program to start
                    verdict.slowest_s = max(verdict.slowest_s, took)
                last, patience = now, limits.seconds
        code = process.wait()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace")
    verdict.read_log(batch, said)
    verdict.peak_mb = max(verdict.peak_mb, peak.most / 1e6)
    verdict.seconds += time.monotonic() - began
    if peak.over:
        ended = "large"
    elif ended is None and code not in (0, 2, 3):
        ended = "deaths"
    return (
        ended,
        f"exit code {code}, {(said.strip().splitlines() or ['nothing said'])[-1]}"
        if ended == "deaths"
        else "",
    )


def _lines(process: subprocess.Popen[bytes]) -> queue.Queue[dict[str, Any] | None]:
    """The objects that a process prints, as they come; None at the end."""
    found: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                with contextlib.suppress(ValueError):
                    value = json.loads(line)
                    if isinstance(value, dict):
                        found.put(value)
        found.put(None)

    threading.Thread(target=read, name="output", daemon=True).start()
    return found


def _key(path: Path) -> str:
    """A path as the record calls it, wherever the escape was made."""
    return storable(str(path))
