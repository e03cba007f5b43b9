"""What a person sees while a phase runs: bars on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.datasets.examples import Example
from training.fitting.loop import describe
from training.scoring.metrics import Scores


class Bars:
    """A bar for the task at hand, and one for the batches of an epoch."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._batches = self._progress.add_task("", total=None, visible=False)
        self._what = ""
        self._epochs = 0

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """A line that stays."""
        self.console.print(line, markup=False, emoji=False)

    def begin(self, what: str) -> None:
        """The epochs that follow belong to `what`."""
        self._what = f"{what}  " if what else ""

    def align(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Passes `examples` through behind a bar."""
        yield from self._progress.track(list(examples), description="aligning faces")

    def epoch_started(self, epoch: int, epochs: int, batches: int) -> None:
        self._epochs = epochs
        label = f"{self._what}epoch {epoch + 1}/{epochs}"
        self._progress.reset(self._batches, description=label, total=batches, visible=True)

    def batch_done(self) -> None:
        self._progress.advance(self._batches)

    def epoch_done(self, epoch: int, loss: float, scores: Scores) -> None:
        self.say(self._what + describe(epoch, self._epochs, loss, scores))
