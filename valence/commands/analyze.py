"""`valence analyze`: many inputs, a progress bar, a table at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from analysis.errors import AnalysisError
from analysis.many import Outcome, analyze_many
from analysis.tasks import FileTask, check
from analysis.workers import ThisProcess, Workers
from results import NEUTRAL
from stream.sources.address import is_address
from valence.commands import streams
from valence.commands.inputs import Failure, Input, inputs_of
from valence.errors import DONE, FAILED, NO_FACE, WRONG_USE, ValenceError, fault
from valence.printing import cell, console, print_json, say, shown
from valence.settings import Settings
from valence.storage import explained


def run(
    inputs: Sequence[str],
    settings: Settings,
    *,
    out: Path | None,
    annotated: bool,
    as_json: bool,
    seconds: float | None = None,
) -> int:
    """Analyses every input, prints the results, and returns the exit code.

    An input is a path, `-` for what is piped in, or the address of a stream, which ends after `seconds`.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise ValenceError(f"{out} is a file, not a folder for results")
    if any(is_address(text) for text in inputs):
        if len(inputs) > 1:
            raise ValenceError("a stream is analysed alone: give its address and nothing else")
        return _stream(inputs[0], settings, out, seconds, as_json)
    if seconds is not None:
        raise ValenceError("--seconds is for the address of a stream; files are analysed whole")
    with ExitStack() as stack:
        found, failures = inputs_of(inputs, settings, out, stack)
        return _run(found, failures, settings, out=out, annotated=annotated, as_json=as_json)


def _stream(url: str, settings: Settings, out: Path | None, seconds: float | None, as_json: bool) -> int:
    end = streams.run(url, settings, out=out, seconds=seconds)
    code = DONE
    if end.summary is not None:
        if as_json:
            print_json(_contract(end.summary), indent=None)
        code = _conclude([end.summary], as_json)
    if end.error is not None:
        _complain(end.name, end.error, as_json and end.summary is None)
        return WRONG_USE
    return code


def _run(
    inputs: Sequence[Input],
    failures: Sequence[Failure],
    settings: Settings,
    *,
    out: Path | None,
    annotated: bool,
    as_json: bool,
) -> int:
    complaints = console(err=True)
    for failure in failures:
        _complain(failure.name, failure.reason, as_json)
    failed = len(failures)
    summaries: list[dict[str, Any]] = []
    faults = 0
    if inputs:
        tasks = [
            FileTask(
                given.path,
                settings.sessions,
                settings.database_url,
                settings.analysis,
                out,
                annotated,
                given.name,
            )
            for given in inputs
        ]
        for task, outcome in _outcomes(tasks, settings, complaints):
            name = task.source_name or str(task.path)
            if isinstance(outcome, Exception):
                failed += 1
                faults += not isinstance(outcome, AnalysisError)
                reason = str(outcome) if isinstance(outcome, AnalysisError) else fault(outcome)
                _complain(name, reason, as_json)
                continue
            summaries.append(outcome)
            if as_json:
                print_json(_contract(outcome), indent=None)
            for event in outcome["events"]:
                if event["kind"] == "source":
                    say(f"valence: {name}: {event['text']}", err=True)
    code = _conclude(summaries, as_json)
    if failed:
        return FAILED if faults else WRONG_USE
    return code


def _conclude(summaries: Sequence[dict[str, Any]], as_json: bool) -> int:
    """The table at the end, and the exit code of what could be read."""
    if not as_json and summaries:
        _tables(summaries)
    faceless = [s for s in summaries if not s["faces"]]
    for summary in faceless:
        say(
            f"valence: no face was found in {summary['input']}; please choose another image or video",
            err=True,
        )
    return NO_FACE if summaries and len(faceless) == len(summaries) else DONE


def _outcomes(
    tasks: Sequence[FileTask], settings: Settings, screen: Console
) -> Iterator[tuple[FileTask, Outcome]]:
    """What becomes of each, with a bar for each that is analysed just now."""
    numbers = {task: number for number, task in enumerate(tasks, 1)}
    bars_of: dict[FileTask, TaskID] = {}
    many = Workers(min(settings.workers, len(tasks)), settings.worker_limits)
    workers = many if len(tasks) > 1 else ThisProcess(settings.worker_limits)
    with explained(), workers, _progress(screen) as bars:

        def watch(task: FileTask) -> Callable[[int, int | None, float], None]:
            began = time.monotonic()
            name = shown(task.source_name or task.path.name)
            bar = bars.add_task(f"{numbers[task]}/{len(tasks)} {name}", total=None, speed="")
            bars_of[task] = bar

            def show(done: int, expected: int | None, _seconds: float) -> None:
                rate = done / max(time.monotonic() - began, 1e-6)
                total = max(expected, done) if expected else None
                bars.update(bar, completed=done, total=total, speed=f"{rate:.0f} fps")

            return show

        workers.run(check, settings.analysis, settings.sessions, settings.database_url)
        for task, outcome in analyze_many(tasks, workers, watch):
            if task in bars_of:
                bars.remove_task(bars_of.pop(task))
            yield task, outcome


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    """Bars with frames per second and time left; nothing where stderr is not a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
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
    warnings = [event["text"] for event in summary["events"] if event["kind"] != "end"]
    return {**line, "warnings": warnings} if warnings else line


def _complain(name: str, reason: str, as_json: bool) -> None:
    if as_json:
        print_json({"input": name, "error": reason}, indent=None)
    say(f"valence: {name}: {reason}", err=True)


def _tables(summaries: Sequence[dict[str, Any]]) -> None:
    table = Table(title="Valence, from -1 (negative) to +1 (positive)", title_justify="left")
    table.add_column("input", overflow="fold")
    for name in ("face", "seen", "samples", "mean", "min", "max", "quality"):
        table.add_column(name, justify="right", no_wrap=True)
    for summary in summaries:
        title = cell(Path(summary["input"]).name)
        if not summary["faces"]:
            table.add_row(title, "-", "no face", *["-"] * 5)
        for face in summary["faces"]:
            still = summary["kind"] == "image"
            table.add_row(
                title,
                f"{face['face_id']} (still)" if face["still"] else str(face["face_id"]),
                "" if still else f"{face['first_s']:.1f}-{face['last_s']:.1f} s",
                str(face["samples"]),
                _colored(face["valence_mean"]),
                "" if still else _colored(face["valence_min"]),
                "" if still else _colored(face["valence_max"]),
                f"{face['quality_mean']:.2f}",
            )
            title = cell("")
    console().print(table)
    for summary in summaries:
        files = summary["files"]
        best = files.get("annotated") or files["csv"]
        say(f"{summary['session']}: {Path(best).parent}")
        for label, file in files.items():
            say(f"  {label:10} {file}")


def _colored(value: float) -> Text:
    color = "blue" if value > NEUTRAL else "dark_orange" if value < -NEUTRAL else "default"
    return cell(f"{value:+.2f}", style=color)
