"""Labels are spread by the evidence for an expression, where votes say the same of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from training.datasets.faces import FaceSet
from training.datasets.ferplus import EMOTIONS, VALENCE
from training.fitting.headroom import Headroom, evidence, spread_out

HAPPY, ANGRY = EMOTIONS.index("happiness"), EMOTIONS.index("anger")


def logits(faces: FaceSet, emotion: int) -> np.ndarray:
    """Of a teacher who finds an emotion in a face the more, the brighter it is."""
    found = np.zeros((len(faces), 8), np.float32)
    found[:, emotion] = faces.crops.mean(axis=(1, 2)) / 50
    return found


def faces(shares: list[dict[int, float]], brightness: list[int]) -> FaceSet:
    votes = np.full((len(shares), 8), np.nan, np.float32)
    for row, share in zip(votes, shares, strict=True):
        if share:
            row[:] = [share.get(e, 0) for e in range(8)]
    crops = np.repeat(np.array(brightness, np.uint8), 64).reshape(-1, 8, 8)
    names = np.array([str(i) for i in range(len(shares))])
    valence = np.nan_to_num(votes) @ VALENCE
    nothing = np.full(len(shares), np.nan, np.float32)
    nobody = np.full(len(shares), "")
    return FaceSet(names, crops, crops, valence.astype(np.float32), votes, nobody, nothing)


def test_a_stronger_smile_gets_a_higher_label_and_the_mean_stays() -> None:
    given = faces([{HAPPY: 1.0}] * 5, [10, 200, 90, 150, 40])
    spread = spread_out(given, logits(given, HAPPY), Headroom(positive=0.3)).valence
    assert np.array_equal(np.argsort(spread), np.argsort(given.crops[:, 0, 0]))
    assert np.isclose(spread.mean(), given.valence.mean())
    assert np.ptp(spread) == pytest.approx(0.3 * 4 / 5, abs=1e-6)


def test_stronger_anger_gets_a_lower_label() -> None:
    given = faces([{ANGRY: 1.0}] * 4, [10, 200, 90, 150])
    spread = spread_out(given, logits(given, ANGRY), Headroom(negative=0.2)).valence
    assert np.array_equal(np.argsort(-spread), np.argsort(given.crops[:, 0, 0]))


def test_half_a_smile_moves_half_as_far_and_faces_without_one_or_without_votes_stay() -> None:
    given = faces([{HAPPY: 1.0}, {HAPPY: 0.5, 0: 0.5}, {0: 1.0}, {}], [250, 250, 250, 250])
    moved = spread_out(given, logits(given, HAPPY), Headroom(positive=0.4)).valence - given.valence
    assert moved[1] == pytest.approx(moved[0] / 2)
    assert moved[2] == moved[3] == 0


def test_labels_stay_on_the_scale_and_without_headroom_as_they_are() -> None:
    given = faces([{HAPPY: 1.0}] * 3, [0, 100, 250])
    assert spread_out(given, logits(given, HAPPY), Headroom(positive=1.5)).valence.max() == 1
    assert np.array_equal(spread_out(given, logits(given, HAPPY), Headroom()).valence, given.valence)


def test_evidence_is_the_log_odds() -> None:
    found = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    chosen = np.arange(8) < 3
    shares = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    odds = shares[:, chosen].sum(axis=1) / shares[:, ~chosen].sum(axis=1)
    assert np.allclose(evidence(found, chosen), np.log(odds), atol=1e-5)
