"""What is seen of a face, and whether it is one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference import Aligner, AttributeModel, Attributes, Crop, ManifestError, ValenceModel
from inference.alignment import Alignment, Image
from tests import MEDIA

FACES = {"one_face.jpg": (178, 63, 267, 175), "neutral_face.jpg": (182, 121, 353, 332)}


@pytest.fixture(scope="module")
def model() -> AttributeModel:
    return AttributeModel()


@pytest.fixture(scope="module")
def valence() -> ValenceModel:
    return ValenceModel.open(device="cpu")


def picture(name: str) -> Image:
    return np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)


def seen(model: AttributeModel, image: Image, box: tuple[float, ...]) -> Attributes:
    (found,) = model.read_at(image, [box])
    return found


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_a_face_with_open_eyes_and_nothing_before_it(model: AttributeModel, name: str) -> None:
    found = seen(model, picture(name), FACES[name])
    assert found.face > 0.8
    assert max(found.eyes_closed, found.mouth_covered, found.half_covered) < 0.4


@pytest.mark.parametrize("name", FACES)
def test_a_mask_covers_the_mouth(model: AttributeModel, name: str) -> None:
    image, (left, top, right, bottom) = picture(name), FACES[name]
    height = bottom - top
    cv2.rectangle(
        image, (left, round(top + 0.6 * height)), (right, round(bottom + 0.05 * height)), (190, 170, 150), -1
    )
    assert seen(model, image, FACES[name]).mouth_covered > 0.6


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_board_covers_half_of_the_face(model: AttributeModel, name: str, side: str) -> None:
    image, (left, top, right, bottom) = picture(name), FACES[name]
    middle, height = (left + right) // 2, bottom - top
    x0, x1 = (left - height, middle) if side == "left" else (middle, right + height)
    cv2.rectangle(image, (x0, top - height // 2), (x1, bottom + height // 2), (90, 120, 140), -1)
    assert seen(model, image, FACES[name]).half_covered > 0.6


@pytest.mark.parametrize("name", FACES)
def test_a_face_that_is_looked_at_upside_down_is_none(model: AttributeModel, name: str) -> None:
    turned = np.ascontiguousarray(picture(name)[::-1, ::-1])
    height, width = turned.shape[:2]
    left, top, right, bottom = FACES[name]
    box = (width - right, height - bottom, width - left, height - top)
    assert seen(model, turned, box).face < 0.4
    (upright,) = model.read_at(turned, [box], [180.0])
    assert upright.face > 0.8, "turned back it is one"


def test_places_of_a_landscape_are_no_faces(model: AttributeModel) -> None:
    image = picture("no_face.jpg")
    random = np.random.default_rng(0)
    corners = random.integers(0, np.array(image.shape[1::-1]) - 120, (40, 2))
    sizes = random.integers(30, 120, 40)
    boxes = [(x, y, x + s, y + s) for (x, y), s in zip(corners.tolist(), sizes.tolist(), strict=True)]
    assert np.mean([found.face < 0.5 for found in model.read_at(image, boxes)]) > 0.9


def test_the_crops_of_the_valence_network_are_read_as_they_are(
    model: AttributeModel, valence: ValenceModel
) -> None:
    image, box = picture("one_face.jpg"), FACES["one_face.jpg"]
    (here,) = model.read(valence.align(image, [box]))
    assert here is not None and np.allclose(here, seen(model, image, box), atol=1e-5)


def test_crops_that_are_cut_in_another_way_are_brought_to_it(
    model: AttributeModel, valence: ValenceModel
) -> None:
    image, box = picture("one_face.jpg"), FACES["one_face.jpg"]
    assert valence.manifest.landmarks is not None
    wide = Alignment(
        "landmarks", tuple((x * 0.8 + 0.1, y * 0.8 + 0.1) for x, y in valence.manifest.alignment.template)
    )
    landmarks = valence.aligner._landmarks
    (there,) = model.read(Aligner(wide, 112, landmarks).align(image, [box]))
    assert there is not None and np.allclose(there, seen(model, image, box), atol=0.1)


def test_of_a_crop_without_landmarks_nothing_is_said(model: AttributeModel) -> None:
    assert model.read([Crop(np.zeros((64, 64, 3), np.uint8), np.eye(2, 3), None)]) == [None]
    assert model.read([]) == [] and model.read_at(np.zeros((9, 9, 3), np.uint8), []) == []


def test_a_missing_network_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="install this program again"):
        AttributeModel(tmp_path / "attributes.onnx")
