"""The command that trains the network of attributes, on a handful of faces."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.attributes import INPUT, OUTPUT, tensors
from inference.device import open_session
from tests import MEDIA
from tests.valence.command import Run

FACES = (("one_face.jpg", (178, 63, 267, 175)), ("neutral_face.jpg", (182, 121, 353, 332)))


@pytest.fixture
def ferplus(tmp_path: Path) -> Path:
    """A folder like FER+'s, with six pictures of two people."""
    folder = tmp_path / "ferplus"
    folder.mkdir()
    pictures, names = [], []
    emotions = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
    with (folder / "fer2013new.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Usage", "Image name", *emotions, "unknown", "NF"])
        for number in range(6):
            name, (left, top, right, bottom) = FACES[number % 2]
            gray = cv2.imread(str(MEDIA / name), cv2.IMREAD_GRAYSCALE)
            side = round(1.14 * max(right - left, bottom - top)) + number
            y, x = (top + bottom - side) // 2, (left + right - side) // 2
            small = cv2.resize(gray[y : y + side, x : x + side], (48, 48), interpolation=cv2.INTER_AREA)
            pictures.append(small)
            names.append(f"made{number}.png")
            split = "PublicTest" if number > 3 else "Training"
            rows.writerow([split, names[-1], 10, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    np.savez(folder / "ferplus_48.npz", X=np.array(pictures), name=np.array(names))
    return folder


def test_it_writes_a_network_and_says_how_good_it_is(run: Run, ferplus: Path, tmp_path: Path) -> None:
    without = tmp_path / "without"
    without.mkdir()
    for number in range(4):
        shutil.copy(MEDIA / "no_face.jpg", without / f"{number}.jpg")
    done = run(
        *("train-attributes", ferplus, "--without", without, "--out", tmp_path / "a.onnx"),
        *("--faces", "150", "--epochs", "1"),
    )
    assert done.code == 0
    assert "validation, mouth_covered: area under the curve" in done.out + done.err
    (told,) = open_session(tmp_path / "a.onnx", "cpu").run(
        [OUTPUT], {INPUT: tensors(np.zeros((3, 64, 64), np.uint8))}
    )
    assert told.shape == (3, 4) and ((told >= 0) & (told <= 1)).all()


def test_it_asks_for_pictures_without_people(run: Run, ferplus: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    done = run("train-attributes", ferplus, "--without", tmp_path / "none")
    assert done.code != 0 and "fewer than four pictures" in done.err
