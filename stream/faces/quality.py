"""How far a sample can be trusted, from 0 (not at all) to 1."""

from __future__ import annotations

import cv2
import numpy as np

from inference import Crop
from stream.frames import Box

# Below the first size nothing can be read, above the second more pixels add nothing (the model
# sees 64 pixels).
_SMALL, _LARGE = 16.0, 56.0
# Variance of the Laplacian over the variance of the crop: a ratio, so that contrast cancels out.
_BLURRED, _SHARP = 0.004, 0.04
# Expected error of the model's valence (a standard deviation): certain and lost.
_CERTAIN, _LOST = 0.10, 0.50
_CARRIED = 0.4
"""What a score is worth where the tracker carried the face and no detector saw it."""


def quality(crop: Crop, box: Box, score: float, spread: float | None) -> float:
    """Quality of one reading: the product of what size, sharpness, pose, detector and model say.

    `score` is the detector's (0: carried by the tracker); `spread` the error that the model
    expects of itself, None for models that do not say.
    """
    parts = [
        _ramp(np.sqrt(max(box.area, 0.0)), _SMALL, _LARGE),
        0.4 + 0.6 * _ramp(sharpness(crop), _BLURRED, _SHARP),
        _ramp(score, 0.2, 0.85) if score > 0 else _CARRIED,
        0.2 + 0.8 * frontal(crop),
    ]
    if spread is not None:
        parts.append(1 - 0.95 * _ramp(spread, _CERTAIN, _LOST))
    return float(np.clip(np.prod(parts), 0, 1))


def sharpness(crop: Crop) -> float:
    """Fine detail against all detail: 0 for a blurred face, more for a sharp one."""
    gray = cv2.cvtColor(crop.pixels, cv2.COLOR_BGR2GRAY)
    deviation = float(gray.std())
    if deviation < 1:
        return 0.0
    return float(cv2.Laplacian(gray, cv2.CV_32F).var()) / (4 * deviation) ** 2


def frontal(crop: Crop) -> float:
    """1 for a face that looks at the camera, 0 for a profile: how far the nose has left the middle
    between the eyes, in distances of the eyes."""
    if crop.landmarks is None:
        return 1.0
    left, right, nose = crop.landmarks[:3]
    across = right - left
    length = float(across @ across)
    if length < 1e-6:
        return 0.0
    along = float((nose - left) @ across) / length
    return 1 - float(_ramp(abs(along - 0.5), 0.1, 0.6))


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0, 1))
