"""Quality falls with everything that makes a face harder to read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference import Crop, ValenceModel
from stream.faces.quality import frontal, quality
from stream.frames import Box
from tests import MEDIA

FACE = MEDIA / "one_face.jpg"
BOX = Box(177, 50, 277, 180)


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


@pytest.fixture(scope="module")
def crop(model: ValenceModel) -> Crop:
    return model.align(cv2.imread(str(FACE)), [BOX])[0]


def test_a_good_face_is_trusted(crop: Crop) -> None:
    assert quality(crop, BOX, 0.93, 0.1) > 0.6


def test_everything_that_is_worse_costs(model: ValenceModel, crop: Crop) -> None:
    good = quality(crop, BOX, 0.93, 0.1)
    image = cv2.imread(str(FACE))
    blurred = model.align(cv2.GaussianBlur(image, (0, 0), 6), [BOX])[0]
    assert quality(blurred, BOX, 0.93, 0.1) < good
    assert quality(crop, Box(0, 0, 20, 24), 0.93, 0.1) < good
    assert quality(crop, BOX, 0.45, 0.1) < good
    assert quality(crop, BOX, 0.0, 0.1) < good
    assert quality(crop, BOX, 0.93, 0.35) < good
    profile = np.array([[10, 20], [40, 20], [41, 30], [15, 45], [38, 45]], np.float64)
    assert quality(Crop(crop.pixels, crop.matrix, profile), BOX, 0.93, 0.1) < good


def test_frontal_is_about_the_nose_between_the_eyes(crop: Crop) -> None:
    straight = np.array([[10, 20], [40, 20], [25, 30], [15, 45], [35, 45]], np.float64)
    assert frontal(Crop(crop.pixels, crop.matrix, straight)) == pytest.approx(1)
    assert frontal(Crop(crop.pixels, crop.matrix, None)) == 1


def test_a_blank_crop_has_a_quality_too(crop: Crop) -> None:
    blank = Crop(np.zeros_like(crop.pixels), crop.matrix, None)
    assert 0 <= quality(blank, BOX, 0.9, None) <= 1
