"""A live stream into a stored session: how its record begins, and a whole run without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from analysis.engine import Engine
from analysis.recording import EVERY, Recorder
from inference.batching import Batcher, Seat
from stream.faces.analyzer import Analyzer
from stream.faces.track import Rules
from stream.pipelines.live import LivePipeline, LiveResult
from stream.sources.live import LiveSource

Sink = Callable[[LiveResult], None]


def begin_record(
    engine: Engine,
    name: str,
    source: str,
    *,
    stored: str = "numbers",
    consent: str | None = None,
    person: str | None = None,
    computed: str = "server",
) -> Recorder:
    """Begin the record of a live session, owned by this process.

    name: the session's; source: what the camera is called; stored: what is kept, in words; consent: the text
    that the person in front of the camera agreed to just now, word for word; person: the hash of what they
    are known by; computed: where the analysis runs, ``server`` or ``browser``. Raises StoreError.
    """
    agreed = None
    if consent is not None:
        agreed = {"text": consent, "time": datetime.now(UTC).isoformat(timespec="seconds")}
    in_browser = computed == "browser"
    manifest = engine.model.for_cpu if in_browser else engine.model.manifest
    writer = engine.store.begin(
        name,
        source=source,
        kind="live",
        person=person,
        device="browser" if in_browser else engine.model.device,
        model_name=manifest.name,
        model_sha256=manifest.sha256,
        settings={
            "smoothing": engine.settings.smoothing,
            "keep": engine.settings.keep,
            "precision": manifest.precision,
            "stored": stored,
            "consent": agreed,
            "computed": computed,
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


@dataclass(frozen=True)
class LiveEnd:
    """What became of a live source."""

    session: str | None
    """The id of its session; None where no picture came: then nothing is kept."""
    failure: Exception | None
    """What ended it, where that was not wanted."""


async def record_live(
    source: LiveSource,
    engine: Engine,
    name: str,
    *,
    sink: Sink,
    seconds: float | None = None,
    until: Callable[[asyncio.Task[None]], None] | None = None,
    told: Callable[[str], None] = lambda notice: None,
) -> LiveEnd:
    """Analyses a live source until it ends or `seconds` are over; what came until then is kept.

    sink: shown every result, too. until: is handed the task, to cancel it when the session is to end. told:
    is handed what the source says of itself, e.g. a reconnection; the session's record has it, too.
    Raises AnalysisError, StoreError: it cannot begin.
    """
    with Batcher(engine.model) as batcher:
        pipeline = open_pipeline(engine, source, batcher.join(name))
        recorder = begin_record(engine, name, source.name)
        notices = _Notices(source, recorder, told)
        pipeline.sinks += [recorder, sink]
        recorder.still_faces = lambda: pipeline.still_faces
        pipeline.on_too_large = notices.too_large
        working = asyncio.create_task(pipeline.run())
        recording = asyncio.create_task(recorder.run())
        telling = asyncio.create_task(notices.run())
        if until is not None:
            until(working)
        failures: list[Exception] = []
        try:
            await asyncio.wait({working, recording}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, recording, telling):
                task.cancel()
            outcomes = await asyncio.gather(working, recording, telling, return_exceptions=True)
            failures += [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            notices.take()
            if pipeline.frames:
                await recorder.finish("Stopped.", str(failures[0]) if failures else None)
            else:
                await recorder.discard()
    return LiveEnd(recorder.id if pipeline.frames else None, failures[0] if failures else None)


class _Notices:
    """What a source says of itself, into the session's record and to whoever waits."""

    def __init__(self, source: LiveSource, recorder: Recorder, told: Callable[[str], None]) -> None:
        self._source, self._recorder, self._told = source, recorder, told
        self._refused: tuple[int, int] | None = None

    async def run(self) -> None:
        while True:
            self.take()
            await asyncio.sleep(EVERY)

    def take(self) -> None:
        for notice in self._source.notices:
            self._tell("source", notice)

    def too_large(self, size: tuple[int, int]) -> None:
        if size != self._refused:
            self._refused = size
            self._tell(
                "too large",
                f"Pictures of {size[0]}x{size[1]} pixels are not analysed live: choose a smaller stream, of "
                "1920x1080 at most.",
            )

    def _tell(self, kind: str, text: str) -> None:
        self._recorder.event(kind, text)
        self._told(text)
