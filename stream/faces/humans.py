"""Whether what a detector takes for a face can be a human's: furniture, fur and foliage are not."""

from __future__ import annotations

from collections.abc import Sequence

from inference import AttributeModel
from stream.faces.detection import Detection, Image

_HUMAN = 0.12
"""Probability of a human face below which it is none, where all of it is in the picture."""


def only_humans(model: AttributeModel, image: Image, found: Sequence[Detection]) -> list[Detection]:
    """Those of some detections in the BGR `image` that can be faces of humans."""
    seen = model.read_at(image, [d.box for d in found], [d.roll or 0.0 for d in found])
    return [
        detection
        for detection, attributes in zip(found, seen, strict=True)
        if attributes.face >= _HUMAN or _is_cut(detection, image)
    ]


def _is_cut(detection: Detection, image: Image) -> bool:
    """Whether some of it is beyond the picture: of half a face nobody can say that it is none."""
    height, width = image.shape[:2]
    left, top, right, bottom = detection.box
    return left < 0 or top < 0 or right > width or bottom > height
