"""The first frames of a new face: they wait until it is sure that it is one.

A track is confirmed when a few detections agree, or when it turns out to be somebody who comes back. In a
recording there is time to wait for that, so that a face's samples begin where it does. The wait is bounded
by frames and by memory, not by time, so that two runs give the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from stream.faces.analyzer import Located, Undecided
from stream.frames import Frame

_FRAMES = 16
"""That wait at most: half a second of video, longer than from one sweep of the picture to the next..."""
_BYTES = 64_000_000
"""... and what they may hold; one may wait in any case."""


class Waiting:
    """Located frames in their order. Not for several threads at once."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Frame, list[Located], Sequence[Undecided]]] = deque()

    def add(self, frame: Frame, located: list[Located], undecided: Sequence[Undecided]) -> None:
        """The latest frame, with its faces and with what may be some."""
        self._frames.append((frame, located, undecided))

    def decided(self) -> list[tuple[Frame, list[Located]]]:
        """The frames that need wait no longer, with all of their faces by face id."""
        ready = []
        while self._frames and (self._too_many() or not any(u.is_open for u in self._frames[0][2])):
            ready.append(self._first())
        return ready

    def rest(self) -> list[tuple[Frame, list[Located]]]:
        """The frames that still waited when the recording ended."""
        return [self._first() for _ in range(len(self._frames))]

    def _too_many(self) -> bool:
        size = self._frames[0][0].image.nbytes
        return len(self._frames) > max(1, min(_FRAMES, _BYTES // max(size, 1)))

    def _first(self) -> tuple[Frame, list[Located]]:
        frame, located, undecided = self._frames.popleft()
        known = {face.face_id for face in located}
        for open_or_not in undecided:
            face = open_or_not.located
            if face is not None and face.face_id not in known:
                located.append(face)
                known.add(face.face_id)
        return frame, sorted(located, key=lambda face: face.face_id)
