"""A closer look at one place of a picture: enlarged or shrunk to a useful size, and turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from stream.faces.detection import Detection, Detector
from stream.frames import Box

Image = npt.NDArray[np.uint8]

_PIXELS = 64
"""Sides of a face in a look, of which the detector is surest about whether it is one, and which way up..."""
_SPAN = 2.0
"""... and of what is looked at, in faces. Such a look costs 2.3 ms."""
_STEP = 45
"""Degrees from one side to the next. By measurement a detector sees a face that is off by half of it."""
_OFF = 0.25
"""How far from where a face should be, in faces, it may be found: beyond, it is another."""


@dataclass(frozen=True)
class Place:
    """What is around a box in a picture."""

    patch: Image
    middle: tuple[float, float]
    """Of the box, in pixels of the patch."""
    scale: float
    """From the picture to the patch."""
    box: Box

    @classmethod
    def of(cls, image: Image, box: Box) -> Place:
        """Around `box` in `image`, with as many pixels as a look from any side needs."""
        side, (x, y) = math.sqrt(max(box.area, 1.0)), box.centre
        reach = 0.75 * _SPAN * side
        height, width = image.shape[:2]
        left, right = (int(np.clip(x + d, 0, width)) for d in (-reach, reach))
        top, bottom = (int(np.clip(y + d, 0, height)) for d in (-reach, reach))
        patch = image[top : max(bottom, top + 1), left : max(right, left + 1)]
        scale = min(1.0, _PIXELS / side)
        if scale < 1:
            size = max(1, round(patch.shape[1] * scale)), max(1, round(patch.shape[0] * scale))
            patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.uint8)
        return cls(patch, ((x - left) * scale, (y - top) * scale), scale, box)

    def look(self, detector: Detector, roll: float) -> Detection | None:
        """The face of the box, as seen by somebody who tilts their head by `roll` (degrees, clockwise)."""
        side = round(_PIXELS * _SPAN)
        face = math.sqrt(max(self.box.area, 1.0)) * self.scale
        matrix = cv2.getRotationMatrix2D(self.middle, roll, _PIXELS / face)
        matrix[:, 2] += np.subtract(side / 2, self.middle)
        view = cv2.warpAffine(
            self.patch, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        found = [
            face
            for face in detector.detect(np.asarray(view, np.uint8))
            if math.hypot(*np.subtract(face.box.centre, side / 2)) < _OFF * _PIXELS
            and 0.5 <= math.sqrt(face.box.area) / _PIXELS <= 2
        ]
        best = max(found, key=lambda d: d.score, default=None)
        if best is None:
            return None
        back = cv2.invertAffineTransform(matrix)
        x, y = (back @ (*best.box.centre, 1.0) - self.middle) / self.scale + self.box.centre
        size = np.array([best.box.width, best.box.height]) * face / _PIXELS / self.scale
        return Detection(turned_box((float(x), float(y)), size.tolist(), roll), best.score, roll)


def from_all_sides(detector: Detector, image: Image, box: Box) -> Detection | None:
    """The face of a box whichever way up it is, seen from eight sides; None where none of them shows one.

    Its roll is where a parabola through the scores around the best side has its top: 5 degrees off in the
    median, 15 at the 90th percentile (20 portraits, 40 to 250 pixels).
    """
    place = Place.of(image, box)
    seen = [place.look(detector, roll) for roll in range(-180, 180, _STEP)]
    best = max((face for face in seen if face), key=lambda d: d.score, default=None)
    if best is None:
        return None
    at = next(i for i, face in enumerate(seen) if face is best)
    before, after = (seen[(at + d) % len(seen)] for d in (-1, 1))
    scores = (before.score if before else 0.0, best.score, after.score if after else 0.0)
    return Detection(best.box, best.score, wrapped(best.roll + _STEP * _top(*scores)))


def turned_box(centre: tuple[float, float], size: Sequence[float], roll: float) -> Box:
    """The box around the ellipse that fills a box of `size` (width, height) which is turned by `roll`."""
    turn = math.radians(roll)
    across = math.hypot(size[0] * math.cos(turn), size[1] * math.sin(turn)) / 2
    down = math.hypot(size[0] * math.sin(turn), size[1] * math.cos(turn)) / 2
    x, y = centre
    return Box(x - across, y - down, x + across, y + down)


def wrapped(roll: float) -> float:
    """The same direction in -180..180 degrees."""
    return (roll + 180) % 360 - 180


def _top(before: float, best: float, after: float) -> float:
    """Where a parabola through three neighbours is highest, in steps from the middle one, -.5..5."""
    bend = before - 2 * best + after
    return 0.0 if bend >= -1e-6 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
