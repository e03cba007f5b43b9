"""The file pipeline: stages joined by bounded queues, no frame lost, results the same on any machine.

    decode ──► locate ──► align + read ──► finish + sink

Between locating and aligning, frames wait until it is known who is in them (`stream.faces.backdating`).

Every stage works in threads of its own on chunks of frames; a full queue makes the stage before it
wait. How frames are cut into chunks depends on the source alone, never on time, so that the same
faces meet in the same batches and two runs give the same numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from inference import Crop, Readings, ValenceModel
from stream.faces.analyzer import Analyzer, Located
from stream.faces.backdating import Waiting
from stream.frames import Frame, Sample
from stream.sources.source import Source

Sink = Callable[[Frame, list[Sample]], None]
"""Takes every frame with its samples, in order, in one thread."""

_CHUNK_FRAMES = 8
_CHUNK_BYTES = 16_000_000
_QUEUED = 1
"""Chunks that wait between two stages."""
_READERS = 2
"""Chunks that are aligned and read at the same time."""


@dataclass(frozen=True)
class Totals:
    """What a run over a source amounted to."""

    frames: int
    frames_with_faces: int
    last: float
    """Time of the last frame, seconds."""


@dataclass
class _Chunk:
    frames: list[Frame]
    located: list[list[Located]]
    crops: list[list[Crop]]
    readings: list[Readings]

    @property
    def size(self) -> int:
        """Bytes of its frames."""
        return sum(frame.image.nbytes for frame in self.frames)


class _Budget:
    """Bytes of frames that may be under way. A chunk that is larger than all of it goes alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._freed = asyncio.Event()

    async def room(self, size: int) -> None:
        """Waits until `size` bytes more are within the budget."""
        while self._taken and self._taken + size > self._most:
            self._freed.clear()
            await self._freed.wait()

    def take(self, size: int) -> None:
        self._taken += size

    def give_back(self, size: int) -> None:
        self._taken -= size
        self._freed.set()


async def run(
    source: Source, analyzer: Analyzer, model: ValenceModel, sink: Sink, *, frame_memory_mb: int = 96
) -> Totals:
    """Takes every frame of `source` through `analyzer` and `model` into `sink`.

    Frames under way take no more than `frame_memory_mb` megabytes, or one frame where a single one is larger.
    What a stage raises comes out as it is; the other stages are stopped first.
    """
    located: asyncio.Queue[_Chunk | None] = asyncio.Queue(_QUEUED)
    decoded: asyncio.Queue[_Chunk | None] = asyncio.Queue(_QUEUED)
    reading: asyncio.Queue[Awaitable[_Chunk] | None] = asyncio.Queue(_READERS - 1 or 1)
    loop = asyncio.get_running_loop()
    budget = _Budget(frame_memory_mb * 1_000_000)
    totals = Totals(0, 0, 0.0)
    waiting = Waiting()

    with (
        closing(_chunks(source)) as chunks,  # first, so that it is closed after its thread has ended
        ThreadPoolExecutor(1, "decode") as decoder,
        ThreadPoolExecutor(1, "locate") as locator,
        ThreadPoolExecutor(_READERS, "read") as readers,
        ThreadPoolExecutor(1, "sink") as writer,
    ):

        async def decode() -> None:
            size = 0
            while True:
                await budget.room(size)
                if (chunk := await loop.run_in_executor(decoder, next, chunks, None)) is None:
                    break
                size = chunk.size
                budget.take(size)
                await decoded.put(chunk)
                del chunk  # who waits must not hold what others have done with
            await decoded.put(None)

        async def locate() -> None:
            while chunk := await decoded.get():
                size = chunk.size
                decided = await loop.run_in_executor(locator, _locate, chunk, analyzer, waiting)
                budget.give_back(size)  # what waits has a bound of its own
                del chunk
                if decided:
                    budget.take(decided.size)
                    await located.put(decided)
                    del decided
            if rest := _decided(waiting.rest()):
                budget.take(rest.size)
                await located.put(rest)
                del rest
            await located.put(None)

        async def read() -> None:
            while chunk := await located.get():
                await reading.put(loop.run_in_executor(readers, _read, chunk, model))
                del chunk
            await reading.put(None)

        async def finish() -> None:
            nonlocal totals
            while promise := await reading.get():
                chunk = await promise
                totals = await loop.run_in_executor(writer, _finish, chunk, analyzer, sink, totals)
                budget.give_back(chunk.size)
                del chunk, promise

        try:
            async with asyncio.TaskGroup() as stages:
                for stage in (decode, locate, read, finish):
                    stages.create_task(stage(), name=stage.__name__)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
    return totals


def _chunks(source: Source) -> Generator[_Chunk]:
    """The source's frames, a few at a time; fewer where they are large."""
    frames = iter(source)
    first = next(frames, None)
    if first is None:
        return
    size = max(1, min(_CHUNK_FRAMES, _CHUNK_BYTES // max(first.image.nbytes, 1)))
    some = [first, *islice(frames, size - 1)]
    del first
    while some:
        chunk = _Chunk(some, [], [], [])
        del some
        yield chunk
        del chunk
        some = list(islice(frames, size))


def _locate(chunk: _Chunk, analyzer: Analyzer, waiting: Waiting) -> _Chunk | None:
    """The frames up to `chunk` of which it is known by now who is in them."""
    for frame in chunk.frames:
        waiting.add(frame, *analyzer.locate_all(frame))
    return _decided(waiting.decided())


def _decided(frames: Sequence[tuple[Frame, list[Located]]]) -> _Chunk | None:
    return _Chunk([f for f, _ in frames], [faces for _, faces in frames], [], []) if frames else None


def _read(chunk: _Chunk, model: ValenceModel) -> _Chunk:
    """Aligns and reads the faces of all the chunk's frames as one batch."""
    chunk.crops = [
        model.align(frame.image, [face.box for face in faces], [face.roll for face in faces])
        for frame, faces in zip(chunk.frames, chunk.located, strict=True)
    ]
    together = model.read([crop for crops in chunk.crops for crop in crops])
    start = 0
    for crops in chunk.crops:
        chunk.readings.append(together[start : start + len(crops)])
        start += len(crops)
    return chunk


def _finish(chunk: _Chunk, analyzer: Analyzer, sink: Sink, totals: Totals) -> Totals:
    for frame, located, crops, readings in zip(
        chunk.frames, chunk.located, chunk.crops, chunk.readings, strict=True
    ):
        samples = analyzer.finish(frame, located, crops, readings)
        sink(frame, samples)
        totals = Totals(totals.frames + 1, totals.frames_with_faces + bool(samples), frame.time)
    return totals
