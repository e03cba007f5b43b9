"""What may be said on the command line about how viewers are aggregated."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from results import Options
from valence.errors import ValenceError


def with_changes(
    options: Options,
    baseline: tuple[float, float] | None,
    min_quality: float | None,
    min_coverage: float | None,
    step: float | None,
) -> Options:
    """The options with what was given on the command line in their place."""
    given: dict[str, Any] = {
        "baseline": baseline,
        "min_quality": min_quality,
        "min_coverage": min_coverage,
        "step": step,
    }
    return replace(options, **{name: value for name, value in given.items() if value is not None})


def stretch_of(text: str | None) -> tuple[float, float] | None:
    """`0-3` or `0:3` as (0.0, 3.0). Raises ValenceError."""
    if text is None:
        return None
    start, _, end = text.replace(":", "-", 1).rpartition("-")
    try:
        stretch = float(start), float(end)
    except ValueError:
        raise ValenceError(f"{text!r} is no stretch of seconds like 0-3") from None
    if not stretch[0] < stretch[1]:
        raise ValenceError(f"a stretch from {start} to {end} seconds is empty")
    return stretch
