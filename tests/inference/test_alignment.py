"""Alignment: the transform is right, and the crop does not care how the face got into the frame."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Aligner, Alignment, LandmarkModel, ValenceModel
from inference.alignment import similarity, square
from tests import ROOT

FACE = ROOT / "media" / "one_face.jpg"
BOX = (177.0, 50.0, 277.0, 180.0)


@given(angle=st.floats(-3, 3), scale=st.floats(0.1, 10), dx=st.floats(-500, 500), dy=st.floats(-500, 500))
def test_similarity_finds_the_transform_that_was_applied(
    angle: float, scale: float, dx: float, dy: float
) -> None:
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]) * 64
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points @ turn.T + (dx, dy)

    matrix = similarity(points, moved)

    np.testing.assert_allclose(points @ matrix[:, :2].T + matrix[:, 2], moved, atol=1e-6)


def test_similarity_of_one_point_is_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        similarity(np.ones((5, 2)), np.ones((5, 2)))


def test_the_box_method_maps_the_box_onto_the_crop() -> None:
    image = np.zeros((100, 120, 3), np.uint8)
    image[20:60, 30:70] = 255
    aligner = Aligner(Alignment("box"), 32)

    (crop,) = aligner.align(image, [(30, 20, 70, 60)])

    assert crop.landmarks is None
    assert crop.pixels[2:-2, 2:-2].min() == 255
    np.testing.assert_allclose(crop.matrix, square(50, 40, 40, 32))


@pytest.mark.parametrize(
    "box", [(-30, -20, 40, 50), (90, 80, 200, 190), (50, 50, 50, 50), (300, 300, 400, 400)]
)
def test_boxes_that_leave_the_frame_give_a_crop(box: tuple[float, ...]) -> None:
    image = np.full((100, 120, 3), 77, np.uint8)

    (crop,) = Aligner(Alignment("box"), 32).align(image, [box])

    assert crop.pixels.shape == (32, 32, 3)
    assert (crop.pixels == 77).all()


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


def test_the_eyes_come_to_lie_on_the_template(model: ValenceModel) -> None:
    image = cv2.imread(str(FACE))
    template = json.loads((ROOT / "models" / "valence.json").read_text())["alignment"]["template"]

    (crop,) = model.align(image, [BOX])

    assert crop.landmarks is not None
    mapped = crop.landmarks @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    np.testing.assert_allclose(mapped, np.array(template) * model.aligner.side, atol=4)


@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_rolled_head_gives_the_same_crop(model: ValenceModel, degrees: float) -> None:
    image = cv2.imread(str(FACE))
    middle = ((BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2)
    turned = cv2.warpAffine(image, cv2.getRotationMatrix2D(middle, degrees, 1.0), image.shape[1::-1])

    (straight,), (rolled,) = model.align(image, [BOX]), model.align(turned, [BOX])

    likeness = np.corrcoef(straight.pixels.ravel(), rolled.pixels.ravel())[0, 1]
    unaligned = np.corrcoef(image[50:180, 177:277].ravel(), turned[50:180, 177:277].ravel())[0, 1]
    assert likeness > 0.85 > unaligned


def test_a_face_ten_times_as_large_gives_the_same_crop(model: ValenceModel) -> None:
    image = cv2.imread(str(FACE))
    large = cv2.resize(image, None, fx=10, fy=10, interpolation=cv2.INTER_CUBIC)

    (small_crop,) = model.align(image, [BOX])
    (large_crop,) = model.align(large, [tuple(10 * v for v in BOX)])

    assert np.abs(small_crop.pixels.astype(int) - large_crop.pixels).mean() < 6


def test_a_missing_landmark_model_is_refused() -> None:
    with pytest.raises(ValueError, match="landmark model"):
        Aligner(Alignment("landmarks", ((0.5, 0.5),) * 5), 64)
    with pytest.raises(FileNotFoundError):
        LandmarkModel(ROOT / "models" / "nothing.onnx")


@pytest.mark.parametrize("roll", [-150, -90, 60, 90, 180])
def test_a_face_turned_by_a_known_roll_is_read_like_an_upright_one(roll: int) -> None:
    image = cv2.imread(str(FACE))
    model = ValenceModel.open()
    height, width = image.shape[:2]
    centre = ((BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2)
    turn = cv2.getRotationMatrix2D(centre, -roll, 1.0)
    turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    (upright,), (crop,) = model.align(image, [BOX]), model.align(turned, [BOX], [roll])
    assert float(model.read([crop]).valence[0]) == pytest.approx(
        float(model.read([upright]).valence[0]), abs=0.06
    )
    assert crop.landmarks is not None and upright.landmarks is not None
    moved = upright.landmarks @ turn[:, :2].T + turn[:, 2]
    eyes = float(np.hypot(*(moved[1] - moved[0])))
    assert np.hypot(*(crop.landmarks - moved).T).max() < 0.12 * eyes
