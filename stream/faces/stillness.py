"""Faces that never move: posters, pictures on a wall, what somebody holds still on a screen.

People breathe, blink and sway: even who sits still moves by more than a hundredth of the face within seconds,
and then what lies at one place of the picture changes. What is looked at is that place, where the face was
first: its light and contrast may change, its pattern may not. A picture of somebody that is carried around,
or filmed by a camera that moves, does move and is not told from a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from stream.frames import Box

Image = npt.NDArray[np.uint8]
Pattern = npt.NDArray[np.float32]

SECONDS = 5.0
"""A face that was seen for less is not called still."""
_EVERY = 0.15
"""Seconds from one look to the next."""
_SIDE = 24
_CHANGED = 0.015
"""How much of a pattern is another one, from which it has moved (1 - correlation)..."""
_PASSING = 0.05
"""... and in which share of the looks it may be: somebody walks by."""
_JUMP = 0.25
"""A box that is farther than this from its first place, in faces, is somewhere else."""


@dataclass
class _Watched:
    box: Box
    pattern: Pattern
    first: float
    latest: float
    looks: int = 0
    changed: int = 0


class Stillness:
    """Watches the faces of one source. For one thread at a time."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}

    def see(self, image: Image, time: float, face_id: int, box: Box) -> None:
        """A face in the BGR `image`, seconds after the start of the source."""
        before = self._watched.get(face_id)
        if before is None:
            self._watched[face_id] = _Watched(box, _pattern(image, box), time, time)
        elif time - before.latest >= _EVERY:
            before.latest = time
            before.looks += 1
            before.changed += _is_away(before.box, box) or _has_changed(before, image)

    @property
    def still(self) -> list[int]:
        """The faces that have not moved so far, ascending."""
        return sorted(
            face_id
            for face_id, seen in self._watched.items()
            if seen.latest - seen.first >= SECONDS and seen.changed <= _PASSING * seen.looks
        )


def _has_changed(seen: _Watched, image: Image) -> bool:
    return 1 - float((seen.pattern * _pattern(image, seen.box)).sum()) > _CHANGED


def _is_away(first: Box, now: Box) -> bool:
    (x0, y0), (x1, y1) = first.centre, now.centre
    return float(np.hypot(x1 - x0, y1 - y0)) > _JUMP * float(np.sqrt(first.area))


def _pattern(image: Image, box: Box) -> Pattern:
    """What is at a place of the picture, of mean 0 and length 1."""
    height, width = image.shape[:2]
    x0, y0 = int(np.clip(box.left, 0, width - 2)), int(np.clip(box.top, 0, height - 2))
    x1, y1 = int(np.clip(box.right, x0 + 2, width)), int(np.clip(box.bottom, y0 + 2, height))
    small = cv2.resize(image[y0:y1, x0:x1], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    gray -= gray.mean()
    return np.asarray(gray / max(float(np.linalg.norm(gray)), 1e-3), np.float32)
