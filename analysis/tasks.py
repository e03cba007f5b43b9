"""What workers are asked to do: functions of plain values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.engine import Engine, open_model
from analysis.file import Progress, analyze
from analysis.settings import AnalysisSettings
from results import Store


@dataclass(frozen=True)
class FileTask:
    """One file that is to become a stored session."""

    path: Path
    sessions: Path
    database_url: str | None
    settings: AnalysisSettings
    out: Path | None = None
    annotated: bool = True
    source_name: str | None = None


def analyze_file(task: FileTask, progress: Progress | None = None) -> dict[str, Any]:
    """The summary of the session that the file became. Raises what `analysis.file.analyze` raises."""
    engine = open_engine(task.settings, task.sessions, task.database_url)
    return analyze(
        task.path,
        engine,
        out=task.out,
        annotated=task.annotated,
        progress=progress,
        source_name=task.source_name,
    )


def check(settings: AnalysisSettings, sessions: Path, database_url: str | None) -> None:
    """Whether anything can be analysed so: what is wrong with model, detector or store is said once.

    Raises AnalysisError, StoreError.
    """
    open_engine(settings, sessions, database_url).open_detector()


def open_engine(settings: AnalysisSettings, sessions: Path, database_url: str | None) -> Engine:
    """Model and store, kept for the next task. Raises AnalysisError, StoreError."""
    return _open(settings, sessions, database_url, Path.cwd())  # a relative path means another one elsewhere


@lru_cache(1)
def _open(settings: AnalysisSettings, sessions: Path, database_url: str | None, _here: Path) -> Engine:
    return Engine(settings, open_model(settings), Store(sessions, database_url))
