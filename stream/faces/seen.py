"""What is known of a face beside its valence, for its sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inference import EXPRESSIONS, Attributes, Crop, Pose, Readings, poses
from stream.frames import Extras

_SHARES = tuple(f"expression_{name}" for name in EXPRESSIONS)


def turns_of(crops: Sequence[Crop]) -> list[Pose | None]:
    """How the head of each crop is turned; None where it has no landmarks."""
    points = [crop.landmarks for crop in crops if crop.landmarks is not None]
    found = iter(poses(np.stack(points)) if points else ())
    return [None if crop.landmarks is None else next(found) for crop in crops]


def extras(
    turn: Pose | None, seen: Attributes | None, readings: Readings, which: int, quality: float
) -> Extras:
    """The extras of a sample of this quality, whose reading is number `which` of `readings`."""
    known = Extras() if turn is None else Extras(*turn)
    told: dict[str, float | None] = {}
    if seen is not None:
        told |= {
            "eyes_closed": seen.eyes_closed,
            "mouth_covered": seen.mouth_covered,
            "half_covered": seen.half_covered,
        }
    if readings.spread is not None and readings.error is not None:
        told["valence_error"] = readings.error.of(
            float(readings.spread[which]), quality, float(readings.valence[which])
        )
    if readings.arousal is not None:
        told["arousal"] = float(readings.arousal[which])
    if readings.expressions is not None:
        shares = readings.expressions[which].tolist()
        told |= {name: share for name, share in zip(_SHARES, shares, strict=True) if share == share}
    return known._replace(**told) if told else known
