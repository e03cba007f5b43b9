"""The video that viewers watch, named on the command line: how long it is."""

from __future__ import annotations

from pathlib import Path

from analysis.probe import StimulusVideoError, seconds_of
from valence.errors import ValenceError


def duration_of(path: Path) -> float:
    """Seconds; read off the frames where the file does not say. Raises ValenceError if it is no video."""
    try:
        return seconds_of(path)
    except StimulusVideoError as error:
        raise ValenceError(f"{path}: {error}") from error
