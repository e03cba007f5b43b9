"""What the benchmark of quality says, on faces that ship."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.quality import Judged, judge, without_worst
from inference import ValenceModel
from stream.faces.detection import open_detector
from tests import MEDIA
from training.datasets.examples import Example
from training.scoring.robustness import CORRUPTIONS


def example(name: str, valence: float) -> Example:
    """A small grey picture, as data sets have them."""
    picture = cv2.resize(cv2.imread(str(MEDIA / name)), (256, 256), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return Example(name, name, "", valence, lambda: np.asarray(gray, np.uint8))


def test_the_worst_fifth_is_what_is_dropped() -> None:
    error = np.array([0.1, -0.1, 2.0, 0.1, 0.1])
    assert without_worst(Judged(error, np.array([0.9, 0.8, 0.1, 0.7, 0.6]))) == pytest.approx(0.1)
    assert without_worst(Judged(error, np.array([0.1, 0.8, 0.9, 0.7, 0.6]))) > 0.9


def test_every_corruption_is_read_and_judged() -> None:
    examples = [example("one_face.jpg", 0.8), example("neutral_face.jpg", 0.0)]
    judged = judge(examples, ValenceModel.open(device="cpu"), open_detector())
    assert set(judged) == set(CORRUPTIONS)
    clean = judged["clean"]
    assert np.abs(clean.error).max() < 0.5
    for name in ("blur", "lower face covered"):
        assert (judged[name].quality < clean.quality).all(), name
