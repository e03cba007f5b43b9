"""Where a recording jumps: a cut to another shot, or a clip that begins again.

After a jump a place says nothing about who is there. Two frames of one shot correlate, also when the
light changes or something is in motion; the figures: frames 0.1 s apart in clips of moving people
correlated by 0.92 and more, 0.27 s apart by 0.72; the end of a clip with its beginning, where people had
changed places before the same background, by 0.48.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float32]

LEAST = 0.6
"""Correlation below which two frames belong to different shots."""
_FLAT = 2.0
"""Standard deviation, in levels of grey, below which a picture shows nothing to compare."""


def outline(image: npt.NDArray[np.uint8]) -> Outline:
    """The BGR `image` in 16 x 12 levels of grey."""
    small = cv2.resize(image, (16, 12), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)


def is_cut(before: Outline, after: Outline) -> bool:
    """Whether the recording jumps between two frames. Black and blank pictures are no jump."""
    a, b = (before - before.mean()).ravel(), (after - after.mean()).ravel()
    energies = float(a @ a), float(b @ b)
    if min(energies) < _FLAT**2 * a.size:
        return False
    return float(a @ b) < LEAST * math.sqrt(energies[0] * energies[1])
