"""Quality falls with everything that makes a face harder to read."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from inference import Attributes, Crop, Pose, ValenceModel
from stream.faces.analyzer import Analyzer, Located
from stream.faces.detection import open_detector
from stream.faces.quality import outside, quality
from stream.frames import Box, Extras, Frame, Sample
from tests import MEDIA

_SEEN = Extras._fields.index("valence_error")
"""Extras before it are what is seen of a face, the others what the model says of it."""

FACE = MEDIA / "one_face.jpg"
BOX = Box(178, 63, 267, 175)
AHEAD = Pose(0, 0, 0)
OPEN = Attributes(face=0.98, eyes_closed=0.05, mouth_covered=0.02, half_covered=0.02)


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


@pytest.fixture(scope="module")
def crop(model: ValenceModel) -> Crop:
    return model.align(cv2.imread(str(FACE)), [BOX])[0]


def read(image: np.ndarray, model: ValenceModel, box: Box = BOX, roll: float = 0.0) -> Sample:
    """The sample that the analyser makes of a face."""
    crops = model.align(image, [box], [roll])
    frame = Frame(np.ascontiguousarray(image), 0, 0.0)
    located = [Located(1, box, 0.9, roll)]
    return Analyzer(open_detector(), still=True).finish(frame, located, crops, model.read(crops))[0]


def test_a_good_face_is_trusted(crop: Crop, model: ValenceModel) -> None:
    assert quality(crop, BOX, 0.93, 0.1, AHEAD, OPEN, (512, 512, 3)) > 0.9
    for name, box in (("one_face.jpg", BOX), ("neutral_face.jpg", Box(182, 121, 353, 332))):
        assert read(cv2.imread(str(MEDIA / name)), model, box).quality > 0.75


def test_everything_that_is_worse_costs(model: ValenceModel, crop: Crop) -> None:
    good = quality(crop, BOX, 0.93, 0.1, AHEAD, OPEN)
    image = cv2.imread(str(FACE))
    blurred = model.align(cv2.GaussianBlur(image, (0, 0), 6), [BOX])[0]
    dark = model.align(np.clip(image * 0.04, 0, 255).astype(np.uint8), [BOX])[0]
    bleached = model.align(cv2.convertScaleAbs(image, alpha=3.5, beta=60), [BOX])[0]
    for worse in (blurred, dark, bleached):
        assert quality(worse, BOX, 0.93, 0.1, AHEAD, OPEN) < good
    assert quality(crop, Box(0, 0, 20, 24), 0.93, 0.1, AHEAD, OPEN) < good
    assert quality(crop, BOX, 0.45, 0.1, AHEAD, OPEN) < good
    assert quality(crop, BOX, 0.0, 0.1, AHEAD, OPEN) < good
    assert quality(crop, BOX, 0.93, 0.35, AHEAD, OPEN) < good
    assert quality(crop, BOX, 0.93, 0.1, Pose(0, -50, 0), OPEN) < good
    assert quality(crop, BOX, 0.93, 0.1, Pose(0, 0, 45), OPEN) < good
    assert quality(crop, BOX, 0.93, 0.1, Pose(80, 0, 0), OPEN) == good, "a roll that is known is turned back"
    for worse in (
        OPEN._replace(face=0.2),
        OPEN._replace(eyes_closed=0.95),
        OPEN._replace(mouth_covered=0.9),
        OPEN._replace(half_covered=0.9),
    ):
        assert quality(crop, BOX, 0.93, 0.1, AHEAD, worse) < good


def test_a_masked_mouth_is_not_trusted(model: ValenceModel) -> None:
    image = cv2.imread(str(FACE))
    mask = np.array([[176, 125], [222, 112], [268, 125], [262, 165], [222, 186], [184, 165]])
    cv2.fillPoly(image, [mask], (180, 160, 120))
    masked = read(image, model)
    assert masked.quality < 0.3 and (masked.extras.mouth_covered or 0) > 0.6


def test_half_a_face_is_not_trusted(model: ValenceModel) -> None:
    image = cv2.imread(str(FACE))
    beyond = image[:, 222:]
    assert read(beyond, model, Box(BOX.left - 222, BOX.top, BOX.right - 222, BOX.bottom)).quality < 0.4
    covered = image.copy()
    cv2.rectangle(covered, (100, 20), (222, 220), (120, 110, 90), -1)
    assert read(covered, model).quality < 0.6


def test_a_face_that_is_looked_at_upside_down_is_not_trusted_and_turned_back_it_is(
    model: ValenceModel,
) -> None:
    turned = cv2.imread(str(FACE))[::-1, ::-1]
    box = Box(512 - BOX.right, 512 - BOX.bottom, 512 - BOX.left, 512 - BOX.top)
    assert read(turned, model, box).quality < 0.3
    assert read(turned, model, box, roll=180.0).quality > 0.7


def test_what_is_seen_is_part_of_a_sample(model: ValenceModel) -> None:
    seen = read(cv2.imread(str(FACE)), model).extras
    assert all(value is not None for value in seen[:_SEEN])
    assert abs(seen.roll or 0) < 6 and abs(seen.yaw or 0) < 12 and abs(seen.pitch or 0) < 12
    assert max(seen[3:_SEEN], default=0) < 0.4
    crops = [replace(c, landmarks=None) for c in model.align(cv2.imread(str(FACE)), [BOX])]
    frame = Frame(cv2.imread(str(FACE)), 0, 0.0)
    located = [Located(1, BOX, 0.9, 0.0)]
    (bare,) = Analyzer(open_detector(), still=True).finish(frame, located, crops, model.read(crops))
    assert set(bare.extras[:_SEEN]) == {None} and bare.quality > 0.8, "of a model that needs no landmarks"


def test_what_is_seen_is_looked_at_ten_times_a_second(model: ValenceModel) -> None:
    """And holds until the next look: a hand before the mouth is seen a tenth of a second later at most."""
    image = cv2.imread(str(FACE))
    covered = image.copy()
    cv2.rectangle(covered, (170, 125), (275, 185), (180, 160, 120), -1)
    analyzer, located = Analyzer(open_detector()), [Located(1, BOX, 0.9, 0.0)]
    told = []
    for number, shot in enumerate([image, *[covered] * 4]):
        crops = model.align(shot, [BOX])
        (sample,) = analyzer.finish(Frame(shot, number, number / 30), located, crops, model.read(crops))
        told.append(sample.extras.mouth_covered or 0.0)
    assert told[0] == told[1] == told[2] < 0.3 and told[3] == told[4] > 0.6


def test_how_much_of_a_crop_lies_outside_the_picture(crop: Crop) -> None:
    assert outside(crop, (512, 512, 3)) == 0
    assert outside(crop, (512, 222, 3)) == pytest.approx(0.5, abs=0.15)
    assert outside(crop, (10, 10, 3)) == 1


def test_a_blank_crop_has_a_quality_too(crop: Crop) -> None:
    blank = Crop(np.zeros_like(crop.pixels), crop.matrix, None)
    assert 0 <= quality(blank, BOX, 0.9, None) < 0.7
