"""How faces are cut out for the networks that are trained here."""

from __future__ import annotations

from pathlib import Path

from inference import Alignment
from training.datasets.collect import Cropping

SIDE = 64

# The five points of ArcFace's 112-pixel template (Deng et al. 2019), as fractions of its side …
_ARCFACE = (
    (0.34192, 0.46157),
    (0.65653, 0.45983),
    (0.50022, 0.64051),
    (0.37098, 0.82469),
    (0.63152, 0.82325),
)
# … drawn closer around the face, and moved up to keep the chin. Tried on the FER+ validation split
# beside 0.9, 1.0 and the detector's box.
_ZOOM, _UP = 1.15, 0.08

ALIGNMENT = Alignment(
    "landmarks",
    tuple((round((x - 0.5) * _ZOOM + 0.5, 5), round((y - 0.5) * _ZOOM + 0.5 - _UP, 5)) for x, y in _ARCFACE),
)


def cropping(models: Path) -> Cropping:
    """The crop of the shipped model, with the landmark model in the folder `models`."""
    return Cropping(ALIGNMENT, SIDE, models / "landmarks.onnx")
