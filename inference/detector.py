"""Where the faces in a picture are, by libfacedetection's network (Wu, Peng & Yu 2023) as an ONNX file.

`training.shipping.detector` made the file from the weights that libfacedetection carries; the network's
answers and what is made of them are its own, but for its rounding to whole pixels and per cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.device import open_session, running_on
from inference.manifest import ManifestError

Image = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]

DEFAULT = Path(__file__).resolve().parent.parent / "models" / "detector.onnx"
INPUT, OUTPUT = "image", "places"
STRIDES = (8, 16, 32)
"""Pixels from one place that may hold a face to the next, of the three levels, finest first."""
VALUES = 16
"""Of a place: logits of face and of object, box (4), five points (10)."""
OVERLAP = 0.45
"""Intersection over union from which the weaker of two boxes is the same face."""


@dataclass(frozen=True)
class Faces:
    """n faces in one picture, in its pixels, surest first."""

    boxes: Array
    """(n, 4): left, top, right, bottom; they may reach outside the picture."""
    scores: Array
    """(n,), 0..1."""
    points: Array
    """(n, 5, 2): left eye, right eye, nose, left and right mouth corner, as they lie in an upright face."""


class DetectorModel:
    """The network and what surrounds it. Safe to share between threads."""

    def __init__(self, path: Path = DEFAULT, device: str = "cpu") -> None:
        """Raises ManifestError: there is no network at `path`; DeviceError: `device` cannot run it."""
        if not path.is_file():
            raise ManifestError(
                f"the network that finds faces is missing: {path}; it comes along with the others, so "
                "install this program again"
            )
        self._session = open_session(path, device, threads=1, sizes="many")

    @property
    def device(self) -> str:
        """Where it really runs: ``cuda`` or ``cpu``."""
        return running_on(self._session)

    def find(self, image: Image, minimum: float) -> Faces:
        """The faces in the BGR `image` (H, W, 3) whose score is at least `minimum`, above 0 and below 1."""
        padded = _padded(image)
        (places,) = self._session.run([OUTPUT], {INPUT: padded})
        return decode(places[0], padded.shape[1], padded.shape[2], minimum)


def _padded(image: Image) -> Image:
    """(1, H, W, 3): black at the right and at the bottom up to whole places of the coarsest level."""
    height, width = image.shape[:2]
    down, right = -height % STRIDES[-1], -width % STRIDES[-1]
    if not down and not right:
        return np.ascontiguousarray(image)[None]
    padded = np.zeros((1, height + down, width + right, 3), np.uint8)
    padded[0, :height, :width] = image
    return padded


def decode(places: npt.NDArray[np.float32], height: int, width: int, minimum: float) -> Faces:
    """What the network says of a picture of `height` x `width` pixels, both multiples of the last stride.

    Args:
        places: (VALUES, n), level after level and row after row.
        minimum: The lowest score of a face, above 0 and below 1.
    """
    # The score is the geometric mean of two probabilities: where one of them is too low, so is the score.
    least = np.log(minimum**2 / (1 - minimum**2))
    chosen = np.flatnonzero(np.minimum(places[0], places[1]) >= least)
    if not len(chosen):
        return Faces(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))
    values = places[:, chosen].astype(np.float64)
    scores = 1 / np.sqrt((1 + np.exp(-values[0])) * (1 + np.exp(-values[1])))

    ends = np.cumsum([(height // stride) * (width // stride) for stride in STRIDES])
    level = np.searchsorted(ends, chosen, side="right")
    stride = np.array(STRIDES)[level]
    row, column = np.divmod(chosen - np.append(0, ends)[level], width // stride)
    corner = np.stack([column, row], axis=1) * stride[:, None]

    centres = values[2:4].T * stride[:, None] + corner
    sizes = np.exp(values[4:6].T) * stride[:, None]
    lefts = centres - sizes / 2
    boxes, sure = np.hstack([lefts, sizes]).tolist(), scores.tolist()
    kept = np.asarray(cv2.dnn.NMSBoxes(boxes, sure, minimum, OVERLAP), np.intp).reshape(-1)
    points = values[6:].T.reshape(-1, 5, 2) * stride[:, None, None] + corner[:, None]
    return Faces(np.hstack([lefts, lefts + sizes])[kept], scores[kept], points[kept])


@cache
def open_detector_model(device: str = "cpu") -> DetectorModel:
    """The network that comes along, opened once a device for all who ask."""
    return DetectorModel(DEFAULT, device)
