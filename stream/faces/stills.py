"""The faces in one picture, of any size and turned any way: no earlier frame says where to look, or how.

Large faces are looked for in views of the whole picture, from four sides; small ones tile by tile in the
picture as it is. What may be a face, and what may be turned, is looked at closely from all sides. By
measurement a megapixel of tiles takes about 0.06 s of processor time; blank parts cost nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from inference.alignment import halved, turn_of
from stream.faces.closer import Surroundings
from stream.faces.detection import Detection, Detector
from stream.faces.light import detect_lit
from stream.faces.sides import TILTED_SIDES, detect_turned, from_sides
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
_LIKELY = 0.7
"""... and from which a small one is worth a close look."""
_CLOSE_SURE, _TURNED_SURE = 0.8, 0.85
"""... and one that was looked at closely, upright and turned: by measurement what is no face stays below .77
and .83 (20 portraits under 16 conditions, 189 pictures without a face)."""
_BLANK = 4.0
"""Standard deviation of grey below which a tile shows nothing."""
_WHOLE = 1280
_TURNED = 320
"""Longer side of the picture that is looked at from the other three sides: 2.5 ms each."""
_GLANCE, _GLANCE_TURNED = 320, 128
"""The same, of the views that do for a picture's largest face, where it is..."""
_LARGE = 0.12
"""... so large, in longer sides of the picture: a smaller one may not be the largest that is there."""
_TOO_SMALL = 20.0
"""Pixels of a face there, below which that says nothing of it."""
_RIVAL = 0.06
"""By so much, or more, a face scores higher upright than from other sides, or it may be turned."""
_DOUBTFUL = 24
"""Places that may be a face and are looked at closely, the likeliest ones."""
_TILTED = 12.0
"""Degrees that a detector's points may be tilted for an upright face; they show less than half of a tilt."""
_SAME = 0.5
"""Share of the smaller of two boxes in the other from which they are one face from two sides."""


def find_in_still(detector: Detector, image: Image) -> list[Detection]:
    """The faces in a picture (H, W, 3) BGR, from left to right."""
    return _found_in(detector, image, small=True)


def largest_in_still(detector: Detector, image: Image) -> Detection | None:
    """The largest face in a picture; small ones are only looked for where there is no other."""
    return _at_a_glance(detector, image) or max(
        _found_in(detector, image, small=False) or find_in_still(detector, image), key=_area, default=None
    )


def _at_a_glance(detector: Detector, image: Image) -> Detection | None:
    """The largest face, where a small copy of the picture surely shows it; None: it is to be looked for.

    By measurement that takes a fifth of the time of looking for all faces.
    """
    copy, halvings = image, 0
    while max(copy.shape[:2]) > _GLANCE and min(copy.shape[:2]) > 1:
        copy, halvings = halved(copy), halvings + 1
    found = detect_lit(detector, copy)
    turned, scale = _from_other_sides(detector, copy, _GLANCE_TURNED)
    sure = max((face for face in found if face.score >= _LARGE_SURE), key=_area, default=None)
    if sure is None or np.sqrt(sure.box.area) < _LARGE * max(copy.shape[:2]):
        return None
    rivals = (other for other in (*found, *turned) if _shared(other.box, sure.box) < _SAME)
    if any(other.score >= _LIKELY and _area(other) > _area(sure) for other in rivals):
        return None
    return _as_turned(detector, copy, sure, turned, scale).from_view(0.5**halvings)


def _area(face: Detection) -> float:
    return face.box.area


def _found_in(detector: Detector, image: Image, *, small: bool) -> list[Detection]:
    """The faces in a picture, without `small` only those that views of the whole show."""
    seen = [*_in_whole(detector, image), *(_small(detector, image) if small else ())]
    faces = without_doubles([face for face, least in seen if face.score >= least])
    turned, scale = _from_other_sides(detector, image, _TURNED)
    faces = [_as_turned(detector, image, face, turned, scale) for face in faces]
    doubtful = without_doubles([*(face for face, _ in seen), *turned])
    doubtful = [d for d in doubtful if all(_shared(d.box, face.box) < _SAME for face in faces)]
    for place in doubtful[:_DOUBTFUL]:
        face = from_sides(detector, image, place.box)
        if face is not None and face.score >= (_CLOSE_SURE if not face.roll else _TURNED_SURE):
            faces.append(face)
    return sorted(without_doubles(faces), key=lambda d: (d.box.left, d.box.top))


def _in_whole(detector: Detector, image: Image) -> list[tuple[Detection, float]]:
    """What may be a face in views of the whole picture, and the score from which each is one."""
    seen: list[tuple[Detection, float]] = []
    for side, least in ((640, _LARGE_SURE), (320, _SURE)):
        if not any(face.score >= sure for face, sure in seen):
            scale = min(1.0, side / max(image.shape[:2]))
            found = detect_lit(detector, _scaled(image, scale))
            seen += [(face.from_view(scale), least) for face in found]
    return seen


def _small(detector: Detector, image: Image) -> list[tuple[Detection, float]]:
    """The same in a large view of the whole and in tiles.

    They add the small faces only: a network for small faces sees faces in the folds of a large one. And only
    what is likely to be one: among so many places there are buttons that look like a face closely, too.
    """
    longest = max(image.shape[:2])
    if longest <= 640:
        return []
    scale = min(1.0, _WHOLE / longest)
    whole = _scaled(image, scale), scale, 0, 0
    parts = itertools.chain([(whole, 0.08 * _WHOLE)], ((tile, _OVERLAP) for tile in _tiles(image)))
    return [
        (face.from_view(scale, left, top), _SURE)
        for (view, scale, left, top), size in parts
        for face in detector.detect(np.ascontiguousarray(view))
        if face.score >= _LIKELY and np.sqrt(face.box.area) <= size
    ]


def _from_other_sides(detector: Detector, image: Image, side: float) -> tuple[list[Detection], float]:
    """What the other three sides of a picture show, and the scale at which that was looked at: `side` is its
    longer side there."""
    scale = min(1.0, side / max(image.shape[:2]))
    view = _scaled(image, scale)
    turns = (90.0, -90.0, 180.0)
    return [face for turn in turns for face in detect_turned(detector, view, scale, turn)], scale


def _as_turned(
    detector: Detector, image: Image, face: Detection, turned: Sequence[Detection], scale: float
) -> Detection:
    """A face that was found upright, with its roll where it is turned.

    Many a face that stands on its head, or lies, is seen upright too, and read wrongly; from the right side
    it is seen better. `turned` was seen from other sides in the picture at `scale`.
    """
    same = [other for other in turned if _shared(face.box, other.box) >= _SAME]
    rivals = {other.roll or 0.0 for other in same if other.score > face.score - _RIVAL}
    if np.sqrt(face.box.area) * scale < _TOO_SMALL:
        rivals.add(180.0)
    if rivals and _may_be_turned(detector, image, face.box, rivals):
        best = from_sides(detector, image, face.box)
    elif face.points is not None and abs(turn_of(face.points)) > _TILTED:
        best = from_sides(detector, image, face.box, TILTED_SIDES)
    else:
        return face
    if best is None or not best.roll:
        return face
    return replace(best, score=max(best.score, face.score))


def _may_be_turned(detector: Detector, image: Image, box: Box, rivals: Collection[float]) -> bool:
    """Whether a close look from one of the sides `rivals` (degrees) shows a face about as well as upright."""
    there = Surroundings(image, box)
    upright = there.face(detector, 0.0)
    least = upright.score - _RIVAL if upright else 0.0
    return any(look is not None and look.score > least for look in (there.face(detector, r) for r in rivals))


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


def _shared(a: Box, b: Box) -> float:
    """Intersection over the smaller area, 0..1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(width, 0.0) * max(height, 0.0) / max(min(a.area, b.area), 1e-6)
