"""Faces in pictures of any size: the smallest in the largest."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from stream.faces.detection import open_detector
from stream.faces.stills import find_in_still
from tests import MEDIA


def crowd(width: int, height: int, side: int, count: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """A picture with soft noise and so many faces `side` pixels wide, and where their middles are."""
    random = np.random.default_rng(5)
    noise = random.integers(90, 130, (height // 40, width // 40, 3)).astype(np.uint8)
    image = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    face = cv2.imread(str(MEDIA / "one_face.jpg"))
    (found,) = find_in_still(open_detector("auto"), face)
    scale = side / np.sqrt(found.box.area)
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    middles = []
    for number in range(count):
        left = int((number + 0.5) / count * (width - columns))
        top = int(random.integers(0, height - rows))
        image[top : top + rows, left : left + columns] = small
        middles.append((left + scale * found.box.centre[0], top + scale * found.box.centre[1]))
    return image, middles


@pytest.mark.parametrize(
    ("width", "height", "side"),
    [
        (6000, 2000, 40),
        (3000, 1000, 30),  # a little beyond the views of the whole
        (12_000, 900, 100),  # very long
        (500, 6000, 60),  # very high
    ],
)
def test_small_faces_in_large_pictures(width: int, height: int, side: int) -> None:
    image, middles = crowd(width, height, side, 8 if width > height else 1)

    found = find_in_still(open_detector("auto"), image)

    for x, y in middles:
        near = [f for f in found if np.hypot(f.box.centre[0] - x, f.box.centre[1] - y) < side / 2]
        assert len(near) == 1, "found, and once"
        assert np.sqrt(near[0].box.area) == pytest.approx(side, rel=0.4)
    assert len(found) == len(middles)


def test_a_large_face_stays_one_face() -> None:
    face = cv2.resize(cv2.imread(str(MEDIA / "one_face.jpg")), (3000, 3000), interpolation=cv2.INTER_CUBIC)
    assert len(find_in_still(open_detector("auto"), face)) == 1
