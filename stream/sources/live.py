"""Live sources: what cannot wait. The newest frame wins, and every frame that nobody took is counted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt

from stream.frames import Frame

Image = npt.NDArray[np.uint8]


class LiveError(RuntimeError):
    """A live source that cannot be opened or has failed; the text says what to do."""


@dataclass(frozen=True)
class Shot:
    """A frame as it came, not yet converted: most of the work is saved for frames that are dropped."""

    picture: av.VideoFrame | Image
    """As decoded, or BGR (H, W, 3)."""
    index: int
    """0-based among all frames that came, the dropped ones too."""
    time: float
    """Seconds from the start of the source, by its presentation timestamps."""
    received: float
    """`time.monotonic()` when it came."""
    captured: float | None = None
    """Seconds since 1970 on the sender's own clock when it was taken, where the sender says so."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if isinstance(self.picture, av.VideoFrame):
            return self.picture.width, self.picture.height
        return self.picture.shape[1], self.picture.shape[0]

    def frame(self) -> Frame:
        """The frame in BGR. Costs a conversion: call it in a worker thread."""
        if isinstance(self.picture, av.VideoFrame):
            image = np.asarray(self.picture.to_ndarray(format="bgr24"), np.uint8)
            return Frame(image, self.index, self.time)
        return Frame(self.picture, self.index, self.time)


class LiveSource(Protocol):
    """Anything that yields the newest frame."""

    name: str

    @property
    def dropped(self) -> int:
        """Frames so far that nobody took."""
        ...

    @property
    def notices(self) -> list[str]:
        """What happened since this was last asked, e.g. a reconnection; one sentence each."""
        ...

    async def open(self) -> None:
        """Start. Raises LiveError."""
        ...

    async def next(self) -> Shot | None:
        """The newest frame that was not taken yet, waiting for it; None when the source has ended.

        Raises:
            LiveError: the source has failed.
        """
        ...

    async def close(self) -> None:
        """Stop and let go of the device or connection. Called again, it does nothing."""
        ...


class Newest:
    """A place for one frame. Putting never waits: a frame that was not taken is dropped and counted.

    Filled from any thread, emptied in the event loop that made it.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._filled = asyncio.Event()
        self._shot: Shot | None = None
        self._ended = False
        self._error: LiveError | None = None

    def put(self, shot: Shot) -> None:
        with self._lock:
            if self._ended:
                return
            if self._shot is not None:
                self.dropped += 1
                self._shot = shot
                return  # the reader has been told already
            self._shot = shot
        self._tell()

    def end(self, error: LiveError | None = None) -> None:
        """No more frames will come."""
        with self._lock:
            if self._ended:
                return
            self._ended, self._error = True, error
        self._tell()

    async def get(self) -> Shot | None:
        """The frame, waiting for it; None after the end. Raises the error that ended it."""
        await self._filled.wait()
        with self._lock:
            shot, self._shot = self._shot, None
            if not self._ended:
                self._filled.clear()
        if shot is None and self._error is not None:
            raise self._error
        return shot

    def _tell(self) -> None:
        if self._loop.is_closed():  # a thread that outlived its loop
            return
        self._loop.call_soon_threadsafe(self._filled.set)


class ThreadSource:
    """A live source that reads in a thread of its own, for libraries that block.

    `read` runs in that thread: it puts frames and returns at the end of the source, or soon after
    `stopping` is set.
    """

    name: str

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = threading.Event()
        self._notices: list[str] = []
        self._newest: Newest | None = None
        self._thread: threading.Thread | None = None

    def read(self, put: Callable[[Shot], None]) -> None:
        raise NotImplementedError

    @property
    def dropped(self) -> int:
        return 0 if self._newest is None else self._newest.dropped

    @property
    def notices(self) -> list[str]:
        taken, self._notices = self._notices, []
        return taken

    def notice(self, text: str) -> None:
        self._notices.append(text)

    async def open(self) -> None:
        self._newest = Newest()
        self._thread = threading.Thread(
            target=self._run, args=(self._newest,), name=f"source {self.name}", daemon=True
        )
        self._thread.start()

    async def next(self) -> Shot | None:
        if self._newest is None:
            raise LiveError(f"{self.name} has not been opened")
        return await self._newest.get()

    async def close(self) -> None:
        self.stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _run(self, newest: Newest) -> None:
        try:
            self.read(newest.put)
        except LiveError as error:
            newest.end(error)
        finally:
            newest.end()
