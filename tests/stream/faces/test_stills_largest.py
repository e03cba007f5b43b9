"""The largest face of a picture: found at a glance where one is large, looked for where none is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from stream.faces.detection import Detection, Detector, open_detector
from stream.faces.stills import find_in_still, largest_in_still
from stream.frames import iou
from tests import MEDIA

Image = np.ndarray


class Counting:
    """A detector that knows how much it has looked at."""

    name = "counting"

    def __init__(self) -> None:
        self._detector = open_detector()
        self.pixels = 0

    def detect(self, image: Image) -> list[Detection]:
        self.pixels += image.shape[0] * image.shape[1]
        return self._detector.detect(image)


@pytest.fixture
def detector() -> Counting:
    return Counting()


def portrait(side: int) -> Image:
    return cv2.resize(cv2.imread(str(MEDIA / "one_face.jpg")), (side, side), interpolation=cv2.INTER_CUBIC)


def largest(detector: Detector, image: Image) -> Detection:
    found = largest_in_still(detector, image)
    assert found is not None
    return found


@pytest.mark.parametrize("side", [300, 501, 1024, 3001])
def test_a_large_face_is_found_at_a_glance(side: int, detector: Counting) -> None:
    image = portrait(side)
    found = largest(detector, image)
    looked_at = detector.pixels
    (all_of_it,) = find_in_still(detector, image)
    assert iou(found.box, all_of_it.box) > 0.75
    assert looked_at <= 320 * 320 + 4 * 128 * 128, "a small copy of the picture, and its other sides"
    assert looked_at < 0.5 * (detector.pixels - looked_at) or side == 300


def test_a_small_face_is_looked_for(detector: Counting) -> None:
    canvas = np.full((1500, 1500, 3), 127, np.uint8)
    canvas[900:1100, 200:400] = portrait(200)
    (expected,) = find_in_still(detector, canvas)
    assert iou(largest(detector, canvas).box, expected.box) > 0.8


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_larger_face_that_is_turned_counts_beside_an_upright_one(quarters: int, detector: Counting) -> None:
    canvas = np.full((1024, 1024, 3), 127, np.uint8)
    canvas[100:800, 0:700] = np.rot90(portrait(700), quarters)
    canvas[200:524, 700:1024] = cv2.resize(cv2.imread(str(MEDIA / "neutral_face.jpg")), (324, 324))
    found = largest(detector, canvas)
    assert found.box.centre[0] < 700
    assert found.roll is not None and abs(found.roll) > 60


def test_there_is_none_in_a_landscape_or_a_thin_stripe(detector: Counting) -> None:
    assert largest_in_still(detector, cv2.imread(str(MEDIA / "no_face.jpg"))) is None
    assert largest_in_still(detector, np.full((3, 9000, 3), 90, np.uint8)) is None
