"""Descriptions of faces: near for one person, far apart for two."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from analysis.engine import open_model
from analysis.errors import AnalysisError
from analysis.settings import AnalysisSettings
from inference import ManifestError
from inference.recognition import Recognizer, open_recognizer
from tests import MEDIA

ASTRONAUT, HOPPER = (178.0, 64.0, 269.0, 174.0), (173.0, 115.0, 353.0, 328.0)
"""Face boxes in one_face.jpg and neutral_face.jpg."""


def _read(name: str) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)


def test_one_person_is_near_at_any_size_and_in_any_light_and_two_are_far() -> None:
    recognizer = open_recognizer()
    described = {}
    for name, box in (("one_face.jpg", ASTRONAUT), ("neutral_face.jpg", HOPPER)):
        picture = _read(name)
        dark = np.asarray(cv2.convertScaleAbs(picture, alpha=0.6, beta=10), np.uint8)
        half = np.asarray(cv2.resize(dark, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        shaken = [box[0] + 4, box[1] - 4, box[2] + 2, box[3]]
        described[name] = [
            recognizer.describe(picture, [box])[0],
            recognizer.describe(half, [[v / 2 for v in shaken]])[0],
        ]
    for first, again in described.values():
        assert np.linalg.norm(first - again) < 0.4
    (one, _), (other, _) = described.values()
    assert np.linalg.norm(one - other) > 0.6


def test_several_at_once_are_as_each_alone() -> None:
    recognizer, picture = open_recognizer(), _read("one_face.jpg")
    boxes = [ASTRONAUT, (180.0, 70.0, 265.0, 170.0)]
    together = recognizer.describe(picture, boxes)
    assert together.shape == (2, 128)
    for row, box in zip(together, boxes, strict=True):
        assert np.allclose(row, recognizer.describe(picture, [box])[0], atol=1e-4)
    assert recognizer.describe(picture, []).shape == (0, 128)


def test_without_its_file_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"is missing: .*none\.onnx"):
        Recognizer(tmp_path / "none.onnx")


def test_a_network_that_is_missing_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.recognition.DEFAULT", tmp_path / "gone.onnx")
    with pytest.raises(AnalysisError, match="tells people apart is missing"):
        open_model(AnalysisSettings())
