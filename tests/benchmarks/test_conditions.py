"""The benchmark of conditions draws what it says, and counts right."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.conditions import Tally, correlation
from benchmarks.posed import HEIGHT, WIDTH, Condition, Person, Scene
from stream.frames import Box
from tests import MEDIA

FACE = Box(178, 64, 269, 174)


@pytest.fixture
def person() -> Person:
    points = np.array([(203, 107), (242, 104), (226, 126), (210, 146), (243, 143)], np.float64)
    return Person(1, np.asarray(cv2.imread(str(MEDIA / "one_face.jpg")), np.uint8), FACE, points)


def test_two_runs_see_the_same(person: Person) -> None:
    for condition in (Condition("upright"), Condition("dark", light="dark")):
        first, again = (Scene(person, condition).shot(7).image for _ in range(2))
        assert np.array_equal(first, again)


def test_the_true_box_is_that_of_the_turned_face_in_the_picture(person: Person) -> None:
    upright, lying, out = (
        Scene(person, condition).shot(0).face
        for condition in (
            Condition("upright"),
            Condition("lying", roll=90),
            Condition("half out", border=True),
        )
    )
    assert upright is not None and lying is not None and out is not None
    assert np.sqrt(upright.area) == pytest.approx(150, rel=0.05)
    assert (lying.width, lying.height) == pytest.approx((upright.height, upright.width), rel=0.05)
    assert out.left == 0 and out.width == pytest.approx(upright.width / 2, rel=0.2)


def test_who_tilts_is_upright_first_and_counts_when_tilted(person: Person) -> None:
    shots = list(Scene(person, Condition("tilting", roll=90, tilts=True)).shots())
    first, last = shots[0], shots[-1]
    assert first.face is not None and last.face is not None
    assert first.face.height > first.face.width and last.face.width > last.face.height
    assert not first.counted and last.counted and 0 < sum(shot.counted for shot in shots) < len(shots)


def test_covers_light_and_nobody_change_the_picture_where_they_should(person: Person) -> None:
    upright = Scene(person, Condition("upright")).shot(0)
    assert upright.face is not None
    left, top, right, bottom = (round(edge) for edge in upright.face)
    masked = Scene(person, Condition("mask", cover="mask")).shot(0).image
    different = np.any(masked != upright.image, axis=2)[top:bottom, left:right]
    assert different[-40:].mean() > 0.5 > different[:40].mean()
    dark = Scene(person, Condition("dark", light="dark")).shot(0).image
    assert dark.mean() == pytest.approx(0.07 * upright.image.mean(), rel=0.2)
    empty = Scene(person, Condition("nobody", nobody=True)).shot(0)
    assert empty.face is None and empty.image.shape == (HEIGHT, WIDTH, 3)


def test_boxes_that_are_not_the_face_are_false() -> None:
    tally, face = Tally(), Box(100, 100, 200, 220)
    assert tally.judge([Box(0, 0, 40, 40), Box(105, 95, 210, 220)], face, counted=True) == 1
    assert tally.judge([face, face], face, counted=True) == 0
    assert tally.judge([], face, counted=True) is None
    assert tally.judge([Box(110, 110, 150, 150)], face, counted=False) is None
    assert tally.judge([face], None, counted=True) is None
    assert tally.figures()["found"] == pytest.approx(2 / 3)
    assert tally.figures()["false"] == pytest.approx(4 / 5)


def test_quality_that_falls_as_errors_grow_correlates() -> None:
    tally = Tally(changes=[0.1, 0.2, 0.3, 0.4], qualities=[0.9, 0.8, 0.5, 0.1])
    assert correlation([tally]) == pytest.approx(-1)
    assert correlation([Tally()]) is None
