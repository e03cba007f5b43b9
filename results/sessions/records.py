"""What is read back: sessions, their events and stretches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Kind(StrEnum):
    """What a session looked at."""

    IMAGE = "image"
    VIDEO = "video"
    LIVE = "live"


class State(StrEnum):
    """Where a session stands. RUNNING leads to any of the others; those are final."""

    RUNNING = "running"
    DONE = "done"
    INTERRUPTED = "interrupted"
    """Its process ended without finishing it; what was committed is kept."""
    FAILED = "failed"


class StretchKind(StrEnum):
    MARKER = "marker"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Event:
    """Something that happened during a session, e.g. the source was cut short, or frames were dropped."""

    time: float
    kind: str
    text: str


@dataclass(frozen=True)
class Stretch:
    """A marker (start == end allowed) or an excluded stretch, in seconds of the session's clock."""

    key: int
    kind: StretchKind
    start: float
    end: float
    label: str = ""
    face_id: int | None = None
    """None: it concerns every face."""


@dataclass(frozen=True)
class Digest:
    """What a list of sessions shows of each without reading its samples."""

    faces: int
    samples: int
    valence_mean: float | None
    """Mean of all raw values; None without any."""
    curve: tuple[float | None, ...]
    """Mean smoothed valence over all faces in equal parts of the duration; None where no face was seen."""

    def as_json(self) -> dict[str, Any]:
        return {
            "faces": self.faces,
            "samples": self.samples,
            "valence_mean": self.valence_mean,
            "curve": list(self.curve),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Digest | None:
        if value is None:
            return None
        return cls(value["faces"], value["samples"], value["valence_mean"], tuple(value["curve"]))


@dataclass(frozen=True)
class Session:
    """One run over one source, without its samples."""

    id: str
    name: str
    source: str
    """As the user named it."""
    origin: Path | None
    """The file it was read from, wherever the user stood when they named it; None for a live source."""
    kind: Kind
    created: datetime
    state: State
    frames: int
    frames_with_faces: int
    duration_s: float
    device: str
    model_name: str
    model_sha256: str
    settings: Mapping[str, Any]
    files: Mapping[str, str]
    """Files that belong to the session, by what they are ("csv", "summary", "annotated", "recording")."""
    error: str | None = None
    digest: Digest | None = None
    """None while the session runs."""
    face_names: Mapping[int, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    """Words by which people sort their sessions."""
    still_faces: frozenset[int] = frozenset()
    """Those that never moved: posters, screens. In a list of sessions nobody is."""


def ratio(top: Floats | Ints, bottom: Floats | Ints, where: Bools) -> Floats:
    """top / bottom where `where` holds, NaN elsewhere; shapes broadcast to that of `where`."""
    result: Floats = np.full(where.shape, np.nan)
    np.divide(top, bottom, out=result, where=where)
    return result
