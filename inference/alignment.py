"""Face alignment: from a face box in a frame to the crop that the network sees.

Training and serving both crop through `Aligner`, so that a network meets the faces that it was
trained on. Two methods, chosen by the model's manifest:

- ``landmarks``: five points (eyes, nose, mouth corners), then the least-squares similarity
  transform (Umeyama 1991) onto a template. Undoes roll and the detector's jitter in position and
  size.
- ``box``: a square around the box. For models that were trained on plain face boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from inference.landmarks import LandmarkModel

Points = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]

# A patch is shrunk (area-averaged) to this many pixels a face before anything is read from it: the
# crops are ~64 px, and single pixels of a large face would alias.
FACE_PIXELS = 128
# Side of the patch that is kept around a face, in face sides: the crop may reach beyond the box.
PATCH = 1.7
TILTED = 15.0
"""Degrees from which a face that turns out to be tilted is looked at once more, turned back by them."""
TURNED_PATCH = 2.2
"""... of a turned face: the corners of its crop reach further."""


@dataclass(frozen=True)
class Alignment:
    """How a model wants its faces cropped (the ``alignment`` part of a manifest)."""

    method: Literal["landmarks", "box"]
    template: tuple[tuple[float, float], ...] = ()
    """``landmarks``: where left eye, right eye, nose, left and right mouth corner (left and right
    of the picture) lie in the crop, as fractions of its side."""
    scale: float = 1.0
    """``box``: side of the square crop over the geometric mean of the box's width and height."""
    shift: float = 0.0
    """``box``: how far the crop's centre lies below the box's centre, in sides of the crop."""


@dataclass(frozen=True)
class Crop:
    """One aligned face."""

    pixels: Image
    """(side, side, 3), BGR."""
    matrix: Matrix
    """(2, 3), from frame coordinates to crop coordinates."""
    landmarks: Points | None
    """(5, 2) in frame coordinates, or None for the ``box`` method."""


@dataclass(frozen=True)
class Patch:
    """The surroundings of one face, shrunk to a useful size."""

    pixels: Image
    origin: Points
    """(2,), of its corner, in frame coordinates."""
    pixel: Points
    """(2,), width and height of one of its pixels, in frame pixels."""

    def warp(self, matrix: Matrix, side: int, mirror: bool = False) -> Image:
        """(side, side, 3): the patch under `matrix` (2, 3), frame to output coordinates.

        Outside the frame its edge pixels repeat, or the frame is mirrored.
        """
        local = matrix.copy()
        local[:, :2] = matrix[:, :2] * self.pixel
        local[:, 2] += matrix[:, :2] @ self.origin
        # Pixel centres lie at +0.5 in our coordinates, at whole numbers in OpenCV's.
        local[:, 2] += local[:, :2] @ np.array([0.5, 0.5]) - 0.5
        border = cv2.BORDER_REFLECT if mirror else cv2.BORDER_REPLICATE
        warped = cv2.warpAffine(self.pixels, local, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(warped, np.uint8)


def similarity(source: Points, target: Points) -> Matrix:
    """The least-squares similarity transform (2, 3) that takes `source` (n, 2) to `target` (n, 2).

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    PAMI 13(4), 1991. In two dimensions it has this closed form, with complex numbers for points.
    """
    a = source[:, 0] + 1j * source[:, 1]
    b = target[:, 0] + 1j * target[:, 1]
    spread = np.sum(np.abs(a - a.mean()) ** 2)
    if spread < 1e-12:
        raise ValueError("all source points coincide; no similarity transform exists")
    z = np.sum(np.conj(a - a.mean()) * (b - b.mean())) / spread
    t = b.mean() - z * a.mean()
    return np.array([[z.real, -z.imag, t.real], [z.imag, z.real, t.imag]])


def square(cx: float, cy: float, side: float, pixels: int, roll: float = 0.0) -> Matrix:
    """The transform (2, 3) that takes a square of the frame to (pixels, pixels).

    What is turned clockwise in the frame by `roll` degrees is upright there.
    """
    scale, angle = pixels / side, np.deg2rad(roll)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    x, y = pixels / 2 - cos * cx - sin * cy, pixels / 2 + sin * cx - cos * cy
    return np.array([[cos, sin, x], [-sin, cos, y]])


def roll_of(matrix: Matrix) -> float:
    """Degrees by which a face is turned clockwise in the frame, -180..180, that `matrix` (2, 3) takes to an
    upright one."""
    return float(np.rad2deg(np.arctan2(matrix[0, 1], matrix[0, 0])))


_UPRIGHT = np.array([[0.31, 0.34], [0.69, 0.34], [0.5, 0.55], [0.35, 0.74], [0.65, 0.74]])
"""Where the five points of an upright face lie, for nothing but its roll."""


def turn_of(points: Points) -> float:
    """Degrees by which a face with these five points (5, 2) is turned clockwise, -180..180."""
    return roll_of(similarity(points, _UPRIGHT))


def back(matrix: Matrix, points: Points) -> Points:
    """Points (n, 2) in a crop, where they lie in the frame; `matrix` (2, 3) is from frame to crop."""
    return np.asarray((points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T, np.float64)


class Aligner:
    """Cuts model-ready crops of `side` pixels out of frames. Safe to share between threads."""

    def __init__(self, alignment: Alignment, side: int, landmarks: LandmarkModel | None = None) -> None:
        if alignment.method == "landmarks":
            if landmarks is None:
                raise ValueError("alignment by landmarks needs a landmark model")
            if len(alignment.template) != 5:
                raise ValueError(f"the template needs five points, it has {len(alignment.template)}")
        self.side = side
        self._alignment = alignment
        self.template = np.array(alignment.template, np.float64) * side
        """(5, 2), where the points lie in a crop; empty for the ``box`` method."""
        self._landmarks = landmarks

    def wide(self, image: Image, box: Sequence[float], factor: float) -> Image:
        """The crop of one face with its surroundings: BGR, `factor` times as wide and high."""
        (crop,) = self.align(image, [box])
        side = round(self.side * factor)
        edges = np.asarray(box, np.float64)
        face = float(np.sqrt(np.maximum(edges[2:] - edges[:2], 1.0).prod()))
        around = patch(image, (edges[:2] + edges[2:]) / 2, face, PATCH * factor)
        return around.warp(widen(crop.matrix, self.side, side), side)

    def align(
        self, image: Image, boxes: Sequence[Sequence[float]], rolls: Sequence[float] | None = None
    ) -> list[Crop]:
        """One crop for each of `boxes` (left, top, right, bottom; they may reach outside the frame).

        `image` is uint8 BGR (H, W, 3); `rolls` are the degrees by which the faces are turned, clockwise as
        seen, as far as is known: faces are looked at turned back by them.
        """
        if not len(boxes):
            return []
        edges = np.asarray(boxes, np.float64)
        sizes = np.maximum(edges[:, 2:] - edges[:, :2], 1.0)
        sides = np.maximum(np.sqrt(sizes.prod(axis=1)), 2.0)
        centres = (edges[:, :2] + edges[:, 2:]) / 2
        angles = np.zeros(len(boxes)) if rolls is None else np.asarray(rolls, np.float64)
        reaches = np.where(angles == 0, PATCH, TURNED_PATCH)
        patches = [patch(image, c, s, r) for c, s, r in zip(centres, sides, reaches, strict=True)]

        if self._alignment.method == "box":
            scale, shift = self._alignment.scale, self._alignment.shift
            matrices = [
                _box_square(cx, cy, s, angle, scale, shift, self.side)
                for (cx, cy), s, angle in zip(centres, sides, angles, strict=True)
            ]
            return [Crop(p.warp(m, self.side), m, None) for p, m in zip(patches, matrices, strict=True)]

        model = self._landmarks
        assert model is not None

        def look(faces: Sequence[int]) -> tuple[list[Points], list[Matrix]]:
            windows = [
                square(centres[i][0], centres[i][1], sides[i] * model.context, model.side, angles[i])
                for i in faces
            ]
            views = [patches[i].warp(window, model.side) for i, window in zip(faces, windows, strict=True)]
            points = [back(w, q) for q, w in zip(model.predict(views), windows, strict=True)]
            return points, [similarity(q, self.template) for q in points]

        points, matrices = look(range(len(boxes)))
        tilted = []
        for i, matrix in enumerate(matrices):
            rest = (roll_of(matrix) - angles[i] + 180) % 360 - 180
            if abs(rest) > TILTED:
                angles[i] += rest
                patches[i] = patch(image, centres[i], sides[i], TURNED_PATCH)
                tilted.append(i)
        if tilted:
            for i, q, matrix in zip(tilted, *look(tilted), strict=True):
                points[i], matrices[i] = q, matrix
        return [Crop(p.warp(m, self.side), m, q) for p, m, q in zip(patches, matrices, points, strict=True)]


def _box_square(
    cx: float, cy: float, side: float, roll: float, scale: float, shift: float, pixels: int
) -> Matrix:
    """The crop of the ``box`` method."""
    angle, down = np.deg2rad(roll), shift * scale * side
    return square(cx - np.sin(angle) * down, cy + np.cos(angle) * down, scale * side, pixels, roll)


def widen(matrix: Matrix, side: int, wide: int) -> Matrix:
    """`matrix` (2, 3) onto a crop of `side` pixels, changed to put that crop in the middle of `wide`."""
    result = matrix.copy()
    result[:, 2] += (wide - side) / 2
    return result


def patch(
    image: Image, centre: Points, face: float, reach: float = PATCH, pixels: float = FACE_PIXELS
) -> Patch:
    """The part of `image` that matters for a face of side `face` around `centre`: `reach` faces wide,
    shrunk to at most `pixels` a face."""
    height, width = image.shape[:2]
    half = face * reach / 2
    x0 = int(np.clip(np.floor(centre[0] - half), 0, width - 1))
    y0 = int(np.clip(np.floor(centre[1] - half), 0, height - 1))
    x1 = int(np.clip(np.ceil(centre[0] + half), x0 + 1, width))
    y1 = int(np.clip(np.ceil(centre[1] + half), y0 + 1, height))
    part = image[y0:y1, x0:x1]
    if face > pixels:
        shrink = pixels / face
        size = max(1, round((x1 - x0) * shrink)), max(1, round((y1 - y0) * shrink))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    pixel = np.array([(x1 - x0) / part.shape[1], (y1 - y0) / part.shape[0]])
    return Patch(part, np.array([x0, y0], np.float64), pixel)


def halved(image: Image) -> Image:
    """`image` (H, W, 3) at half its size, without the last row or column where there is an odd one."""
    height, width = image.shape[0] // 2, image.shape[1] // 2
    whole = image[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
