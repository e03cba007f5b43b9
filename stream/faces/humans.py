"""Whether what a detector takes for a face can be a human's, and a whole one: furniture, fur and foliage are
none, and who comes out from behind something is half of one."""

from __future__ import annotations

from collections.abc import Sequence

from inference import AttributeModel
from stream.faces.detection import Detection, Image

HUMAN = 0.12
"""Probability of a human face below which it is none, where all of it is in the picture."""
_WHOLE, _HALF = 0.8, 0.25
"""Probabilities of a human face from which, and of a covered half up to which, all of it is surely seen."""


def only_humans(model: AttributeModel, image: Image, found: Sequence[Detection]) -> list[Detection]:
    """Those of some detections in the BGR `image` that can be faces of humans."""
    seen = model.read_at(image, [d.box for d in found], [d.roll or 0.0 for d in found])
    return [
        detection
        for detection, attributes in zip(found, seen, strict=True)
        if attributes.face >= HUMAN or _is_cut(detection, image)
    ]


def is_whole(model: AttributeModel, image: Image, found: Detection) -> bool:
    """Whether all of a face in the BGR `image` is surely seen."""
    (seen,) = model.read_at(image, [found.box], [found.roll or 0.0])
    return seen.face >= _WHOLE and seen.half_covered <= _HALF


def _is_cut(detection: Detection, image: Image) -> bool:
    """Whether some of it is beyond the picture: of half a face nobody can say that it is none."""
    height, width = image.shape[:2]
    left, top, right, bottom = detection.box
    return left < 0 or top < 0 or right > width or bottom > height
