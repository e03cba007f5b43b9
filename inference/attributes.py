"""What a crop shows of a face, and whether it shows one, by a small network of our own.

`training.networks.attributes` made it; the model card says how far each of its answers can be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from inference.alignment import Aligner, Alignment, Crop, Image, Points, similarity
from inference.device import open_session
from inference.landmarks import LandmarkModel
from inference.manifest import ManifestError

DEFAULT = Path(__file__).resolve().parent.parent / "models" / "attributes.onnx"
_LANDMARKS = "landmarks.onnx"
SIDE = 64
"""Pixels of the square grey picture that the network sees..."""
ALIGNMENT = Alignment(
    "landmarks",
    ((0.31821, 0.37581), (0.68001, 0.3738), (0.50025, 0.58159), (0.35163, 0.79339), (0.65125, 0.79174)),
)
"""... which is the crop of the valence network that comes along."""
INPUT, OUTPUT = "faces", "attributes"


class Attributes(NamedTuple):
    """Probabilities, 0..1."""

    face: float
    """It is the face of a human, seen upright and whole."""
    eyes_closed: float
    mouth_covered: float
    """By a mask, a hand, a cup."""
    half_covered: float
    """The left or the right half is."""


class AttributeModel:
    """Reads attributes of aligned faces. Safe to share between threads."""

    def __init__(self, path: Path = DEFAULT) -> None:
        """Raises ManifestError: there is no network at `path`."""
        require(path)
        self._session = open_session(path, "cpu", threads=1)
        self._aligner = Aligner(ALIGNMENT, SIDE, LandmarkModel(path.with_name(_LANDMARKS)))

    def read_at(
        self, image: Image, boxes: Sequence[Sequence[float]], rolls: Sequence[float] | None = None
    ) -> list[Attributes]:
        """One for each of `boxes` (left, top, right, bottom) in the BGR `image`; rolls: as `Aligner.align`
        has them."""
        found = self.read(self._aligner.align(image, boxes, rolls))
        return [attributes for attributes in found if attributes is not None]

    def read(self, crops: Sequence[Crop]) -> list[Attributes | None]:
        """One for each of `crops`; None where a crop has no landmarks, so that it may be cut in any way."""
        able = [(i, crop) for i, crop in enumerate(crops) if crop.landmarks is not None]
        result: list[Attributes | None] = [None] * len(crops)
        if able:
            faces = tensors(self._as_known([crop for _, crop in able]))
            answers = self._session.run([OUTPUT], {INPUT: faces})[0].tolist()
            for (i, _), answer in zip(able, answers, strict=True):
                result[i] = Attributes(*answer)
        return result

    def _as_known(self, crops: Sequence[Crop]) -> Image:
        """(n, SIDE, SIDE) grey, cut as the network knows faces. Those of a model from elsewhere are not."""
        points, matrices = np.stack([c.landmarks for c in crops]), np.stack([c.matrix for c in crops])  # type: ignore[misc]
        placed = points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]
        wanted = self._aligner.template
        # A crop that fits in the sense of least squares has the template's middle, size and angle.
        off = placed - wanted
        middle, size = off.mean(axis=1), (off * (wanted - wanted.mean(axis=0))).sum(axis=(1, 2))
        fits = (np.abs(middle).max(axis=1) < 0.02) & (np.abs(size) < 1.0)
        return np.stack([self._gray(*each) for each in zip(crops, placed, fits.tolist(), strict=True)])

    def _gray(self, crop: Crop, placed: Points, fits: bool) -> Image:
        gray = cv2.cvtColor(crop.pixels, cv2.COLOR_BGR2GRAY)
        if not fits or gray.shape != (SIDE, SIDE):
            wanted = similarity(placed, self._aligner.template)
            gray = cv2.warpAffine(gray, wanted, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(gray, np.uint8)


def tensors(crops: Image) -> npt.NDArray[np.float32]:
    """(n, 1, SIDE, SIDE) as the network takes them, from grey crops (n, SIDE, SIDE)."""
    return np.asarray(crops[:, None], np.float32) / 127.5 - 1


def require(path: Path | None = None) -> None:
    """Raises ManifestError where the network is not there; nothing is opened."""
    path = path or DEFAULT
    if not path.is_file():
        raise ManifestError(
            f"the network that tells what is seen of a face is missing: {path}; it comes along with the "
            "others, so install this program again"
        )


@cache
def open_attributes() -> AttributeModel:
    """The network that comes along, opened once for all who ask."""
    return AttributeModel()
