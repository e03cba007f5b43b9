"""Who a face is like: 128 numbers that lie near to each other for one person, far apart for two.

The network is dlib's (King 2017) in eight bits; see the model card for how well it tells people apart.
It tells people in one recording apart, and nothing here keeps its numbers longer than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.alignment import Aligner, Alignment, Image
from inference.device import open_session
from inference.landmarks import LandmarkModel
from inference.manifest import ManifestError

Descriptions = npt.NDArray[np.float32]

DEFAULT = Path(__file__).resolve().parent.parent / "models" / "recognition.onnx"
_LANDMARKS = "landmarks.onnx"
SIDE = 150
"""Pixels of the square colour picture that the network sees."""
INPUT = "faces"
# Where our five points lie in the crops that dlib makes for this network: medians over 17 portraits.
ALIGNMENT = Alignment(
    "landmarks", ((0.309, 0.315), (0.669, 0.315), (0.490, 0.518), (0.332, 0.663), (0.646, 0.663))
)


class Recognizer:
    """Describes faces so that people can be told apart. Safe to share between threads."""

    def __init__(self, path: Path = DEFAULT) -> None:
        """Raises ManifestError: there is no network at `path`."""
        require(path)
        self._session = open_session(path, "cpu", threads=1)
        self._aligner = Aligner(ALIGNMENT, SIDE, LandmarkModel(path.with_name(_LANDMARKS)))

    def describe(
        self, image: Image, boxes: Sequence[Sequence[float]], rolls: Sequence[float] | None = None
    ) -> Descriptions:
        """(n, 128): a description of each face at `boxes` (left, top, right, bottom) in the BGR `image`,
        turned by `rolls` (degrees, clockwise).

        Euclidean distance compares them: two pictures of one person are mostly nearer than 0.4 to each
        other, pictures of two people mostly farther than 0.6.
        """
        if not len(boxes):
            return np.zeros((0, 128), np.float32)
        crops = np.stack([crop.pixels for crop in self._aligner.align(image, boxes, rolls)])
        faces = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
        described: Descriptions = self._session.run(None, {INPUT: faces})[0]
        return described


def require(path: Path | None = None) -> None:
    """Raises ManifestError where the network is not there; nothing is opened."""
    path = path or DEFAULT
    if not path.is_file():
        raise ManifestError(
            f"the network that tells people apart is missing: {path}; it comes along with the others, "
            "so install this program again"
        )


@cache
def open_recognizer() -> Recognizer:
    """The network that comes along, opened once for all who ask."""
    return Recognizer()
