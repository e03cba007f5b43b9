"""Pictures that are too dark or too bright are shown to the detector in another light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from stream.faces.analyzer import Analyzer
from stream.faces.detection import Detection, Image, open_detector
from stream.faces.light import detect_lit
from stream.frames import Box, Frame
from tests import ROOT


class Watching:
    """Sees one face with these scores, look by look, and keeps how light each picture was."""

    name = "watching"

    def __init__(self, *scores: float) -> None:
        self._scores = iter(scores)
        self.levels: list[float] = []

    def detect(self, image: Image) -> list[Detection]:
        self.levels.append(float(image.mean()))
        return [Detection(Box(10, 10, 30, 30), next(self._scores))]


@pytest.mark.parametrize(
    ("level", "scores", "looks", "best"),
    [
        (120, [0.5], [(120, 120)], 0.5),
        (10, [0.5], [(60, 120)], 0.5),
        (230, [0.9], [(120, 200)], 0.9),
        (230, [0.5, 0.7], [(120, 200), (60, 120)], 0.7),
        (230, [0.6, 0.4], [(120, 200), (60, 120)], 0.6),
    ],
    ids=["as it is", "dark", "washed out", "better in the next light", "worse in the next light"],
)
def test_a_picture_is_shown_in_a_light_in_which_faces_are_found(
    level: int, scores: list[float], looks: list[tuple[float, float]], best: float
) -> None:
    detector = Watching(*scores)
    (found,) = detect_lit(detector, np.full((40, 40, 3), level, np.uint8))
    assert found.score == best
    assert len(detector.levels) == len(looks)
    assert all(low <= seen <= high for seen, (low, high) in zip(detector.levels, looks, strict=True))


def test_a_face_that_is_white_in_white_is_followed() -> None:
    picture = cv2.imread(str(ROOT / "media" / "one_face.jpg"))
    matrix = np.array([[1.0, 0.0, 93.0], [0.0, 1.0, 125.0]])
    room = cv2.warpAffine(picture, matrix, (640, 480), borderValue=(120, 120, 120))
    white = np.asarray(cv2.convertScaleAbs(room, alpha=2.0, beta=60), np.uint8)
    analyzer = Analyzer(open_detector())
    assert [len(analyzer.locate(Frame(white, i, i / 30))) for i in range(12)] == [1] * 12
