"""A live stream into a stored session: how its record begins, and a whole run without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from analysis.engine import Engine
from analysis.recording import Recorder
from inference.batching import Batcher, Seat
from stream.faces.analyzer import Analyzer
from stream.faces.track import Rules
from stream.pipelines.live import LivePipeline, LiveResult
from stream.sources.live import LiveError, LiveSource

Sink = Callable[[LiveResult], None]


def begin_record(
    engine: Engine,
    name: str,
    source: str,
    *,
    stored: str = "numbers",
    consent: str | None = None,
    person: str | None = None,
) -> Recorder:
    """Begin the record of a live session, owned by this process.

    name: the session's; source: what the camera is called; stored: what is kept, in words; consent: the text
    that the person in front of the camera agreed to just now, word for word; person: the hash of what they
    are known by. Raises StoreError.
    """
    agreed = None
    if consent is not None:
        agreed = {"text": consent, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    manifest = engine.model.manifest
    writer = engine.store.begin(
        name,
        source=source,
        kind="live",
        person=person,
        device=engine.model.device,
        model_name=manifest.name,
        model_sha256=manifest.sha256,
        settings={
            "smoothing": engine.settings.smoothing,
            "keep": engine.settings.keep,
            "stored": stored,
            "consent": agreed,
        },
    )
    return Recorder(engine.store, writer)


def open_pipeline(engine: Engine, source: LiveSource, seat: Seat) -> LivePipeline:
    """What reads a live source with the engine's detector, smoothing and model. Raises AnalysisError."""
    analyzer = Analyzer(
        engine.open_detector(),
        time_constant=engine.settings.smoothing,
        rules=Rules(keep=engine.settings.keep),
    )
    return LivePipeline(source, analyzer, engine.model, seat)


async def record_live(
    source: LiveSource,
    engine: Engine,
    name: str,
    *,
    sink: Sink,
    seconds: float | None = None,
    until: Callable[[asyncio.Task[None]], None] | None = None,
) -> str:
    """Analyses a live source until it ends or `seconds` are over, and returns its session's id.

    sink: shown every result, too. until: is handed the task, to cancel it when the session is to end.
    Raises LiveError (the source failed), AnalysisError, StoreError; what came until then is kept.
    """
    with Batcher(engine.model) as batcher:
        pipeline = open_pipeline(engine, source, batcher.join(name))
        recorder = begin_record(engine, name, source.name)
        pipeline.sinks += [recorder, sink]
        working = asyncio.create_task(pipeline.run())
        recording = asyncio.create_task(recorder.run())
        if until is not None:
            until(working)
        failures: list[Exception] = []
        try:
            await asyncio.wait({working, recording}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, recording):
                task.cancel()
            outcomes = await asyncio.gather(working, recording, return_exceptions=True)
            failures += [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            if pipeline.frames:
                await recorder.finish("Stopped.", str(failures[0]) if failures else None)
            else:
                await recorder.discard()
    if failures:
        raise failures[0]
    if not pipeline.frames:
        raise LiveError(f"{source.name} gave no picture, so nothing was stored")
    return recorder.id
