"""Detectors: faces where they are, none where they are not, and no memory lost on the way."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import psutil
import pytest

from inference.detector import open_detector_model
from stream.faces.detection import (
    DetectorError,
    locate_in_crop,
    open_detector,
)
from stream.faces.stills import find_in_still
from stream.frames import Box, iou
from tests import MEDIA

FACE = Box(177, 62, 268, 176)


@pytest.mark.parametrize("name", ["hog", "libfacedetection"])
def test_a_face_is_framed_alike_by_every_detector(name: str) -> None:
    faces = open_detector(name).detect(cv2.imread(str(MEDIA / "one_face.jpg")))
    (found,) = [face for face in faces if face.score > 0.5]
    assert iou(found.box, FACE) > 0.6
    assert 0 < found.score <= 1


@pytest.mark.parametrize("name", ["hog", "auto"])
def test_a_landscape_has_no_face(name: str) -> None:
    assert find_in_still(open_detector(name), cv2.imread(str(MEDIA / "no_face.jpg"))) == []


def test_the_default_says_where_eyes_nose_and_mouth_are() -> None:
    (found,) = open_detector().detect(cv2.imread(str(MEDIA / "one_face.jpg")))
    assert found.points is not None
    left_eye, right_eye, nose, left_corner, right_corner = found.points
    assert left_eye[0] < nose[0] < right_eye[0] and left_corner[0] < nose[0] < right_corner[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_corner[1], right_corner[1])
    assert all(found.box.left < x < found.box.right for x in found.points[:, 0])


def test_pictures_of_many_sizes_keep_no_memory() -> None:
    detector = open_detector()
    image = cv2.imread(str(MEDIA / "one_face.jpg"))
    sizes = [(width, width * 3 // 4) for width in range(96, 640, 32)]
    views = [cv2.resize(image, size) for size in sizes]
    detector.detect(cv2.resize(image, (1280, 1280)))
    before = psutil.Process().memory_info().rss
    for view in views * 4:
        detector.detect(view)
    assert psutil.Process().memory_info().rss - before < 8e6


def test_without_its_network_the_default_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.detector.DEFAULT", tmp_path / "gone.onnx")
    open_detector_model.cache_clear()
    with pytest.raises(DetectorError, match="finds faces is missing"):
        open_detector()


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


def test_a_gpu_that_is_not_there_is_a_clear_error() -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine may have a GPU")
    with pytest.raises(DetectorError, match="CUDA was asked for"):
        open_detector(device="cuda")
