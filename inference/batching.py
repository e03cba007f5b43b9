"""One model for many streams: crops that wait are read together, and no stream waits long for another.

A stream takes a `Seat`. What it hands in is cut into pieces of at most one batch, and every batch takes one
piece of each seat in turn: a crowd in one stream cannot hold up a single face in another. Each seat's
queue is bounded (`Seat.submit` refuses beyond it), so the whole is.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from inference.alignment import Crop
from inference.model import BATCHES
from inference.outputs import Readings

WAIT = 0.002
"""Seconds for which a batch waits for other streams that were busy a moment ago."""
BUSY = 0.1
"""Seconds after its latest request for which a stream is worth waiting for."""
WAITING = 4
"""Requests that one seat may have waiting."""


class Reader(Protocol):
    """What the batcher runs: `ValenceModel`, or something like it."""

    def read(self, crops: Sequence[Crop]) -> Readings: ...


class BatcherClosed(RuntimeError):  # noqa: N818 - as asyncio.QueueShutDown: a state, not a mistake
    """The batcher has stopped and reads nothing more."""


class SeatFull(RuntimeError):  # noqa: N818 - as asyncio.QueueFull
    """A seat has as many requests waiting as it may."""


@dataclass(eq=False)
class _Request:
    """Crops of one call, read in one or more pieces."""

    crops: Sequence[Crop]
    future: Future[Readings] = field(default_factory=Future)
    parts: list[Readings] = field(default_factory=list)
    done: int = 0
    """Crops that have been read or are being read."""


class Seat:
    """One stream's place at the batcher. Made by `Batcher.join`; usable from any thread."""

    def __init__(self, batcher: Batcher, name: str) -> None:
        self.name = name
        self._batcher = batcher
        self._queue: deque[_Request] = deque()
        self._latest = float("-inf")

    def submit(self, crops: Sequence[Crop]) -> Future[Readings]:
        """Hand in the crops of one frame. Cancelling the future before its turn takes them back.

        Raises:
            SeatFull: too many requests of this seat are waiting.
            BatcherClosed: the batcher has stopped, or the seat was given up.
        """
        return self._batcher._submit(self, crops)

    def read(self, crops: Sequence[Crop]) -> Readings:
        """Hand in crops and wait for their readings (blocks the calling thread)."""
        return self.submit(crops).result()

    async def read_async(self, crops: Sequence[Crop]) -> Readings:
        """Hand in crops and wait for their readings; cancelling takes them back."""
        return await asyncio.wrap_future(self.submit(crops))

    def leave(self) -> None:
        """Give the seat up; what it has waiting is cancelled."""
        self._batcher._leave(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.leave()


class Batcher:
    """Reads the crops of all seats in one worker thread.

    wait: seconds that a batch with room waits for seats that were busy within `BUSY`; it does not wait when
    every such seat has something in it.
    """

    def __init__(
        self, model: Reader, *, size: int = BATCHES[-1], wait: float = WAIT, waiting: int = WAITING
    ) -> None:
        if size < 1 or waiting < 1 or wait < 0:
            raise ValueError(f"size {size}, waiting {waiting} and wait {wait} make no batcher")
        self._model = model
        self._size, self._wait, self._waiting = size, wait, waiting
        self._seats: deque[Seat] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._worker = threading.Thread(target=self._run, name="batcher", daemon=True)
        self._worker.start()

    def join(self, name: str) -> Seat:
        """A seat for one more stream."""
        seat = Seat(self, name)
        with self._changed:
            if self._closed:
                raise BatcherClosed("the batcher has stopped")
            self._seats.append(seat)
        return seat

    def close(self) -> None:
        """Stop after the batch that is being read; what waits is cancelled."""
        with self._changed:
            self._closed = True
            for seat in self._seats:
                _cancel(seat._queue)
            self._changed.notify_all()
        self._worker.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _submit(self, seat: Seat, crops: Sequence[Crop]) -> Future[Readings]:
        request = _Request(crops)
        with self._changed:
            if self._closed or seat not in self._seats:
                raise BatcherClosed(f"the batcher reads nothing more for {seat.name}")
            while seat._queue and seat._queue[-1].future.cancelled():
                seat._queue.pop()
            if len(seat._queue) >= self._waiting:
                raise SeatFull(f"{seat.name} has {len(seat._queue)} requests waiting")
            seat._latest = time.monotonic()
            if len(crops) == 0:
                request.future.set_result(Readings.joined([]))
                return request.future
            seat._queue.append(request)
            self._changed.notify_all()
        return request.future

    def _leave(self, seat: Seat) -> None:
        with self._changed:
            if seat in self._seats:
                self._seats.remove(seat)
            _cancel(seat._queue)
            self._changed.notify_all()

    def _run(self) -> None:
        while pieces := self._next():
            self._read(pieces)

    def _next(self) -> list[tuple[_Request, Sequence[Crop]]]:
        """The pieces of the next batch; none when the batcher has stopped."""
        with self._changed:
            while True:
                while not self._closed and not any(seat._queue for seat in self._seats):
                    self._changed.wait()
                if self._closed:
                    return []
                self._wait_for_others()
                if pieces := self._take():
                    return pieces

    def _wait_for_others(self) -> None:
        """Wait until every busy seat has handed something in, at most `wait`."""
        end = time.monotonic() + self._wait
        while not self._closed:
            now = time.monotonic()
            missing = [s for s in self._seats if not s._queue and now - s._latest < BUSY]
            if not missing or now >= end:
                return
            self._changed.wait(end - now)

    def _take(self) -> list[tuple[_Request, Sequence[Crop]]]:
        """One piece of each seat in turn, until the batch is full or nothing waits."""
        pieces: list[tuple[_Request, Sequence[Crop]]] = []
        room = self._size
        share = max(1, room // max(1, sum(1 for seat in self._seats if seat._queue)))
        for limit in (share, room):  # first everyone's share, then who has more
            for _ in range(len(self._seats)):
                seat = self._seats[0]
                self._seats.rotate(-1)
                room -= self._take_from(seat, min(limit, room), pieces)
        # The next batch begins with another seat.
        self._seats.rotate(-1)
        return pieces

    def _take_from(self, seat: Seat, limit: int, pieces: list[tuple[_Request, Sequence[Crop]]]) -> int:
        taken = 0
        while seat._queue and taken < limit:
            request = seat._queue[0]
            if request.done == 0 and not request.future.set_running_or_notify_cancel():
                seat._queue.popleft()
                continue
            piece = request.crops[request.done : request.done + limit - taken]
            pieces.append((request, piece))
            request.done += len(piece)
            taken += len(piece)
            if request.done == len(request.crops):
                seat._queue.popleft()
        return taken

    def _read(self, pieces: list[tuple[_Request, Sequence[Crop]]]) -> None:
        try:
            readings = self._model.read([crop for _, piece in pieces for crop in piece])
        except Exception as error:  # whatever the model raises belongs to the one who asked
            if len(pieces) > 1:  # one stream's bad crop must not fail the others
                for one in pieces:
                    self._read([one])
                return
            self._fail(pieces[0][0], error)
            return
        start = 0
        for request, piece in pieces:
            end = start + len(piece)
            request.parts.append(readings[start:end])
            start = end
            read = sum(map(len, request.parts))
            if read == len(request.crops) and not request.future.done():
                request.future.set_result(Readings.joined(request.parts))

    def _fail(self, request: _Request, error: Exception) -> None:
        with self._changed:
            for seat in self._seats:
                if request in seat._queue:
                    seat._queue.remove(request)
        if not request.future.done():
            request.future.set_exception(error)


def _cancel(queue: deque[_Request]) -> None:
    for request in queue:
        # One that is half read cannot be cancelled any more.
        if not request.future.cancel() and not request.future.done():
            request.future.set_exception(BatcherClosed("the stream's seat was given up"))
    queue.clear()
