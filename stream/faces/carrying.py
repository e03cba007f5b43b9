"""A face that the detector misses, carried on by a dlib correlation tracker (Danelljan et al. 2014)."""

from __future__ import annotations

from collections.abc import Sequence

import dlib
import numpy as np

from stream.faces.looks import Image, likeness, looks_of
from stream.faces.sight import Sight, covered
from stream.faces.track import Rules, Track
from stream.frames import Box


def carried(
    track: Track, sight: Sight, previous: tuple[Image, float] | None, present: Sequence[Box], rules: Rules
) -> bool:
    """Moves the track's box by what it looks like; False where that is no longer its face.

    `previous` is the frame before and its scale; `present` are the boxes of the faces that were detected.
    """
    if sight.time - track.seen > rules.carry or previous is None:
        return False
    if track.carrier is None:
        before, before_scale = previous
        if before.shape != sight.image.shape:
            return False
        track.carrier = dlib.correlation_tracker()
        track.carrier.start_track(_rgb(before), _rectangle(track.box.scaled(before_scale)))
    confidence = track.carrier.update(_rgb(sight.image))
    at = track.carrier.get_position()
    box = Box(at.left(), at.top(), at.right(), at.bottom())
    height, width = sight.image.shape[:2]
    x, y = box.centre
    inside = 0 <= x < width and 0 <= y < height
    box = box.scaled(1 / sight.scale)
    if confidence < rules.carry_confidence or not inside:
        return False
    if any(covered(box, other) > 0.35 for other in present):
        return False  # somebody stands in front: what moves on is not this face
    if likeness(track.looks, looks_of(sight.image, box.scaled(sight.scale))) < rules.carry_alike:
        return False
    track.box, track.score, track.time = box, 0.0, sight.time
    return True


def _rectangle(box: Box) -> dlib.drectangle:
    return dlib.drectangle(*box)


def _rgb(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])
