"""Bars on a terminal, plain lines in a pipe."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from training.fitting.progress import Bars
from training.scoring.metrics import Scores

SCORES = Scores(ccc=0.5, pcc=0.6, rmse=0.2, sagr=0.9)


def one_epoch(console: Console) -> None:
    with Bars(console) as bars:
        bars.say("[recipe]")
        bars.begin("fold 2")
        bars.epoch_started(0, 3, batches=2)
        bars.batch_done()
        bars.batch_done()
        bars.epoch_done(0, 0.25, SCORES)
        assert list(bars.align([])) == []


def test_in_a_pipe_there_are_only_lines() -> None:
    out = StringIO()
    one_epoch(Console(file=out, soft_wrap=True, highlight=False))
    assert out.getvalue().splitlines() == [
        "[recipe]",
        "fold 2  epoch 1/3  loss 0.2500  ccc 0.5000  pcc 0.6000  rmse 0.2000  sagr 0.9000",
    ]


def test_on_a_terminal_there_are_bars() -> None:
    out = StringIO()
    one_epoch(Console(file=out, force_terminal=True, width=100, color_system=None))
    assert "2/2" in out.getvalue()
    assert "fold 2  epoch 1/3" in out.getvalue()
