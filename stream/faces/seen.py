"""What is known of a face beside its valence, for its sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inference import Attributes, Crop, Pose, poses
from stream.frames import Extras


def turns_of(crops: Sequence[Crop]) -> list[Pose | None]:
    """How the head of each crop is turned; None where it has no landmarks."""
    points = [crop.landmarks for crop in crops if crop.landmarks is not None]
    found = iter(poses(np.stack(points)) if points else ())
    return [None if crop.landmarks is None else next(found) for crop in crops]


def extras(turn: Pose | None, seen: Attributes | None) -> Extras:
    """The extras of a sample."""
    known = Extras() if turn is None else Extras(*turn)
    if seen is None:
        return known
    return known._replace(
        eyes_closed=seen.eyes_closed, mouth_covered=seen.mouth_covered, half_covered=seen.half_covered
    )
