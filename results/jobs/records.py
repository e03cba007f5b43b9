"""An upload that waits to be analysed, as the database keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a job stands.

    RECEIVING leads to QUEUED, that to RUNNING, that to DONE or FAILED; a stop of its server leads back to
    QUEUED.
    """

    RECEIVING = "receiving"
    """Its file is still coming in."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One upload and what became of it."""

    id: str
    input: str
    """The file's name as the person who sent it knows it."""
    created: datetime
    status: Status = Status.QUEUED
    file: str = ""
    """The file's name on the disk, in the job's folder."""
    session: str | None = None
    """What came of it; for DONE only."""
    error: str | None = None
    """What to tell the person; for FAILED only."""
    no_face: bool = False
    """It failed because nobody is to be seen: another file may do better."""
    deaths: int = 0
    """How often the process that analysed it ended by its fault."""
    frames: int = 0
    """How far the analysis was at its server's last sign of life."""
    frames_expected: int | None = None
    fps: float = 0.0


@dataclass(frozen=True)
class Beat:
    """How far a running job is."""

    frames: int = 0
    frames_expected: int | None = None
    fps: float = 0.0
    """Frames analysed in a second of wall time."""
