"""`valence analyze`: many inputs, a progress bar, a table at the end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from analysis.engine import Engine, open_model
from analysis.errors import AnalysisError
from analysis.file import analyze
from results import NEUTRAL, Store
from stream.sources.files import SourceError, find_media
from valence.errors import DONE, NO_FACE, WRONG_USE, ValenceError
from valence.settings import Settings
from valence.storage import explained


def run(
    paths: Sequence[Path], settings: Settings, *, out: Path | None, annotated: bool, as_json: bool
) -> int:
    """Analyses every input, prints the results, and returns the exit code."""
    screen, complaints = Console(highlight=False), Console(stderr=True, highlight=False)
    if out is not None and out.exists() and not out.is_dir():
        raise ValenceError(f"{out} is a file, not a folder for results")
    inputs, failed = _inputs(paths, as_json, complaints)
    summaries: list[dict[str, Any]] = []
    if inputs:
        with explained(), Store(settings.sessions, settings.database_url) as store:
            engine = Engine(settings.analysis, open_model(settings.analysis), store)
            with _progress(complaints) as bars:
                for number, path in enumerate(inputs, 1):
                    try:
                        summary = _one(path, engine, out, annotated, bars, f"{number}/{len(inputs)}")
                    except AnalysisError as error:
                        failed += 1
                        _complain(path, str(error), as_json, complaints)
                        continue
                    summaries.append(summary)
                    if as_json:
                        _print_json(_contract(summary))
                    for event in summary["events"]:
                        if event["kind"] == "source":
                            complaints.print(
                                f"valence: {path}: {event['text']}", soft_wrap=True, markup=False
                            )
    if not as_json and summaries:
        _tables(summaries, screen)
    faceless = [s for s in summaries if not s["faces"]]
    for summary in faceless:
        complaints.print(
            f"valence: no face was found in {summary['input']}; please choose another image or video",
            soft_wrap=True,
            markup=False,
        )
    if failed:
        return WRONG_USE
    return NO_FACE if summaries and len(faceless) == len(summaries) else DONE


def _inputs(paths: Sequence[Path], as_json: bool, complaints: Console) -> tuple[list[Path], int]:
    """Every file that `paths` stand for, each once, and how many paths stand for none."""
    found: dict[Path, None] = {}
    failed = 0
    for path in paths:
        try:
            found.update(dict.fromkeys(find_media(path)))
        except (SourceError, OSError) as error:
            failed += 1
            _complain(path, str(error), as_json, complaints)
    return list(found), failed


def _one(
    path: Path, engine: Engine, out: Path | None, annotated: bool, bars: Progress, number: str
) -> dict[str, Any]:
    began = time.monotonic()
    bar = bars.add_task(f"{number} {path.name}", total=None, speed="")

    def show(done: int, expected: int | None, _seconds: float) -> None:
        rate = done / max(time.monotonic() - began, 1e-6)
        bars.update(
            bar, completed=done, total=max(expected, done) if expected else None, speed=f"{rate:.0f} fps"
        )

    try:
        return analyze(path, engine, out=out, annotated=annotated, progress=show)
    finally:
        bars.remove_task(bar)


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    """Bars with frames per second and time left; nothing where stderr is not a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
        yield bars


_CONTRACT = ("input", "kind", "session", "frames", "frames_with_faces", "duration_s", "faces", "files")
_FACE = ("face_id", "first_s", "last_s", "samples", "valence_mean", "valence_min", "valence_max", "box")


def _contract(summary: dict[str, Any]) -> dict[str, Any]:
    line = {name: summary[name] for name in _CONTRACT}
    line["faces"] = [{name: face[name] for name in _FACE} for face in summary["faces"]]
    warnings = [event["text"] for event in summary["events"]]
    return {**line, "warnings": warnings} if warnings else line


def _complain(path: Path, reason: str, as_json: bool, complaints: Console) -> None:
    if as_json:
        _print_json({"input": str(path), "error": reason})
    complaints.print(f"valence: {path}: {reason}", soft_wrap=True, markup=False)


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)


def _tables(summaries: Sequence[dict[str, Any]], screen: Console) -> None:
    table = Table(title="Valence, from -1 (negative) to +1 (positive)", title_justify="left")
    table.add_column("input", overflow="fold")
    for name in ("face", "seen", "samples", "mean", "min", "max", "quality"):
        table.add_column(name, justify="right", no_wrap=True)
    for summary in summaries:
        name = Path(summary["input"]).name
        if not summary["faces"]:
            table.add_row(name, "-", "no face", *["-"] * 5)
        for face in summary["faces"]:
            still = summary["kind"] == "image"
            table.add_row(
                name,
                str(face["face_id"]),
                "" if still else f"{face['first_s']:.1f}-{face['last_s']:.1f} s",
                str(face["samples"]),
                _colored(face["valence_mean"]),
                "" if still else _colored(face["valence_min"]),
                "" if still else _colored(face["valence_max"]),
                f"{face['quality_mean']:.2f}",
            )
            name = ""
    screen.print(table)
    for summary in summaries:
        files = summary["files"]
        best = files.get("annotated") or files["csv"]
        screen.print(f"{summary['session']}: {Path(best).parent}", soft_wrap=True, markup=False)
        for label, file in files.items():
            screen.print(f"  {label:10} {file}", soft_wrap=True, markup=False)


def _colored(value: float) -> str:
    color = "blue" if value > NEUTRAL else "dark_orange" if value < -NEUTRAL else "default"
    return f"[{color}]{value:+.2f}[/]"
