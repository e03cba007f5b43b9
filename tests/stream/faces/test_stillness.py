"""Pictures of people never move; people do."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from stream.faces.stillness import SECONDS, Image, Stillness
from stream.frames import Box
from tests import MEDIA

BOX = Box(178, 63, 267, 175)
"""Of the face in `one_face.jpg`."""


@pytest.fixture(scope="module")
def poster() -> Image:
    return np.asarray(cv2.imread(str(MEDIA / "one_face.jpg")), np.uint8)


def moved(image: Image, across: float, down: float = 0.0, scale: float = 1.0) -> Image:
    matrix = cv2.getRotationMatrix2D(BOX.centre, 0, scale)
    matrix[:, 2] += (across, down)
    return np.asarray(
        cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def watched(shots: list[Image], boxes: list[Box] | None = None) -> list[int]:
    stillness = Stillness()
    for number, shot in enumerate(shots):
        stillness.see(shot, number / 5, 1, boxes[number] if boxes else BOX)
    return stillness.still


LOOKS = int(SECONDS * 5) + 5


def test_a_poster_in_a_camera_s_noise_and_changing_light_is_still(poster: Image) -> None:
    random = np.random.default_rng(0)
    shots = [
        np.clip(poster * (1 - 0.02 * n) + random.normal(0, 4, poster.shape), 0, 255).astype(np.uint8)
        for n in range(LOOKS)
    ]
    shaking = [Box(*(np.array(BOX) + random.normal(0, 1.5, 4))) for _ in shots]
    assert watched(shots, shaking) == [1]


def test_who_breathes_is_not_still(poster: Image) -> None:
    """One and a half hundredths of the face up and down, four times in fifteen seconds."""
    shots = [moved(poster, 0, 0.015 * 100 * np.sin(2 * np.pi * n / 5 / 3.75)) for n in range(3 * LOOKS)]
    assert watched(shots) == []


def test_who_blinks_talks_or_nods_is_not_still(poster: Image) -> None:
    talking = poster.copy()
    cv2.ellipse(talking, (225, 152), (16, 12), 0, 0, 360, (20, 20, 40), -1)
    assert watched([poster if n % 3 else talking for n in range(LOOKS)]) == []


def test_somebody_who_walks_by_before_a_poster_does_not_bring_it_to_life(poster: Image) -> None:
    shots = [poster] * (2 * LOOKS)
    covered = poster.copy()
    covered[:, 200:260] = 30
    shots[20:22] = [covered, covered]
    assert watched(shots) == [1]


def test_a_face_that_was_seen_for_a_moment_is_not_called_still(poster: Image) -> None:
    assert watched([poster] * int(SECONDS * 5 - 1)) == []


def test_a_picture_that_is_carried_away_moves(poster: Image) -> None:
    shots = [moved(poster, 2 * n) for n in range(LOOKS)]
    boxes = [Box(BOX.left + 2 * n, BOX.top, BOX.right + 2 * n, BOX.bottom) for n in range(LOOKS)]
    assert watched(shots, boxes) == []
