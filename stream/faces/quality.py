"""How far a sample can be trusted, from 0 (not at all) to 1.

Each thing that makes a face harder to read takes its share; the shares were fitted to the errors of readings
(by non-negative least squares: portraits under the conditions of `benchmarks.posed`, FER+ under the
corruptions of `training.scoring.robustness`, half of the people of each), then rounded, and raised where
little data spoke for much doubt: a face that is half out of the picture, profiles, a carried box.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from inference import Attributes, Crop, Pose
from stream.frames import Box

_SMALL, _LARGE = math.log(16), math.log(48)
"""Of a face's side in pixels: where most cannot be read any more, and where more pixels add little."""
_CARRIED = 0.6
"""Doubt where the tracker carried the face and no detector saw it."""

_GRID = (np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=-1).reshape(-1, 2) + 0.5) / 8
"""Places in a crop, in its sides."""


def quality(
    crop: Crop,
    box: Box,
    score: float,
    spread: float | None,
    pose: Pose | None = None,
    seen: Attributes | None = None,
    frame: tuple[int, ...] | None = None,
) -> float:
    """Quality of one reading: exp(-doubt), the doubts of all things added.

    `score` is the detector's (0: carried by the tracker); `spread` the error that the model expects of
    itself, None for models that do not say; `pose` how the head is turned; `seen` what else a network tells
    of the crop; `frame` the (H, W, …) of the picture, of which a face may lie outside.
    """
    gray = np.asarray(cv2.cvtColor(crop.pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    contrast = float(cv2.meanStdDev(gray)[1][0, 0])
    doubt = 0.9 * _ramp(math.log(max(box.area, 1.0)) / 2, _LARGE, _SMALL)
    doubt += 0.15 * _ramp(_sharpness(gray, contrast), 0.02, 0.002)
    doubt += 0.35 * _ramp(contrast, 12, 3)  # standard deviation, in levels of grey: what darkness takes
    doubt += 0.4 * _ramp(np.count_nonzero(gray >= 250) / gray.size, 0.05, 0.5)  # bleached
    doubt += 0.15 * _ramp(score, 0.85, 0.4) if score > 0 else _CARRIED
    if pose is not None:
        doubt += 0.5 * _ramp(abs(pose.yaw), 20, 60) + 0.3 * _ramp(abs(pose.pitch), 20, 50)
    if frame is not None:
        doubt += _ramp(outside(crop, frame), 0.0, 0.4)
    if spread is not None:
        doubt += 1.9 * _ramp(spread, 0.125, 0.625)
    if seen is not None:
        doubt += 1.4 * _ramp(seen.face, 0.9, 0.1)
        doubt += 1.1 * _ramp(seen.mouth_covered, 0.2, 0.8)
        doubt += 0.8 * _ramp(seen.half_covered, 0.2, 0.8)
        doubt += 0.15 * _ramp(seen.eyes_closed, 0.4, 0.9)
    return math.exp(-doubt)


def outside(crop: Crop, frame: tuple[int, ...]) -> float:
    """The share of a crop that lies outside the picture (H, W, …), 0..1; there its edge pixels are
    repeated."""
    side = crop.pixels.shape[0]
    a, b, x0, c, d, y0 = (float(number) for number in crop.matrix.ravel())
    area, across, down = a * d - b * c, side / 2 - x0, side / 2 - y0
    x, y = (d * across - b * down) / area, (a * down - c * across) / area
    reach = side / math.sqrt(2 * abs(area))
    if reach <= x <= frame[1] - reach and reach <= y <= frame[0] - reach:  # most faces by far
        return 0.0
    points = (_GRID * side - crop.matrix[:, 2]) @ np.linalg.inv(crop.matrix[:, :2]).T
    beyond = (points < 0) | (points > (frame[1], frame[0]))
    return np.count_nonzero(beyond[:, 0] | beyond[:, 1]) / len(points)


def _sharpness(gray: npt.NDArray[np.uint8], contrast: float) -> float:
    """Fine detail against all detail, so that contrast cancels out: 0 for a blurred face."""
    if contrast < 1:
        return 0.0
    fine = float(cv2.meanStdDev(cv2.Laplacian(gray, cv2.CV_16S))[1][0, 0])
    return (fine / (4 * contrast)) ** 2


def _ramp(value: float, none: float, full: float) -> float:
    """0 at `none` (and before it), 1 at `full`, evenly in between; either may be the larger one."""
    return min(max((value - none) / (full - none), 0.0), 1.0)
