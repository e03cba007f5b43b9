"""What is laid before faces covers what it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from training.datasets import covers
from training.datasets.covers import Floats, Gray, beside, over_mouth, over_side

POINTS: Floats = np.array([[40.0, 50], [80, 50], [60, 72], [45, 95], [75, 95]])
FACE: Gray = np.full((128, 120), 200, np.uint8)


@pytest.fixture
def black(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever covers is black: a shadow leaves more light than that."""
    monkeypatch.setattr(covers, "_filling", lambda face, textures, rng: np.zeros(face.shape, np.float32))


def covered(made: Gray) -> np.ndarray:
    """(128, 120) where something is before the face."""
    return np.asarray(made < 90)


@pytest.mark.usefixtures("black")
@pytest.mark.parametrize("seed", range(30))
def test_a_covered_mouth_is_covered_and_the_eyes_are_seen(seed: int) -> None:
    seen = covered(over_mouth(FACE, POINTS, [], np.random.default_rng(seed)))
    assert seen[92:99, 50:70].mean() > 0.8
    assert seen[46:52, 36:44].mean() < 0.1 and seen[46:52, 76:84].mean() < 0.1


@pytest.mark.usefixtures("black")
@pytest.mark.parametrize("seed", range(30))
def test_a_covered_side_is_the_left_or_the_right_half(seed: int) -> None:
    seen = covered(over_side(FACE, POINTS, [], np.random.default_rng(seed)))
    left, right = seen[48:90, 36:46].mean(), seen[48:90, 74:84].mean()
    assert max(left, right) > 0.9 and min(left, right) < 0.2


@pytest.mark.usefixtures("black")
@pytest.mark.parametrize("seed", range(30))
def test_what_is_beside_leaves_most_of_the_face(seed: int) -> None:
    seen = covered(beside(FACE, POINTS, [], np.random.default_rng(seed)))
    assert 0 < seen.mean() < 0.3
    assert seen[92:99, 52:68].mean() < 0.3, "the mouth"


def test_what_covers_is_of_many_kinds_and_the_same_for_the_same_seed() -> None:
    texture: Gray = np.random.default_rng(5).integers(0, 256, (64, 80)).astype(np.uint8)
    made = [over_mouth(FACE, POINTS, [texture], np.random.default_rng(seed)) for seed in range(12)]
    again = [over_mouth(FACE, POINTS, [texture], np.random.default_rng(seed)) for seed in range(12)]
    assert all((one == other).all() for one, other in zip(made, again, strict=True))
    levels = {int(np.median(picture[90:100, 50:70])) for picture in made}
    assert len(levels) > 6
