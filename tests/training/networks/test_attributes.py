"""The network that tells what is seen of a face: composed crops, a little training, and the shipped file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference import AttributeModel, Attributes
from inference.alignment import Aligner
from inference.attributes import DEFAULT, INPUT, OUTPUT, tensors
from inference.device import open_session
from tests import MEDIA, ROOT
from training.datasets.attributes import Gray, Shown, compose, eyes, faceless, marked, together
from training.datasets.crops import ALIGNMENT, cropping
from training.networks.attributes import AttributeNetwork, area_under_curve, export, fit, loss, predict

FACE, EYES, MOUTH, HALF = range(4)


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return cropping(ROOT / "models").aligner()


@pytest.fixture(scope="module")
def pictures() -> list[Gray]:
    """Two faces, cut out as collections of faces are."""
    found = []
    for name, (left, top, right, bottom) in (
        ("one_face.jpg", (178, 63, 267, 175)),
        ("neutral_face.jpg", (182, 121, 353, 332)),
    ):
        gray = cv2.imread(str(MEDIA / name), cv2.IMREAD_GRAYSCALE)
        side = round(1.14 * max(right - left, bottom - top))
        y, x = (top + bottom - side) // 2, (left + right - side) // 2
        found.append(
            np.asarray(
                cv2.resize(gray[y : y + side, x : x + side], (48, 48), interpolation=cv2.INTER_AREA), np.uint8
            )
        )
    return found


@pytest.fixture(scope="module")
def landscape() -> list[Gray]:
    return [np.asarray(cv2.imread(str(MEDIA / "no_face.jpg"), cv2.IMREAD_GRAYSCALE), np.uint8)]


@pytest.fixture(scope="module")
def shown(pictures: list[Gray], landscape: list[Gray], aligner: Aligner) -> Shown:
    boxes = np.tile([3.0, 5.0, 45.0, 47.0], (2, 1))
    faces = marked(pictures, boxes, np.array([0.0, np.nan], np.float32), aligner)
    rng = np.random.default_rng(0)
    return together([compose(faces, landscape, aligner, 400, rng), faceless(landscape, aligner, 100, rng)])


def test_what_a_crop_shows_is_known_from_what_was_done(shown: Shown) -> None:
    assert shown.crops.shape == (500, 64, 64) and shown.truth.shape == (500, len(Attributes._fields))
    plain, mouth, side = (shown.truth[shown.kinds == kind] for kind in ("plain", "mouth", "side"))
    assert set(plain[plain[:, FACE] == 1, MOUTH].tolist()) == {0.0}
    assert set(mouth[mouth[:, FACE] == 1, MOUTH].tolist()) == {1.0}
    assert set(side[side[:, FACE] == 1, HALF].tolist()) == {1.0}
    none = shown.truth[shown.truth[:, FACE] != 1]
    assert len(none) > 120 and np.isnan(none[:, EYES:]).all(), "of what is no face nothing else is known"
    assert (shown.truth[shown.kinds == "turned", FACE] != 1).all()
    known = shown.truth[:, EYES]
    assert np.sum(known == 0) > 20 and not np.any(known == 1)


def test_the_same_seed_composes_the_same(
    pictures: list[Gray], landscape: list[Gray], aligner: Aligner
) -> None:
    boxes = np.tile([3.0, 5.0, 45.0, 47.0], (2, 1))
    faces = marked(pictures, boxes, np.full(2, np.nan, np.float32), aligner)
    one, other = (compose(faces, landscape, aligner, 10, np.random.default_rng(3)) for _ in range(2))
    assert (one.crops == other.crops).all()


def test_eyes_that_were_looked_at_are_for_learning_or_held_out() -> None:
    learnt, held = eyes(held_out=False), eyes(held_out=True)
    assert not learnt.keys() & held.keys()
    assert 0.2 < len(held) / (len(held) + len(learnt)) < 0.4
    assert min(sum(part.values()) for part in (learnt, held)) > 40


def test_a_little_training_tells_faces_from_a_landscape_and_the_file_says_the_same(
    shown: Shown, tmp_path: Path
) -> None:
    network = fit(shown, epochs=4, batch=50)
    answers = predict(network, shown.crops)
    assert area_under_curve(shown.truth[:, FACE], answers[:, FACE]) > 0.8
    export(network, tmp_path / "a.onnx")
    session = open_session(tmp_path / "a.onnx", "cpu")
    for count in (1, 3, 16):
        told = session.run([OUTPUT], {INPUT: tensors(shown.crops[:count])})[0]
        assert np.allclose(told, answers[:count], atol=1e-4)


def test_what_is_not_known_is_not_learnt() -> None:
    import torch

    truth = torch.tensor([[1.0, float("nan")], [0.0, float("nan")]])
    sure = torch.tensor([[9.0, 50.0], [-9.0, -50.0]])
    assert loss(sure, truth).item() < 0.3
    assert torch.isfinite(loss(sure, truth))


def test_the_area_under_the_curve() -> None:
    truth = np.array([0, 0, 1, 1, np.nan])
    assert area_under_curve(truth, np.array([0.1, 0.4, 0.35, 0.8, 0.0])) == 0.75
    assert area_under_curve(truth, np.full(5, 0.5)) == 0.5
    assert np.isnan(area_under_curve(np.zeros(3), np.zeros(3)))


def test_it_is_small_and_sees_the_crop_of_the_network_that_comes_along() -> None:
    assert DEFAULT.stat().st_size < 1_000_000
    assert sum(p.numel() for p in AttributeNetwork().parameters()) < 150_000
    assert AttributeModel()._aligner.template.tolist() == (np.array(ALIGNMENT.template) * 64).tolist()
