"""A live source in the terminal: its numbers as they come, stored as a session."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from analysis.engine import Engine, open_model
from analysis.live import LiveEnd, record_live
from results import Store
from stream.pipelines.live import LiveResult
from stream.sources.live import LiveError, LiveSource
from valence.printing import say
from valence.settings import Settings
from valence.storage import explained
from web.live.messages import frame_message

_ENDING = (signal.SIGINT, signal.SIGTERM)
_BAR = 41
"""Characters of the scale from -1 to +1."""


def follow(
    settings: Settings, source: LiveSource, name: str, seconds: float | None, *, as_json: bool
) -> LiveEnd:
    """Analyses until the source ends, the time is over, or Ctrl-C; the session is called `name`.

    Shows a table on a terminal, or with `as_json` a line of JSON a frame; what the source says of itself goes
    to standard error. A source that fails ends the session, which is kept.

    Raises:
        ValenceError: model, detector or store cannot be used.
    """
    with (
        explained(),
        Store(settings.sessions, settings.database_url) as store,
        _shown(as_json) as show,
        _interruptible() as until,
    ):
        engine = Engine(settings.analysis, open_model(settings.analysis), store)
        engine.model.warm_up()
        end = asyncio.run(
            record_live(
                source,
                engine,
                name,
                sink=show,
                seconds=seconds,
                until=until,
                told=lambda notice: say(f"valence: {source.name}: {notice}", err=True),
            )
        )
        if end.failure is not None and not isinstance(end.failure, LiveError):
            raise end.failure
        return end


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[asyncio.Task[None]], None]]:
    """Whoever is handed a task sees to it that Ctrl-C ends it, and with it the session, in good order.

    Not by the event loop's own handlers, which Windows does not have.
    """
    before = {sign: signal.getsignal(sign) for sign in _ENDING}

    def until(task: asyncio.Task[None]) -> None:
        loop = asyncio.get_running_loop()
        for sign in _ENDING:
            signal.signal(sign, lambda *_: loop.call_soon_threadsafe(task.cancel))

    try:
        yield until
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


class _Printer:
    """A sink that prints each frame as JSON, with the fields of the web's messages."""

    def __call__(self, result: LiveResult) -> None:
        print(frame_message(result), flush=True)


class _Screen:
    """A sink that keeps a table on the terminal up to date."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def __call__(self, result: LiveResult) -> None:
        self._live.update(table_of(result))


@contextlib.contextmanager
def _shown(as_json: bool) -> Iterator[Any]:
    console = Console()
    if as_json or not console.is_terminal:
        yield _Printer() if as_json else lambda result: None
        return
    with Live(console=console, refresh_per_second=10, transient=True) as live:
        yield _Screen(live)


def table_of(result: LiveResult) -> Table:
    """What the terminal shows of one frame."""
    speed = f"{result.fps:.0f} frames/s · {result.latency * 1000:.0f} ms · {result.dropped} dropped"
    table = Table(box=None, caption=f"{speed} · Ctrl-C stops", caption_justify="left")
    table.add_column("face", justify="right")
    table.add_column("valence", justify="right")
    table.add_column("negative" + "positive".rjust(_BAR - len("negative")))
    for sample in result.samples:
        table.add_row(str(sample.face_id), f"{sample.smoothed:+.2f}", scale(sample.smoothed))
    if not result.samples:
        table.add_row("", "", Text("no face in view", style="dim"))
    return table


def scale(valence: float) -> Text:
    """A valence on a line from -1 to +1: orange to the left of the middle, blue to the right."""
    middle = _BAR // 2
    at = round((min(1.0, max(-1.0, valence)) + 1) / 2 * (_BAR - 1))
    line = Text("·" * _BAR, style="dim")
    low, high = sorted((middle, at))
    line.stylize("orange1 not dim" if at < middle else "dodger_blue1 not dim", low, high + 1)
    text = list("·" * _BAR)
    for i in range(low, high + 1):
        text[i] = "━"
    text[at] = "●"
    line.plain = "".join(text)
    return line
