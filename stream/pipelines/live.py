"""The way of a live frame: newest shot, locate, batched reading, samples, sinks.

Two frames are under way at most: while one is read, the next is located. The next is picked just in time,
not as soon as possible, so that it is still new when its turn to be read comes. What comes in between is
dropped by the source, and counted: a slow model costs frames, never latency.
"""

from __future__ import annotations

import asyncio
import enum
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np

from inference import Crop, ValenceModel
from inference.batching import Seat
from stream.faces.analyzer import Analyzer, Located
from stream.frames import Frame, Sample
from stream.sources.live import LiveSource, Shot

LARGEST = 1920 * 1080
"""Pixels of the largest picture that is analysed live; larger ones are refused, with a notice."""
FPS_WINDOW = 2.0
"""Seconds over which frames per second are counted."""
PAUSE_SEEN = 1.5
"""Seconds that a pause, however long, lasts for the tracker: faces keep their ids over it."""
SAME_SHAPE = 0.02
"""Relative difference of two aspect ratios that still count as the same."""


class LiveState(enum.Enum):
    """OPENING → RUNNING ⇄ PAUSED → ENDED; from any state to ENDED."""

    OPENING = "opening"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True)
class LiveResult:
    """What is known of one frame when its faces have been read."""

    shot: Shot
    size: tuple[int, int]
    """Width and height of the picture that the boxes refer to."""
    samples: Sequence[Sample]
    fps: float
    """Analysed frames a second, over the last `FPS_WINDOW` seconds."""
    latency: float
    """Seconds from the frame's arrival to its samples."""
    dropped: int
    """Frames so far that were not analysed."""
    frames: int
    """Frames so far that were analysed, and how many of them showed a face."""
    frames_with_faces: int


@dataclass(frozen=True)
class _LocatedFrame:
    shot: Shot
    frame: Frame
    """With the analyzer's time, in which pauses are short."""
    located: Sequence[Located]
    crops: Sequence[Crop]


class LivePipeline:
    """One live source, analysed until it ends or `run` is cancelled; then it gives up its `seat`.

    Sinks are called in the event loop, one frame after the other; they must not block.
    """

    def __init__(self, source: LiveSource, analyzer: Analyzer, model: ValenceModel, seat: Seat) -> None:
        self.sinks: list[Callable[[LiveResult], None]] = []
        self.on_too_large: Callable[[tuple[int, int]], None] = lambda size: None
        """Called for every picture that is larger than `LARGEST`."""
        self.state = LiveState.OPENING
        self._source, self._analyzer, self._model, self._seat = source, analyzer, model, seat
        self._size: tuple[int, int] | None = None
        self._refused = 0
        self._frames = self._frames_with_faces = 0
        self._finished: deque[float] = deque()
        self._latest: float | None = None
        self._skipped = 0.0
        self._resumed = False
        # Recent seconds for locating and for reading, and when the reading under way began.
        self._locating = self._reading = 0.0
        self._reading_since: float | None = None

    @property
    def dropped(self) -> int:
        return self._source.dropped + self._refused

    @property
    def frames(self) -> int:
        """Frames that have been analysed."""
        return self._frames

    @property
    def still_faces(self) -> list[int]:
        """The faces that have not moved so far."""
        return self._analyzer.still_faces

    def pause(self) -> None:
        """Frames that come are thrown away, uncounted, until `resume`."""
        if self.state in (LiveState.OPENING, LiveState.RUNNING):
            self.state = LiveState.PAUSED

    def resume(self) -> None:
        if self.state is LiveState.PAUSED:
            self.state, self._resumed = LiveState.RUNNING, True
            self._finished.clear()

    async def run(self) -> None:
        """Analyse until the source ends.

        Raises:
            LiveError: the source cannot be opened or has failed. What model and detector raise comes through.
        """
        located: asyncio.Queue[_LocatedFrame | None] = asyncio.Queue(1)
        under_way = asyncio.Semaphore(2)
        try:
            await self._source.open()
            if self.state is LiveState.OPENING:
                self.state = LiveState.RUNNING
            threads = ThreadPoolExecutor(2, thread_name_prefix=f"live {self._source.name}")
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._locate_all(located, under_way, threads))
                    group.create_task(self._read_all(located, under_way, threads))
            finally:
                threads.shutdown(wait=False)  # to wait here would hold everybody in the event loop
        except* Exception as group_of_errors:
            # One failure stops both stages; there is one cause to report.
            raise group_of_errors.exceptions[0] from None
        finally:
            self.state = LiveState.ENDED
            self._seat.leave()
            await self._source.close()

    async def _locate_all(
        self,
        located: asyncio.Queue[_LocatedFrame | None],
        under_way: asyncio.Semaphore,
        threads: ThreadPoolExecutor,
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await under_way.acquire()
            await self._until_due()
            shot = await self._next()
            if shot is None:
                await located.put(None)
                return
            began = time.monotonic()
            found = await loop.run_in_executor(threads, self._locate, shot)
            self._locating = _recent(self._locating, time.monotonic() - began)
            await located.put(found)

    async def _read_all(
        self,
        located: asyncio.Queue[_LocatedFrame | None],
        under_way: asyncio.Semaphore,
        threads: ThreadPoolExecutor,
    ) -> None:
        loop = asyncio.get_running_loop()
        while (found := await located.get()) is not None:
            self._reading_since = began = time.monotonic()
            samples: Sequence[Sample] = []
            if found.located:
                readings = await self._seat.read_async(found.crops)
                samples = await loop.run_in_executor(
                    threads, self._analyzer.finish, found.frame, found.located, found.crops, readings
                )
            self._reading = _recent(self._reading, time.monotonic() - began)
            self._reading_since = None
            under_way.release()
            self._hand_out(found, samples)

    async def _until_due(self) -> None:
        """Wait while a frame picked now would only wait for its turn to be read."""
        if self._reading_since is not None:
            due = self._reading_since + self._reading - self._locating
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _next(self) -> Shot | None:
        while (shot := await self._source.next()) is not None:
            if self.state is LiveState.PAUSED:
                continue
            if shot.size[0] * shot.size[1] > LARGEST:
                self._refused += 1
                self.on_too_large(shot.size)
                continue
            return shot
        return None

    def _locate(self, shot: Shot) -> _LocatedFrame:
        """Runs in a worker thread."""
        frame = shot.frame()
        self._size = size = working_size(self._size, shot.size)
        if size != shot.size:
            image = cv2.resize(frame.image, size, interpolation=cv2.INTER_LINEAR)
            frame = replace(frame, image=np.asarray(image, np.uint8))
        if self._resumed and self._latest is not None:
            self._skipped += max(0.0, shot.time - self._latest - PAUSE_SEEN)
        self._resumed, self._latest = False, shot.time
        frame = replace(frame, time=shot.time - self._skipped)
        located = self._analyzer.locate(frame)
        crops = self._model.align(
            frame.image, [face.box for face in located], [face.roll for face in located]
        )
        return _LocatedFrame(shot, frame, located, crops)

    def _hand_out(self, found: _LocatedFrame, samples: Sequence[Sample]) -> None:
        now = time.monotonic()
        self._frames += 1
        self._frames_with_faces += bool(samples)
        self._finished.append(now)
        while now - self._finished[0] > FPS_WINDOW:
            self._finished.popleft()
        result = LiveResult(
            shot=found.shot,
            size=(found.frame.image.shape[1], found.frame.image.shape[0]),
            samples=[replace(sample, time=found.shot.time) for sample in samples],
            fps=rate(self._finished),
            latency=now - found.shot.received,
            dropped=self.dropped,
            frames=self._frames,
            frames_with_faces=self._frames_with_faces,
        )
        for sink in self.sinks:
            sink(result)


def working_size(before: tuple[int, int] | None, now: tuple[int, int]) -> tuple[int, int]:
    """The size at which a frame of size `now` is analysed, after frames at size `before`.

    Senders shrink the picture when the network is slow; enlarging it again keeps boxes comparable over the
    session, and faces their ids. A picture that grows, or is turned, is taken as it is.
    """
    if before is None:
        return now
    same_shape = abs(now[0] * before[1] / (now[1] * before[0]) - 1) < SAME_SHAPE
    return before if same_shape and now[0] < before[0] else now


def rate(moments: Sequence[float]) -> float:
    """Events a second, from the times of a stretch of them; 0 where there are fewer than two."""
    if len(moments) < 2 or moments[-1] == moments[0]:
        return 0.0
    return (len(moments) - 1) / (moments[-1] - moments[0])


def _recent(average: float, value: float) -> float:
    """Exponential average over about ten values, at once at the first one."""
    return value if average == 0 else average + 0.1 * (value - average)
