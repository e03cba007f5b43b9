"""The sheet of `valence evaluate --plot`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.errors import TrainingError
from valence.errors import ValenceError, how_to_get

FORMATS = (".png", ".svg", ".pdf")


def require_plot(path: Path) -> None:
    """Raises ValenceError where a sheet cannot be drawn to `path`, before anything is read for it."""
    if path.suffix.lower() not in FORMATS:
        raise ValenceError(f"{path}: a sheet is drawn to a file that ends in {', '.join(FORMATS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise ValenceError(f"to draw a sheet matplotlib is needed, which comes with {how_to_get('training')}")


def draw(path: Path, pairs: Sequence[tuple[float, float]]) -> None:
    """Draws (true, predicted) valence. Raises ValenceError: it cannot be written."""
    from training.scoring.sheet import write_sheet  # matplotlib is an extra, and slow to load

    true, predicted = np.array(pairs).T
    try:
        write_sheet(path, true, predicted)
    except TrainingError as error:
        raise ValenceError(str(error)) from error
