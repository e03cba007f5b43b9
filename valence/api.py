"""The public Python API: a picture or recording into a session, and stored sessions read back.

What a caller does not say stands in ``VALENCE_…`` variables, as it does for the command line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from analysis.engine import Engine, open_model
from analysis.file import Progress
from analysis.file import analyze as analyze_file
from analysis.settings import AnalysisSettings
from inference import ValenceModel
from results import FaceStatistics, Store, arrays, data_frame, face_statistics, rows_and_summary
from valence.errors import ValenceError
from valence.settings import load
from valence.storage import explained, opened_store

if TYPE_CHECKING:
    import pandas

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, eq=False)
class Session:
    """One picture, recording or live stream that was analysed: what was read of each face, and when.

    It is whole in memory and does not change when the stored one does.
    """

    id: str
    """`<date>_<time>_<name>`."""
    name: str
    kind: str
    """`image`, `video` or `live`."""
    duration_s: float
    frames: int
    frames_with_faces: int
    faces: tuple[FaceStatistics, ...]
    """One entry a face, in the order of their ids, without what users have excluded."""
    warnings: tuple[str, ...]
    """What was odd about the source, in sentences."""
    columns: Mapping[str, npt.NDArray[Any]] = field(repr=False)
    """(n,) one array a column of `valence.csv`, unrounded; one row a face and frame, by frame, then face."""
    summary: Mapping[str, Any] = field(repr=False)
    """What `summary.json` holds."""
    files: Mapping[str, Path] = field(repr=False)
    """What was stored of it, by what it is (`csv`, `summary`, `annotated`); empty without a folder."""

    def data_frame(self) -> pandas.DataFrame:
        """The columns as a table of pandas. Raises ValenceError where pandas is not installed."""
        with explained():
            return data_frame(dict(self.columns))


def analyze(
    path: str | PathLike[str],
    *,
    folder: str | PathLike[str] | None = None,
    annotate: bool = False,
    model: str | PathLike[str] | None = None,
    device: Device | None = None,
    smoothing: float | None = None,
    keep: float | None = None,
    progress: Progress | None = None,
) -> Session:
    """Find and follow every face in a picture or recording, and read its valence over time.

    folder: a sessions folder that keeps the session, as `valence analyze` would; without one nothing is left
    behind. annotate: also draw the annotated video or picture there. model: the manifest of another network.
    device: where networks run. smoothing: time constant in seconds, 0 for none. keep: seconds for which
    somebody who is out of the picture may come back under the same face id. progress: called for each frame
    with frames done, frames expected (None: unknown) and seconds of the source, in another thread; what it
    raises stops the analysis and comes out here.

    A file in which there is no face is a session without faces, and a warning says so.

    Raises:
        ValenceError: the file cannot be read, or the settings, the device or the folder cannot be used.
    """
    if annotate and folder is None:
        raise ValenceError("annotate=True needs folder=…: where the annotated file is to be")
    settings = load(
        sessions=Path(folder) if folder else None,
        model=Path(model) if model else None,
        device=device,
        smoothing=smoothing,
        keep=keep,
    )
    with TemporaryDirectory(prefix="valence-") as temporary, explained():
        kept = folder is not None
        with Store(
            settings.sessions if kept else temporary, settings.database_url if kept else None
        ) as store:
            engine = Engine(settings.analysis, _model(settings.analysis, Path.cwd()), store)

            def work(report: Progress) -> str:
                made = analyze_file(Path(path), engine, annotated=annotate, progress=report)
                return str(made["session"])

            return _read(store, _in_thread(work, progress), with_files=kept)


def sessions(folder: str | PathLike[str] | None = None) -> list[str]:
    """The ids of the sessions that are stored in a folder, newest first. Raises ValenceError."""
    with opened_store(Path(folder) if folder else None) as store:
        return [session.id for session in store.sessions()]


def session(session_id: str, folder: str | PathLike[str] | None = None) -> Session:
    """A stored session, by its id or any beginning of it that fits no other. Raises ValenceError."""
    with opened_store(Path(folder) if folder else None) as store:
        return _read(store, session_id, with_files=True)


def _read(store: Store, session_id: str, *, with_files: bool) -> Session:
    content, rows = rows_and_summary(store, session_id)
    files = {what: Path(file) for what, file in content["files"].items()} if with_files else {}
    return Session(
        id=content["session"],
        name=content["name"],
        kind=content["kind"],
        duration_s=content["duration_s"],
        frames=content["frames"],
        frames_with_faces=content["frames_with_faces"],
        faces=tuple(face_statistics(rows.samples[~rows.excluded])),
        warnings=tuple(event["text"] for event in content["events"] if event["kind"] != "end"),
        columns=MappingProxyType(arrays(rows)),
        summary=MappingProxyType(content if with_files else {**content, "files": {}}),
        files=MappingProxyType(files),
    )


@lru_cache(1)
def _model(settings: AnalysisSettings, _here: Path) -> ValenceModel:
    """Kept for the next file. A relative path means another one elsewhere."""
    return open_model(settings)


class _Stopped(KeyboardInterrupt):
    """Nobody waits for the result any more."""


def _in_thread(work: Callable[[Progress], str], progress: Progress | None) -> str:
    """What `work` returns, done in a thread of its own: in a notebook an event loop runs in this one.

    Ctrl-C stops it at its next frame.
    """
    stopping = threading.Event()

    def report(done: int, expected: int | None, seconds: float) -> None:
        if stopping.is_set():
            raise _Stopped
        if progress is not None:
            progress(done, expected, seconds)

    with ThreadPoolExecutor(1, "analyze") as thread:
        try:
            return thread.submit(work, report).result()
        finally:
            stopping.set()
