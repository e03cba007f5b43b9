"""The faces in one picture, of any size: there is no earlier frame that says where to look.

Large faces are looked for in views of the whole picture, small ones tile by tile in the picture as it is. By
measurement a megapixel of tiles takes about 0.2 s of processor time; blank parts cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from stream.faces.detection import Detection, Detector
from stream.frames import Box

Image = npt.NDArray[np.uint8]

_TILE, _OVERLAP = 640, 112
"""Sides of a tile and of what it shares with the next: no face that a tile is there for is cut by all."""
_LEVEL = 0.25
"""Each level of tiles is so large as the one before; the views of the whole are the last."""
_SURE = 0.85
"""Score from which a small face counts: with so many places to look, some look like one."""
_LARGE_SURE = 0.8
"""... and a large one."""
_BLANK = 4.0
"""Standard deviation of grey below which a tile shows nothing."""
_WHOLE = 1280


def find_in_still(detector: Detector, image: Image) -> list[Detection]:
    """The faces in a picture (H, W, 3) BGR, from left to right.

    The large view and the tiles add the small faces only: a network for small faces sees faces in the folds
    of a large one.
    """
    found: list[Detection] = []
    longest = max(image.shape[:2])
    for side, least, size in ((640, _LARGE_SURE, 1.0), (320, 0.85, 1.0), (_WHOLE, _SURE, 0.08)):
        if found and side == 320:
            continue
        if side > 640 and longest <= 640:
            continue
        scale = min(1.0, side / longest)
        found += [
            face
            for face in _found(detector, _scaled(image, scale), scale)
            if face.score >= least and np.sqrt(face.box.area) * scale <= size * side
        ]
    for tile, scale, left, top in _tiles(image):
        found += [
            face
            for face in _found(detector, tile, scale, left, top)
            if face.score >= _SURE and np.sqrt(face.box.area) * scale <= _OVERLAP
        ]
    return sorted(without_doubles(found), key=lambda d: (d.box.left, d.box.top))


def largest_in_still(detector: Detector, image: Image) -> Box | None:
    """The largest face in a picture; small ones are only looked for where there is no other."""
    scale = min(1.0, 640 / max(image.shape[:2]))
    found = [face for face in _found(detector, _scaled(image, scale), scale) if face.score >= _LARGE_SURE]
    found = found or find_in_still(detector, image)
    return max((face.box for face in found), key=lambda box: box.area, default=None)


def without_doubles(found: Sequence[Detection]) -> list[Detection]:
    """`found` without the weaker of any two that share most of the smaller one's area."""
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda d: -d.score):
        if all(_shared(detection.box, other.box) < 0.6 for other in kept):
            kept.append(detection)
    return kept


def _tiles(image: Image) -> Iterator[tuple[Image, float, int, int]]:
    """Parts of the picture, their scale, and where they are in the picture at that scale."""
    scale = 1.0
    while max(image.shape[:2]) * scale > _WHOLE:
        level = _scaled(image, scale)
        height, width = level.shape[:2]
        for top in _starts(height):
            for left in _starts(width):
                tile = level[top : top + _TILE, left : left + _TILE]
                if cv2.meanStdDev(tile)[1].max() >= _BLANK:
                    yield tile, scale, left, top
        scale *= _LEVEL


def _starts(length: int) -> list[int]:
    """Where tiles begin along a side, evenly spread, each sharing at least `_OVERLAP` with the next."""
    if length <= _TILE:
        return [0]
    count = int(np.ceil((length - _OVERLAP) / (_TILE - _OVERLAP)))
    return [round(start) for start in np.linspace(0, length - _TILE, count)]


def _scaled(image: Image, scale: float) -> Image:
    if scale == 1.0:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _found(detector: Detector, view: Image, scale: float, left: int = 0, top: int = 0) -> list[Detection]:
    """The faces in a view, in pixels of the picture."""
    return [
        Detection(
            Box(d.box.left + left, d.box.top + top, d.box.right + left, d.box.bottom + top).scaled(1 / scale),
            d.score,
        )
        for d in detector.detect(np.ascontiguousarray(view))
    ]


def _shared(a: Box, b: Box) -> float:
    """Intersection over the smaller area, 0..1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(width, 0.0) * max(height, 0.0) / max(min(a.area, b.area), 1e-6)
