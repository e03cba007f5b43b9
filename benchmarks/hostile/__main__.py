"""Hands a thousand hostile files to the command line, and with --upload to a server, and says what they did.

    python -m benchmarks.hostile [--count 1000] [--seed 0] [--upload] [--json]
    python -m benchmarks.hostile --bombs

Damaged files of every kind, bombs, files that point elsewhere, files that are several things or none, and
hostile names, with good files among them. It ends with exit code 1 where anything crashed, hung, swelled,
took a good file with it, or read what was not given to it; the files that did are then kept in a folder that
is named.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks.hostile.commandline import Limits, run_batch
from benchmarks.hostile.inputs import make
from benchmarks.hostile.singly import measure
from benchmarks.hostile.uploading import send_batch, serving
from benchmarks.hostile.verdict import Verdict
from benchmarks.hostile.watching import outside
from valence.printing import cell, console, forgive_streams, print_json, say

_TITLES = {
    "faults": "tracebacks and faults",
    "slow": "over the time limit",
    "large": "over the memory limit",
    "deaths": "process deaths",
    "left": "good files not analysed",
    "outside": "reads outside",
}


def main() -> None:
    forgive_streams()
    arguments = _arguments()
    limits = Limits(arguments.seconds, arguments.megabytes * 1_000_000)
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        if arguments.bombs:
            _tell_bombs(measure(folder / "bombs", limits), arguments.json)
            return
        verdicts = _run(folder, arguments.count, arguments.seed, limits, upload=arguments.upload)
        kept = _keep(verdicts) if not all(one.fine for one in verdicts) else None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _tell(verdicts, kept, arguments.json)
    sys.exit(0 if kept is None else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hostile",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--count", type=int, default=1000, help="damaged files, beside those made by hand")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same files")
    parser.add_argument("--upload", action="store_true", help="send them to a server, too")
    parser.add_argument("--bombs", action="store_true", help="only time six bombs, one by one")
    parser.add_argument("--seconds", type=float, default=60, help="that one input may take")
    parser.add_argument("--megabytes", type=int, default=4000, help="that all processes together may hold")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _run(folder: Path, count: int, seed: int, limits: Limits, *, upload: bool) -> list[Verdict]:
    verdicts = [Verdict("command line")]
    work = folder / "work"
    work.mkdir()
    with outside(folder / "canaries") as watched:
        for batch in make(folder / "inputs", watched.canaries, count, seed):
            say(f"command line: {batch.folder.name}, {len(batch.inputs)} inputs", err=True)
            run_batch(batch, work, limits, verdicts[0], watched)
        if upload:  # made anew: what the command line hung at was set apart
            verdicts.append(Verdict("upload"))
            with serving(folder / "server") as server:
                for batch in make(folder / "uploads", watched.canaries, count, seed):
                    say(f"upload: {batch.folder.name}, {len(batch.inputs)} inputs", err=True)
                    send_batch(batch, server, limits, verdicts[1], watched)
    return verdicts


def _keep(verdicts: Sequence[Verdict]) -> Path:
    """The files that offended, in a folder that stays."""
    kept = Path(tempfile.mkdtemp(prefix="hostile-offenders-"))
    for path in {path for verdict in verdicts for path in verdict.offenders}:
        if path.is_file() and not path.is_symlink():
            target = kept / path.parent.name
            target.mkdir(exist_ok=True)
            shutil.copy(path, target)
    return kept


def _tell(verdicts: Sequence[Verdict], kept: Path | None, as_json: bool) -> None:
    if as_json:
        print_json({"ways": [one.as_json() for one in verdicts], "kept": str(kept) if kept else None})
        return
    table = Table(title="Hostile inputs", title_justify="left")
    table.add_column("")
    for one in verdicts:
        table.add_column(one.way, justify="right")
    rows: dict[str, list[object]] = {
        "inputs": [one.inputs for one in verdicts],
        "analysed / refused": [f"{one.analysed} / {one.refused}" for one in verdicts],
        "seconds": [f"{one.seconds:.0f}" for one in verdicts],
        "slowest": [f"{one.slowest_s:.1f} s" for one in verdicts],
        "peak memory": [f"{one.peak_mb:.0f} MB" for one in verdicts],
        **{title: [len(getattr(one, name)) for one in verdicts] for name, title in _TITLES.items()},
    }
    for title, values in rows.items():
        table.add_row(title, *map(str, values))
    screen = console()
    screen.print(table)
    for one in verdicts:
        for name, title in _TITLES.items():
            for offender in getattr(one, name):
                screen.print(cell(f"{one.way}, {title}: {offender}"), soft_wrap=True)
    if kept:
        say(f"The files that did it are in {kept}")


def _tell_bombs(found: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
        return
    table = Table(title="Bombs, each in a process of its own; time and memory above an idle one")
    for name in ("input", "bytes", "refused", "seconds", "peak MB", "why"):
        table.add_column(name, justify="left" if name in ("input", "why") else "right", overflow="fold")
    for one in found:
        table.add_row(
            one["input"],
            str(one["bytes"]),
            "yes" if one["refused"] else "no",
            f"{one['seconds']:.2f}",
            f"{one['peak_mb']:.0f}",
            cell(one["error"] or ""),
        )
    console().print(table)


if __name__ == "__main__":
    main()
