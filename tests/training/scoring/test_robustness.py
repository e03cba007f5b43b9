"""Corruptions do what they say, and the aligner sees what they did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from tests import MEDIA
from training.datasets.pictures import gray
from training.datasets.prepare import Prepared
from training.fitting.augmentation import Augmentation, augment
from training.scoring.robustness import CORRUPTIONS, corrupted_crops

FACE = np.array([178.0, 50.0, 272.0, 178.0])


@pytest.fixture(scope="module")
def picture() -> Any:
    return cv2.imread(str(MEDIA / "one_face.jpg"))


def apply(name: str, picture: Any, box: Any = FACE) -> tuple[Any, Any]:
    return CORRUPTIONS[name](picture.copy(), box.copy(), np.random.default_rng(0))


def sharpness(picture: Any) -> float:
    x0, y0, x1, y1 = FACE.astype(int)
    return float(cv2.Laplacian(gray(picture)[y0:y1, x0:x1], cv2.CV_64F).var())


def test_every_corruption_changes_the_picture_or_the_box(picture: Any) -> None:
    for name in CORRUPTIONS:
        changed, box = apply(name, picture)
        same = (
            changed.shape == picture.shape and np.array_equal(changed, picture) and np.array_equal(box, FACE)
        )
        assert same == (name == "clean"), name
        assert changed.dtype == np.uint8


def test_strengths_are_as_stated(picture: Any) -> None:
    assert sharpness(apply("blur", picture)[0]) < 0.1 * sharpness(picture)
    _, box = apply("32 px", picture)
    assert np.sqrt((box[2] - box[0]) * (box[3] - box[1])) == pytest.approx(32, abs=0.3)
    tiny = np.array([10.0, 10.0, 30.0, 34.0])
    assert np.array_equal(apply("32 px", picture, tiny)[1], tiny)
    dark = apply("brightness -50 %", picture)[0]
    assert dark.mean() == pytest.approx(picture.mean() / 2, abs=1)
    _, box = apply("20 % looser box", picture)
    assert (box[2] - box[0]) / (FACE[2] - FACE[0]) == pytest.approx(1.2)
    _, box = apply("shifted box", picture)
    side = np.sqrt((FACE[2] - FACE[0]) * (FACE[3] - FACE[1]))
    assert np.hypot(box[0] - FACE[0], box[1] - FACE[1]) == pytest.approx(0.1 * side)
    covered = apply("lower face covered", picture)[0]
    assert (covered[165, 225] == 180).all() and (covered[80, 225] == picture[80, 225]).all()


def test_side_light_lights_one_side(picture: Any) -> None:
    lit = apply("side light", picture)[0].astype(float) / np.maximum(picture, 30)
    left, right = lit[100:150, 180:190].mean(), lit[100:150, 262:272].mean()
    assert abs(left - right) > 0.5


def test_the_alignment_undoes_roll_and_a_looser_box(prepared: Prepared) -> None:
    """What the landmarks are for: the crop of a leaning head is that of an upright one."""
    rows = np.arange(6)
    crops = corrupted_crops(prepared.data, prepared.collected, rows, prepared.cropping.aligner())
    clean = crops["clean"].astype(float)
    # Boxes are kept in single precision.
    assert np.abs(clean - prepared.collected.faces.crops[rows]).max() <= 2

    def likeness(name: str) -> float:
        other = crops[name].astype(float)
        pairs = zip(clean, other, strict=True)
        return float(np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]))

    for name in ("roll +20°", "roll -20°", "shifted box", "20 % looser box", "32 px"):
        assert likeness(name) > 0.85, name


def test_augmentation_keeps_the_face_and_depends_on_nothing_but_the_generator(prepared: Prepared) -> None:
    faces = prepared.collected.faces
    wide, crop = faces.wide[0], faces.crops[0]
    a = augment(wide, 64, np.random.default_rng(5), Augmentation())
    assert np.array_equal(a, augment(wide, 64, np.random.default_rng(5), Augmentation()))
    assert not np.array_equal(a, augment(wide, 64, np.random.default_rng(6), Augmentation()))
    nothing = Augmentation(**dict.fromkeys(vars(Augmentation()), 0.0))
    still = augment(wide, 64, np.random.default_rng(1), nothing)
    mirrored = still[:, ::-1]
    likeness = max(np.corrcoef(crop.ravel(), s.ravel())[0, 1] for s in (still, mirrored))
    assert likeness > 0.98


def test_mouths_eyes_and_sides_are_hidden() -> None:
    only = Augmentation(**{**dict.fromkeys(vars(Augmentation()), 0.0), "covered": 1.0})
    wide = np.zeros((96, 96), np.uint8)
    wide[::2] = 255
    parts: list[str] = []
    for seed in range(60):
        # Stripes along the face: where they are gone, something hides it.
        shown = augment(wide, 64, np.random.default_rng(seed), only).astype(float)
        hidden = np.abs(shown[1:] - shown[:-1]) < 128
        rows, columns = hidden.mean(axis=1) > 0.6, hidden.mean(axis=0) > 0.6
        assert 0.1 < hidden.mean() < 0.9, "neither a trifle nor the whole face"
        parts.append("side" if columns.any() and not columns.all() else "mouth" if rows[60] else "eyes")
    assert all(parts.count(part) > 3 for part in ("mouth", "eyes", "side")), parts


def test_compression_makes_larger_blocks_of_faces_that_were_smaller() -> None:
    only = Augmentation(**{**dict.fromkeys(vars(Augmentation()), 0.0), "compression": 1.0})
    y, x = np.mgrid[:96, :96]
    wide = (127 + 60 * np.sin(x / 5) * np.cos(y / 7)).astype(np.uint8)
    sizes = set()
    for seed in range(30):
        face = augment(wide, 64, np.random.default_rng(seed), only).astype(float)
        jumps = np.abs(np.diff(face, 2, axis=1)).mean(axis=0)
        sizes.add(int(np.abs(np.fft.rfft(jumps - jumps.mean()))[4:].argmax()))
    assert len(sizes) > 3, "blocks were of one size"


def test_a_tilt_brings_one_edge_nearer_and_leaves_the_middle_in_place() -> None:
    board = np.kron(np.indices((16, 16)).sum(0) % 2, np.ones((8, 8))).astype(np.uint8) * 255
    nothing = Augmentation(**dict.fromkeys(vars(Augmentation()), 0.0))
    for seed in range(8):
        plain, tilted = (
            augment(board, 64, np.random.default_rng(seed), replace(nothing, tilt=tilt))
            for tilt in (0.0, 0.1)
        )
        off = np.abs(plain.astype(float) - tilted)
        assert off[28:36, 28:36].mean() < off.mean()
        assert off.mean() > 5
