"""What may be said on the command line about how viewers are aggregated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from results import Options
from valence.commands.tables import number
from valence.errors import ValenceError


@dataclass(frozen=True, kw_only=True)
class Aggregation:
    """Options of the commands that aggregate, or say how it is to be done."""

    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FROM-TO",
            help="Take each viewer's mean over these seconds of the stimulus as their zero.",
        ),
    ] = None
    min_quality: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Samples of lower quality do not count.", show_default="0.3"),
    ] = None
    min_coverage: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Viewers seen for a smaller share do not count.", show_default="0.25"
        ),
    ] = None
    step: Annotated[
        float | None, typer.Option(min=0.02, max=60, help="Seconds between moments.", show_default="0.25")
    ] = None

    def over(self, options: Options) -> Options:
        """`options` with what was given in their place. Raises ValenceError."""
        given: dict[str, Any] = {
            "baseline": stretch_of(self.baseline),
            "min_quality": self.min_quality,
            "min_coverage": self.min_coverage,
            "step": self.step,
        }
        return replace(options, **{name: value for name, value in given.items() if value is not None})


def stretch_of(text: str | None) -> tuple[float, float] | None:
    """`0-3` or `0:3` as (0.0, 3.0). Raises ValenceError."""
    if text is None:
        return None
    start, _, end = text.replace(":", "-", 1).rpartition("-")
    first, last = number(start), number(end)
    if first is None or last is None:
        raise ValenceError(f"{text!r} is no stretch of seconds like 0-3")
    if not first < last:
        raise ValenceError(f"a stretch from {start} to {end} seconds is empty")
    return first, last
