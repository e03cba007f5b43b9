"""A face that the detector misses, carried on by a dlib correlation tracker (Danelljan et al. 2014)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import dlib
import numpy as np

from stream.faces.looks import Image, likeness, looks_of
from stream.faces.sight import Sight, covered
from stream.faces.track import Rules, Track
from stream.frames import Box

_FACE = 32.0
"""Pixels of the face's side in the picture that the correlation tracker gets, whatever the frame's size."""
_REACH = 5.0
"""Side of that picture in sides of the face: the tracker itself looks at two around it..."""
_WANDERED = 1.2
"""... and gets another picture when the face is so far from the middle of it."""


class Carrier:
    """A correlation tracker on the surroundings of one face, at a scale of its own."""

    def __init__(self, image: Image, box: Box) -> None:
        """`box` is where the face is in the BGR `image` (H, W, 3)."""
        side = max(float(np.sqrt(box.area)), 2.0)
        self._scale = min(1.0, _FACE / side)
        self._side = side
        x, y = box.centre
        half = _REACH * side / 2
        self._window = (round(x - half), round(y - half), round(x + half), round(y + half))
        self._tracker = dlib.correlation_tracker()
        self._tracker.start_track(self._view(image), dlib.drectangle(*self._inside(box)))

    def update(self, image: Image) -> tuple[Box, float]:
        """Where the face has got to, and the tracker's confidence: its peak-to-side-lobe ratio."""
        confidence = float(self._tracker.update(self._view(image)))
        at = self._tracker.get_position()
        left, top = self._window[:2]
        box = Box(at.left(), at.top(), at.right(), at.bottom()).scaled(1 / self._scale)
        return Box(box.left + left, box.top + top, box.right + left, box.bottom + top), confidence

    def has_wandered(self, box: Box) -> bool:
        """Whether the face at `box` needs a carrier that looks elsewhere."""
        left, top, right, bottom = self._window
        x, y = box.centre
        return max(abs(x - (left + right) / 2), abs(y - (top + bottom) / 2)) > _WANDERED * self._side

    def _inside(self, box: Box) -> Box:
        left, top = self._window[:2]
        return Box(box.left - left, box.top - top, box.right - left, box.bottom - top).scaled(self._scale)

    def _view(self, image: Image) -> Image:
        """The window of the frame, RGB; beyond the frame its edge goes on."""
        height, width = image.shape[:2]
        left, top, right, bottom = self._window
        part = image[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
        if not part.size:
            part = image[:1, :1]
        beyond = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
        side = max(8, round((right - left) * self._scale))
        if any(beyond):
            part = np.asarray(cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REPLICATE), np.uint8)
        if part.shape[:2] != (side, side):
            part = np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        return np.ascontiguousarray(part[..., ::-1])


def carried(track: Track, sight: Sight, previous: Image | None, present: Sequence[Box], rules: Rules) -> bool:
    """Moves the track's box by what it looks like; False where that is no longer its face.

    `previous` is the frame before; `present` are the boxes of the faces that were detected.
    """
    if sight.time - track.seen > rules.carry or track.evidence < rules.carry_evidence:
        return False
    if previous is None or previous.shape != sight.whole.shape:
        return False
    if track.carrier is None or track.carrier.has_wandered(track.box):
        track.carrier = Carrier(previous, track.box)
    box, confidence = track.carrier.update(sight.whole)
    height, width = sight.whole.shape[:2]
    x, y = box.centre
    inside = 0 <= x < width and 0 <= y < height
    if confidence < rules.carry_confidence or not inside:
        return False
    if any(covered(box, other) > 0.35 for other in present):
        return False  # somebody stands in front: what moves on is not this face
    if likeness(track.looks, looks_of(sight.image, box.scaled(sight.scale))) < rules.carry_alike:
        return False
    track.box, track.score, track.time = box, 0.0, sight.time
    return True
