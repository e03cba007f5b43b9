"""How faces are found, read and smoothed: plain values that whoever calls hands in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stream.faces.smoothing import TIME_CONSTANT
from stream.faces.track import KEEP
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits


@dataclass(frozen=True)
class AnalysisSettings:
    """One name for one thing: a session's record calls these as they are called here."""

    model: Path | None = None
    """Manifest of another model than the one that comes along."""
    device: str = "auto"
    """``auto``, ``cpu`` or ``cuda``."""
    detector: str = "auto"
    """One of `stream.faces.detection.DETECTORS`, or ``auto``."""
    detector_weights: Path | None = None
    """For the detector ``yunet``."""
    smoothing: float = TIME_CONSTANT
    """Time constant of the smoothing, in seconds; 0 for none."""
    keep: float = KEEP
    """Seconds for which somebody who is out of the picture may come back under the same face id."""
    limits: MediaLimits = DEFAULT_LIMITS
    """What a file may ask for."""
