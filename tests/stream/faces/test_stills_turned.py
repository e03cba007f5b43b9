"""Faces in pictures that are turned any way, alone and beside others, and pictures that have none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.posed import Condition, Person, Scene, people
from inference import ValenceModel
from stream.faces.analyzer import Analyzer
from stream.faces.closer import within_turn
from stream.faces.detection import Detector, open_detector
from stream.faces.stills import find_in_still, largest_in_still
from stream.frames import Frame, Sample
from tests import MEDIA

PORTRAITS = ("one_face.jpg", "neutral_face.jpg")


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


@pytest.fixture(scope="module")
def detector() -> Detector:
    return open_detector()


@pytest.fixture(scope="module")
def both(detector: Detector, model: ValenceModel) -> list[Person]:
    return people([MEDIA / name for name in PORTRAITS], detector, model)


def read(image: np.ndarray, detector: Detector, model: ValenceModel) -> list[Sample]:
    return Analyzer(detector, still=True).analyze(Frame(image, 0, 0.0), model)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("roll", [45, 60, 90, 135, 180])
def test_a_turned_face_is_found_and_read_as_if_upright(
    both: list[Person], number: int, roll: float, detector: Detector, model: ValenceModel
) -> None:
    upright = Scene(both[number], Condition("upright")).shot(0)
    turned = Scene(both[number], Condition("turned", roll=roll)).shot(0)

    (expected,) = read(upright.image, detector, model)
    (sample,) = read(turned.image, detector, model)
    (found,) = find_in_still(detector, turned.image)

    assert turned.face is not None
    assert np.hypot(*np.subtract(sample.box.centre, turned.face.centre)) < 30
    clockwise = roll if number == 0 else -roll
    assert abs(within_turn((found.roll or 0) - clockwise)) < 30
    assert sample.valence == pytest.approx(expected.valence, abs=0.1)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("name", PORTRAITS)
def test_a_photograph_that_lies_or_stands_on_its_head(
    name: str, quarters: int, detector: Detector, model: ValenceModel
) -> None:
    photograph = cv2.imread(str(MEDIA / name))
    turned = np.ascontiguousarray(np.rot90(photograph, quarters))

    (expected,) = read(photograph, detector, model)
    (sample,) = read(turned, detector, model)

    assert sample.valence == pytest.approx(expected.valence, abs=0.1)


@pytest.mark.parametrize("roll", [90, 180])
def test_somebody_upright_beside_somebody_who_is_not(
    both: list[Person], roll: float, detector: Detector
) -> None:
    left = Scene(both[0], Condition("upright")).shot(0).image
    right = Scene(both[1], Condition("turned", roll=roll)).shot(0).image

    upright, turned = find_in_still(detector, np.hstack([left, right]))

    assert not upright.roll
    assert abs(within_turn((turned.roll or 0) + roll)) < 30
    assert upright.box.right < left.shape[1] < turned.box.left


def test_small_faces_in_a_large_picture_that_stands_on_its_head(detector: Detector) -> None:
    face = cv2.imread(str(MEDIA / "one_face.jpg"))
    small = cv2.resize(face, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    image = np.full((1500, 2400, 3), 120, np.uint8)
    for column in range(3):
        left = 200 + 800 * column
        image[600 : 600 + small.shape[0], left : left + small.shape[1]] = small

    assert [face.roll or 0 for face in find_in_still(detector, image)] == [0, 0, 0]
    upside_down = find_in_still(detector, np.ascontiguousarray(image[::-1, ::-1]))
    assert len(upside_down) == 3
    assert all(abs(within_turn((face.roll or 0) - 180)) < 30 for face in upside_down)


@pytest.mark.parametrize("size", [24, 20])
def test_small_faces_in_a_small_picture(both: list[Person], size: float, detector: Detector) -> None:
    for person in both:
        shot = Scene(person, Condition("small", size=size)).shot(0)
        assert shot.face is not None
        (found,) = find_in_still(detector, shot.image)
        assert np.hypot(*np.subtract(found.box.centre, shot.face.centre)) < size / 2


def test_the_largest_face_is_turned_as_it_is(both: list[Person], detector: Detector) -> None:
    turned = Scene(both[0], Condition("turned", roll=90)).shot(0)
    found = largest_in_still(detector, turned.image)
    assert found is not None and abs(within_turn(found.roll - 90)) < 30


@pytest.mark.parametrize("grain", [2, 8, 32])
def test_noise_has_no_face_from_any_side(grain: int, detector: Detector) -> None:
    random = np.random.default_rng(grain)
    noise = random.integers(0, 256, (480 // grain, 640 // grain, 3)).astype(np.uint8)
    image = cv2.resize(noise, (640, 480), interpolation=cv2.INTER_CUBIC)
    assert find_in_still(detector, np.asarray(image, np.uint8)) == []


def test_landscapes_and_rooms_have_no_face_from_any_side(both: list[Person], detector: Detector) -> None:
    landscape = cv2.imread(str(MEDIA / "no_face.jpg"))
    for quarters in range(4):
        assert find_in_still(detector, np.ascontiguousarray(np.rot90(landscape, quarters))) == []
    for person in both:
        assert find_in_still(detector, Scene(person, Condition("", nobody=True)).shot(0).image) == []
