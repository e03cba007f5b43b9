"""Faces in recordings that the usual view shows badly: tilted, small, half beyond the border."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference import ValenceModel
from stream.faces.analyzer import Analyzer
from stream.faces.detection import open_detector
from stream.frames import Frame, Sample
from tests import ROOT

FACE = cv2.imread(str(ROOT / "media" / "one_face.jpg"))
MIDDLE = (227.0, 115.0)
"""Of the face, which is 114 pixels large, in it."""


def shown(
    roll: float, size: float, at: tuple[float, float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The photograph in VGA, its face turned clockwise, `size` pixels large and with its middle at `at`."""
    matrix = cv2.getRotationMatrix2D(MIDDLE, -roll, size / 114)
    matrix[:, 2] += np.subtract(at, MIDDLE)
    return np.asarray(
        cv2.warpAffine(FACE, matrix, (640, 480), flags=cv2.INTER_AREA, borderValue=(120, 120, 120)), np.uint8
    )


def watched(roll: float, size: float, at: tuple[float, float] = (320.0, 240.0)) -> list[list[Sample]]:
    analyzer, model = Analyzer(open_detector()), ValenceModel.open()
    return [analyzer.analyze(Frame(shown(roll, size, at), i, i / 30), model) for i in range(12)]


@pytest.fixture(scope="module")
def upright() -> float:
    return watched(0, 130)[-1][0].valence


@pytest.mark.parametrize("roll", [45, -60, 90, 180])
def test_a_tilted_face_is_followed_by_one_id_and_read_as_if_upright(roll: float, upright: float) -> None:
    seen = watched(roll, 130)
    assert all([sample.face_id for sample in samples] == [1] for samples in seen[3:])
    assert seen[-1][0].valence == pytest.approx(upright, abs=0.12)


def test_a_small_face_is_seen_in_every_frame() -> None:
    seen = watched(0, 30)
    assert all([sample.face_id for sample in samples] == [1] for samples in seen[3:])


def test_half_a_face_at_the_border_is_followed_where_it_is() -> None:
    seen = watched(0, 130, at=(0.0, 240.0))
    assert all(len(samples) == 1 for samples in seen[3:])
    left, _, right, _ = seen[-1][0].box
    assert left < 0 < right and abs((left + right) / 2) < 40
