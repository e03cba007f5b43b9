"""Analysing one image or video: the stages of `stream` joined with the store of `results`."""

from __future__ import annotations

import asyncio
import errno
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from analysis.engine import Engine
from analysis.errors import AnalysisError, OutageError
from results import DeletedError, ExportError, State, write_folder
from stream.drawing.annotated_video import AnnotatedVideo
from stream.drawing.annotation import save_annotated_image
from stream.faces.analyzer import Analyzer
from stream.faces.track import Rules
from stream.frames import Frame, Sample
from stream.pipelines.files import run
from stream.sources.door import SourceError
from stream.sources.files import open_source

PATIENCE = 120.0
"""Seconds for which a database that is away is waited for: a file does not run away."""
_AWAY = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENODEV))
"""What a system says when a disk is full or gone."""

Progress = Callable[[int, int | None, float], None]
"""Called with frames done, frames expected (None: unknown) and seconds of the source."""


def analyze(
    path: Path,
    engine: Engine,
    *,
    out: Path | None = None,
    annotated: bool = True,
    progress: Progress | None = None,
    source_name: str | None = None,
) -> dict[str, Any]:
    """Analyses the image or video at `path` into a stored session and returns its summary.

    Its files go to `<out>/<session id>/`, by default the session's folder. source_name: what the record calls
    the input, where its path says nothing to people; by default the path.

    Raises:
        AnalysisError: the input cannot be read, or the results cannot be written; OutageError where the disk
            is to blame. What `progress` raises is passed on.
        StoreError: the database cannot be used.
    """
    settings = engine.settings
    try:
        source = open_source(path, settings.limits)
    except SourceError as error:
        raise AnalysisError(str(error)) from error
    except OSError as error:
        raise AnalysisError(error.strerror or str(error)) from error
    detector = engine.open_detector()
    still = source.kind == "image"
    rules = Rules(keep=settings.keep)
    analyzer = Analyzer(detector, still=still, time_constant=settings.smoothing, rules=rules)

    writer = engine.store.begin(
        path.stem,
        source=source_name or str(path),
        origin=path,
        kind=source.kind,
        device=engine.model.device,
        model_name=engine.model.manifest.name,
        model_sha256=engine.model.manifest.sha256,
        settings={
            "detector": detector.name,
            "smoothing": settings.smoothing,
            "keep": settings.keep,
            "device_requested": settings.device,
            "precision": engine.model.manifest.precision,
        },
        patience=PATIENCE,
    )
    folder = (out or engine.store.root) / writer.id
    files: dict[str, Path] = {}
    try:
        with writer, ExitStack() as stack:
            if out is None:
                engine.store.make_folder(writer.id)
            folder.mkdir(parents=True, exist_ok=True)
            draw: Callable[[Frame, list[Sample]], None] | None = None
            if annotated and still:
                files["annotated"] = folder / "annotated.jpg"
                draw = _ImageSink(files["annotated"])
            elif annotated:
                files["annotated"] = folder / "annotated.mp4"
                draw = stack.enter_context(AnnotatedVideo(files["annotated"])).write
            done = with_faces = 0
            told = (0, source.frames_expected, 0.0)
            if progress is not None:  # who waits sees that somebody is still at it
                writer.waiting = lambda: progress(*told)

            def sink(frame: Frame, samples: list[Sample]) -> None:
                nonlocal done, with_faces, told
                done, with_faces = done + 1, with_faces + bool(samples)
                writer.add(samples)
                writer.progress(done, with_faces, frame.time)
                if draw is not None:
                    draw(frame, samples)
                told = (done, source.frames_expected, frame.time)
                if progress is not None:
                    progress(*told)

            totals = asyncio.run(
                run(
                    source,
                    analyzer,
                    engine.model,
                    sink,
                    frame_memory_mb=settings.limits.frame_memory_mb,
                )
            )
            for warning in source.warnings:
                writer.event("source", warning)
            if not totals.frames_with_faces:
                writer.event("no-face", "no face was found; choose another image or video")
            duration = totals.last if source.duration is None else max(source.duration, totals.last)
            writer.finish(State.DONE, duration_s=duration, still=analyzer.still_faces)
        return write_folder(engine.store, writer.id, folder, **files)
    except SourceError as error:
        engine.store.delete(writer.id)
        _remove_empty(folder)
        raise AnalysisError(str(error)) from error
    except ExportError as error:
        raise _unwritten(error.__cause__, str(error)) from error
    except DeletedError as error:
        raise AnalysisError("its session was deleted while it was analysed") from error
    except OSError as error:
        where = error.filename or folder
        raise _unwritten(error, f"results cannot be written to {where}: {_said(error)}") from error


class _ImageSink:
    """Saves the one frame of a picture with its faces."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, frame: Frame, samples: list[Sample]) -> None:
        save_annotated_image(self._path, frame.image, samples)


def _unwritten(cause: BaseException | None, text: str) -> AnalysisError:
    away = isinstance(cause, OSError) and cause.errno in _AWAY
    return OutageError(text) if away else AnalysisError(text)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _said(error: OSError) -> str:
    return re.sub(r"^\[Errno \d+\] ", "", error.strerror or str(error))
