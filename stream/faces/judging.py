"""The quality of faces that were cut out of pictures one by one, as training and benchmarks want it."""

from __future__ import annotations

from collections.abc import Sequence

from inference import Crop, Readings, open_attributes
from stream.faces.quality import quality
from stream.faces.seen import turns_of
from stream.frames import Box

_SEEN = 1.0
"""A detector's score that says nothing against the face: in crops it is looked for in a frame that was made
for the purpose."""


def qualities(
    crops: Sequence[Crop],
    boxes: Sequence[Sequence[float]],
    readings: Readings,
    shapes: Sequence[tuple[int, ...]],
) -> list[float]:
    """One for each of `crops`. boxes: in pictures of these (height, width, …) `shapes`."""
    spreads = [None] * len(crops) if readings.spread is None else readings.spread.tolist()
    seen, turns = open_attributes().read(crops), turns_of(crops)
    judged = zip(crops, boxes, spreads, turns, seen, shapes, strict=True)
    return [quality(crop, Box(*box), _SEEN, *others) for crop, box, *others in judged]
