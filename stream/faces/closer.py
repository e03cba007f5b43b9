"""A second look at one face, where the picture of the whole frame does not show it well.

The detector gets the face's surroundings alone, at the size that suits it, and turned so that the face is
upright as far as its roll is known. By measurement such a look costs less than half of what a
correlation tracker does, and says whether a face is there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from inference.alignment import Image, Matrix, back, patch, square, turn_of
from inference.landmarks import LandmarkModel
from stream.faces.detection import Detection, Detector
from stream.faces.light import detect_lit
from stream.frames import Box


class Look(Protocol):
    """Looks closely at places of one frame."""

    def at(self, box: Box, roll: float) -> Detection | None:
        """The face at about `box`, turned clockwise by about `roll` degrees; None: there is none."""
        ...

    def around(self, box: Box) -> Detection | None:
        """The same, turned by any roll, which the detection says."""
        ...

    def is_human(self, found: Detection) -> bool:
        """Whether it can be a human's face."""
        ...

    def is_whole(self, found: Detection) -> bool:
        """Whether all of a face is surely seen."""
        ...


_FACE = 48.0
"""Pixels of the face in the picture that the detector gets..."""
_PIXELS = 128
"""... whose side this is..."""
_REACH = _PIXELS / _FACE
"""... or this in faces..."""
_TURNED = 1.42 * _REACH
"""... of which nothing is missing when it is turned."""
_AWAY = 0.6
"""How far from where it is looked for a face may be, in sides of the face..."""
_SIZE_RATIO = 1.7
"""... and how much larger or smaller."""


class Surroundings:
    """Those of one face, made small once for all looks at them."""

    def __init__(self, image: Image, box: Box) -> None:
        """`box` is where the face should be in the BGR `image` (H, W, 3)."""
        self._side = max(float(np.sqrt(box.area)), 2.0)
        self._centre = np.array(box.centre)
        # Averaging all pixels of a large face costs more than the detection: first take every n-th.
        step = max(1, int(0.75 * self._side / _FACE))
        height, width = image.shape[:2]
        self._size = width, height
        half, last = _TURNED * self._side / 2, (width - 1, height - 1)
        left, top = np.clip(self._centre - half, 0, last).astype(int).tolist()
        right, bottom = np.clip(self._centre + half, 0, last).astype(int).tolist()
        part = image[top : bottom + 1 : step, left : right + 1 : step]
        # Half a face at the picture's border is a whole one in the mirror.
        self._is_cut = min(box.left, box.top, width - box.right, height - box.bottom) < 0
        self._to_part = np.array([[1 / step, 0, -left / step], [0, 1 / step, -top / step]])
        self._patch = patch(part, (self._centre - (left, top)) / step, self._side / step, _TURNED, _FACE)

    def face(self, detector: Detector, roll: float) -> Detection | None:
        """The face that is there, turned clockwise by about `roll` degrees; None: there is none.

        Its box and points are in pixels of the image; nobody knows more of its roll yet.
        """
        matrix = square(self._centre[0], self._centre[1], _REACH * self._side, _PIXELS, roll)
        view = self._patch.warp(_after(matrix, self._to_part), _PIXELS, self._is_cut)
        best, nearest = None, np.inf
        for found in detect_lit(detector, view):
            (x, y), size = found.box.centre, float(np.sqrt(found.box.area))
            away = float(np.hypot(x - _PIXELS / 2, y - _PIXELS / 2)) / _FACE
            if away > _AWAY or not 1 / _SIZE_RATIO < size / _FACE < _SIZE_RATIO:
                continue
            if away - found.score < nearest:
                best, nearest = found, away - found.score
        if best is None:
            return None
        return unmirrored(turned_back(best, matrix, roll), *self._size)

    def roll(self, landmarks: LandmarkModel, box: Box, roll: float) -> float:
        """Degrees by which the face at `box` is turned clockwise, by its landmarks, -180..180.

        It is looked at turned back by `roll`: landmarks hold to 45 degrees from it.
        """
        (x, y), side = box.centre, max(float(np.sqrt(box.area)), 2.0) * landmarks.context
        window = square(x, y, side, landmarks.side, roll)
        view = self._patch.warp(_after(window, self._to_part), landmarks.side)
        return turn_of(back(window, landmarks.predict([view])[0]))


def look_closer(detector: Detector, image: Image, box: Box, roll: float) -> Detection | None:
    """One look at the `Surroundings` of one face."""
    return Surroundings(image, box).face(detector, roll)


def unmirrored(found: Detection, width: int, height: int) -> Detection:
    """What was found in a mirrored picture (width, height), with its middle in the picture itself.

    In the mirror half a face is a whole one that may lie a little to either side of the border.
    """
    b, (x, y) = found.box, found.box.centre
    dx, dy = 2 * (min(max(x, 0), width) - x), 2 * (min(max(y, 0), height) - y)
    if not dx and not dy:
        return found
    points = None if found.points is None else found.points + np.array([dx, dy])
    return replace(found, box=Box(b.left + dx, b.top + dy, b.right + dx, b.bottom + dy), points=points)


def turned_back(found: Detection, matrix: Matrix, roll: float) -> Detection:
    """What was found in a view of the frame, in the frame; `matrix` (2, 3) is from frame to view, in
    which faces are turned by `roll` degrees less."""
    (x, y), scale = found.box.centre, float(np.hypot(matrix[0, 0], matrix[0, 1]))
    ((cx, cy),) = back(matrix, np.array([[x, y]]))
    width, height = found.box.width / scale, found.box.height / scale
    cos, sin = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    # The upright rectangle around the ellipse that a head is.
    half_width = float(np.hypot(width * cos, height * sin)) / 2
    half_height = float(np.hypot(width * sin, height * cos)) / 2
    points = None if found.points is None else back(matrix, found.points)
    return Detection(
        Box(cx - half_width, cy - half_height, cx + half_width, cy + half_height),
        found.score,
        roll,
        points,
    )


def within_turn(degrees: float) -> float:
    """The same direction in -180..180."""
    return float((degrees + 180) % 360 - 180)


def _after(matrix: Matrix, first: Matrix) -> Matrix:
    """The transform (2, 3) from where `first` leads to where `matrix` does; both begin in the frame.

    `first` only shrinks and shifts.
    """
    result = matrix.copy()
    result[:, :2] = matrix[:, :2] / first[0, 0]
    result[:, 2] = matrix[:, 2] - result[:, :2] @ first[:, 2]
    return result
