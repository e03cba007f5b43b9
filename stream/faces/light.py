"""Pictures that are too dark or too bright, shown to the detector in a light in which it finds faces."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from stream.faces.detection import Detection, Detector

Image = npt.NDArray[np.uint8]

_DARK, _BRIGHT = 45.0, 190.0
"""Mean levels of grey beyond which a picture is dark, or bright."""
_MOST_GAIN = 8.0
"""The most that a dark picture is made brighter: beyond, noise looks like anything."""
_SURE = 0.8
"""A bright picture that shows no face better than this is looked at in the next light, too."""


def _darker(exponent: float) -> Image:
    """By level, what is left of a face in a washed-out picture: it lies in few levels below white."""
    return np.asarray(255 * (np.arange(256) / 255) ** exponent, np.uint8)


_DARKER = (_darker(4), _darker(10))
"""One after the other: pale faces want more of it, and others are lost in that."""


def detect_lit(detector: Detector, view: Image) -> list[Detection]:
    """What the BGR `view` (H, W, 3) shows in a light in which faces are found, in its pixels.

    By measurement (`benchmarks.conditions`), of 20 portraits in overexposed clips 94 % are found in the first
    light alone and 95 % in both; of 168 overexposed views without a face one more gets a box from .6 on.
    """
    level = float(np.mean(view))
    if level > _BRIGHT:
        return _surest(detector, view)
    if 0.5 <= level < _DARK:
        view = np.asarray(cv2.convertScaleAbs(view, alpha=min(_MOST_GAIN, 2 * _DARK / level)), np.uint8)
    return detector.detect(view)


def _surest(detector: Detector, view: Image) -> list[Detection]:
    """The detections of the light that shows a face most surely."""
    best: list[Detection] = []
    for table in _DARKER:
        found = detector.detect(np.asarray(cv2.LUT(view, table), np.uint8))
        best = max(best, found, key=_best_score)
        if _best_score(best) >= _SURE:
            break
    return best


def _best_score(found: list[Detection]) -> float:
    return max((face.score for face in found), default=0.0)
