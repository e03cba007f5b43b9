"""How far a sample can be trusted, from 0 (not at all) to 1.

Each thing that makes a face harder to read takes its share; the shares were fitted to the errors of readings
(by non-negative least squares: portraits under the conditions of `benchmarks.posed`, FER+ under the
corruptions of `training.scoring.robustness`, half of the people of each), then rounded, and raised where
little data spoke for much doubt: a face that is half out of the picture, profiles, a carried box.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inference import Attributes, Crop, Pose
from stream.frames import Box


class Doubt(NamedTuple):
    """What a thing takes: nothing up to `none`, `most` from `full` on, evenly in between; either may be the
    larger one."""

    most: float
    none: float
    full: float

    def of(self, value: float) -> float:
        return self.most * min(max((value - self.none) / (self.full - self.none), 0.0), 1.0)


DOUBTS = {
    # Log of a face's side in pixels: more than 48 add little, and 16 show most faces no more.
    "small": Doubt(0.9, math.log(48), math.log(16)),
    "blurred": Doubt(0.15, 0.02, 0.002),
    "flat": Doubt(0.35, 12, 3),  # standard deviation, in levels of grey: what darkness takes
    "bleached": Doubt(0.4, 0.05, 0.5),
    "unsure": Doubt(0.15, 0.85, 0.4),  # of the detector's score
    "yaw": Doubt(0.5, 20, 60),
    "pitch": Doubt(0.3, 20, 50),
    "outside": Doubt(1.0, 0.0, 0.4),
    "spread": Doubt(1.9, 0.125, 0.625),
    "face": Doubt(1.4, 0.9, 0.1),
    "mouth_covered": Doubt(1.1, 0.2, 0.8),
    "half_covered": Doubt(0.8, 0.2, 0.8),
    "eyes_closed": Doubt(0.15, 0.4, 0.9),
}
CARRIED = 0.6
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
    found = {
        "small": math.log(max(box.area, 1.0)) / 2,
        "blurred": _sharpness(gray, contrast),
        "flat": contrast,
        "bleached": np.count_nonzero(gray >= 250) / gray.size,
    }
    if score > 0:
        found["unsure"] = score
    if pose is not None:
        found |= {"yaw": abs(pose.yaw), "pitch": abs(pose.pitch)}
    if frame is not None:
        found["outside"] = outside(crop, frame)
    if spread is not None:
        found["spread"] = spread
    if seen is not None:
        found |= seen._asdict()
    doubt = sum(DOUBTS[name].of(value) for name, value in found.items())
    if score <= 0:
        doubt += CARRIED
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
