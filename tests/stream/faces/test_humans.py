"""Whether what a detector takes for a face can be one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference import AttributeModel
from stream.faces import analyzer
from stream.faces.detection import Detection, Image, open_detector
from stream.faces.humans import only_humans
from stream.frames import Box, Frame
from tests import MEDIA

FACE = Box(178, 63, 267, 175)


@pytest.fixture(scope="module")
def model() -> AttributeModel:
    return AttributeModel()


@pytest.fixture(scope="module")
def picture() -> Image:
    return np.asarray(cv2.imread(str(MEDIA / "one_face.jpg")), np.uint8)


def test_a_face_is_one_upright_turned_small_and_covered(model: AttributeModel, picture: Image) -> None:
    turned = np.ascontiguousarray(picture[::-1, ::-1])
    over = Box(512 - FACE.right, 512 - FACE.bottom, 512 - FACE.left, 512 - FACE.top)
    small = np.asarray(cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), np.uint8)
    masked = picture.copy()
    cv2.rectangle(masked, (176, 128), (270, 184), (180, 160, 120), -1)
    for image, found in (
        (picture, Detection(FACE, 0.9)),
        (turned, Detection(over, 0.9, roll=180.0)),
        (small, Detection(FACE.scaled(0.25), 0.9)),
        (masked, Detection(FACE, 0.9)),
    ):
        assert only_humans(model, image, [found]) == [found]


def test_leaves_and_clouds_are_none(model: AttributeModel) -> None:
    image = np.asarray(cv2.imread(str(MEDIA / "no_face.jpg")), np.uint8)
    random = np.random.default_rng(1)
    corners = random.integers(0, np.array(image.shape[1::-1]) - 130, (40, 2)).tolist()
    places = [Detection(Box(x, y, x + 80, y + 100), 0.9) for x, y in corners]
    assert len(only_humans(model, image, places)) < 0.4 * len(places)


def test_of_half_a_face_at_the_border_nobody_says_that_it_is_none(model: AttributeModel) -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    cut = Detection(Box(-40, 50, 40, 150), 0.8)
    assert only_humans(model, image, [cut, Detection(Box(50, 50, 130, 150), 0.8)]) == [cut]
    assert only_humans(model, image, []) == []


def test_in_a_picture_what_is_no_face_is_left_out(picture: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    shoulder = Box(60, 330, 170, 460)
    found = [Detection(FACE, 0.95), Detection(shoulder, 0.95)]
    monkeypatch.setattr(analyzer, "find_in_still", lambda detector, image: found)
    located = analyzer.Analyzer(open_detector(), still=True).locate(Frame(picture, 0, 0.0))
    assert [face.box for face in located] == [FACE]
