"""What the benchmark of quality says, on faces that ship."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.quality import read, without_worst
from inference import ValenceModel
from tests import MEDIA
from training.datasets.examples import DataSet, Example
from training.scoring.robustness import CORRUPTIONS


def example(name: str, valence: float) -> Example:
    """A small grey picture, as data sets have them."""
    picture = cv2.resize(cv2.imread(str(MEDIA / name)), (256, 256), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return Example(name, name, "", valence, lambda: np.asarray(gray, np.uint8))


def test_the_worst_fifth_is_what_is_dropped() -> None:
    error = np.array([0.1, -0.1, 2.0, 0.1, 0.1])
    assert without_worst(error, np.array([0.9, 0.8, 0.1, 0.7, 0.6])) == pytest.approx(0.1)
    assert without_worst(error, np.array([0.1, 0.8, 0.9, 0.7, 0.6])) > 0.9


def test_every_corruption_is_read_and_judged() -> None:
    examples = (example("one_face.jpg", 0.8), example("neutral_face.jpg", 0.0))
    clips = [one.clip for one in examples]
    judged = read(DataSet("two", examples, ""), clips, 1, ValenceModel.open(device="cpu"))
    assert judged.error.shape == judged.spread.shape == judged.quality.shape == (2, len(CORRUPTIONS))
    assert np.abs(judged.error[:, 0]).max() < 0.5
    for name in ("blur", "lower face covered"):
        assert (judged.quality[:, list(CORRUPTIONS).index(name)] < judged.quality[:, 0]).all(), name
