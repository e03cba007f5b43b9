"""A head's pose from five points: exact for the rigid face, near enough for faces of people."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Crop, Pose, ValenceModel, poses
from inference.alignment import Image, similarity
from inference.pose import project
from tests import MEDIA

BOX = (178, 63, 267, 175)
"""Of the face in `one_face.jpg`."""


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


def pose_of(crops: list[Crop]) -> Pose:
    (crop,) = crops
    assert crop.landmarks is not None
    return poses(crop.landmarks[None])[0]


def turned(degrees: float) -> tuple[Image, list[Sequence[float]]]:
    """`one_face.jpg`, turned clockwise around its face, and the face's box."""
    image = cv2.imread(str(MEDIA / "one_face.jpg"))
    centre = ((BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2)
    matrix = cv2.getRotationMatrix2D(centre, -degrees, 1.0)
    return np.asarray(cv2.warpAffine(image, matrix, image.shape[1::-1]), np.uint8), [BOX]


@given(
    roll=st.floats(-179, 179),
    yaw=st.floats(-85, 85),
    pitch=st.floats(-60, 60),
    scale=st.floats(0.5, 500),
    x=st.floats(-2000, 2000),
)
def test_the_pose_of_the_rigid_face_is_found_at_any_size_and_place(
    roll: float, yaw: float, pitch: float, scale: float, x: float
) -> None:
    (found,) = poses(scale * project([Pose(roll, yaw, pitch)]) + x)
    assert np.allclose(found, (roll, yaw, pitch), atol=1e-4)


@pytest.mark.parametrize("turn", [Pose(0, 0, 0), Pose(20, 40, 0), Pose(-100, -30, 20), Pose(5, 60, -10)])
def test_points_that_are_off_move_the_pose_by_a_few_degrees(turn: Pose) -> None:
    noise = np.random.default_rng(0).normal(0, 0.03, (200, 5, 2))
    off = np.abs(np.array(poses(project([turn]) + noise)) - turn).mean(axis=0)
    assert (off < [4, 4, 5]).all()


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30, 90, 160])
def test_a_picture_that_is_turned_clockwise_rolls_the_face_by_as_much(
    model: ValenceModel, degrees: float
) -> None:
    """The detector has seen the most of it, as it does where faces are turned."""
    before, after = (pose_of(model.align(*turned(angle), [0.9 * angle])) for angle in (0, degrees))
    assert after.roll - before.roll == pytest.approx(degrees, abs=4)
    assert after.yaw == pytest.approx(before.yaw, abs=6)


def test_a_mirrored_face_looks_to_the_other_side(model: ValenceModel) -> None:
    image = np.asarray(cv2.imread(str(MEDIA / "neutral_face.jpg")), np.uint8)
    box = (182, 121, 353, 332)
    width = image.shape[1]
    mirrored = [width - box[2], box[1], width - box[0], box[3]]
    one = pose_of(model.align(image, [box]))
    other = pose_of(model.align(np.ascontiguousarray(image[:, ::-1]), [mirrored]))
    assert one.yaw > 3
    assert other.yaw == pytest.approx(-one.yaw, abs=3)
    assert other.roll == pytest.approx(-one.roll, abs=4)
    assert other.pitch == pytest.approx(one.pitch, abs=6)


@pytest.mark.parametrize("yaw", [-80, -50, 50, 80])
def test_a_profile_is_not_folded_by_its_alignment(model: ValenceModel, yaw: float) -> None:
    """The distance of the eyes shrinks, the crop must not shrink with it."""
    template = np.array(model.manifest.alignment.template)
    straight, profile = (
        np.hypot(*similarity(points, template)[:, 0]) for points in project([Pose(0, 0, 0), Pose(0, yaw, 0)])
    )
    assert profile == pytest.approx(straight, rel=0.1)
