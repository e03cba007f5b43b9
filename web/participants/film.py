"""The camera's own video of a live session, for those few that may keep it."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from dataclasses import replace
from pathlib import Path

from stream.drawing.annotated_video import AnnotatedVideo
from stream.pipelines.live import LiveResult
from stream.sources.live import Shot

WAITING = 30
"""Frames that may wait to be encoded; more are left out and counted, so that analysis never waits."""

log = logging.getLogger(__name__)


class Film:
    """A sink that writes every analysed frame into an MP4 file, on the session's clock.

    Encoding has a thread of its own. `path`: where; its folder is made with the first frame. Without a
    frame there is no file.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        """Set before the first frame comes."""
        self.left_out = 0
        self._shots: queue.Queue[Shot | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None

    def __call__(self, result: LiveResult) -> None:
        if self._thread is None:
            if self.path is None:
                return
            self._thread = threading.Thread(target=self._encode, args=(self.path,), name="film", daemon=True)
            self._thread.start()
        try:
            self._shots.put_nowait(result.shot)
        except queue.Full:
            self.left_out += 1

    async def close(self) -> Path | None:
        """Complete the file. None where there is none."""
        if self._thread is None or self.path is None:
            return None
        await asyncio.to_thread(self._shots.put, None)
        await asyncio.to_thread(self._thread.join)
        if self.left_out:
            log.warning("%d frames are missing in %s: encoding was too slow.", self.left_out, self.path)
        return self.path if self.path.exists() else None

    def _encode(self, path: Path) -> None:
        try:
            path.parent.mkdir(exist_ok=True)  # not its parents: a sessions folder that is gone stays gone
            with AnnotatedVideo(path) as video:  # without samples nothing is drawn
                begun = False
                while (shot := self._shots.get()) is not None:
                    frame = shot.frame()
                    if not begun and frame.time > 0:
                        # A video begins with its first frame; this one must begin with the session.
                        video.write(replace(frame, time=0.0), [])
                    video.write(frame, [])
                    begun = True
        except Exception:  # whatever it is: who waits for the end of the session must not wait for ever
            log.exception("The video %s cannot be kept.", path)
            while self._shots.get() is not None:
                pass  # nobody may wait for a place
