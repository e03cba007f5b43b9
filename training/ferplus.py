"""FER+ (Barsoum et al. 2016): ten crowd votes on each face of FER2013, turned into valence.

The folder holds ``fer2013new.csv`` (the votes) and the pictures: ``ferplus_48.npz`` (arrays ``X``
uint8 (n, 48, 48) and ``name``) or PNG files named as in the column ``Image name``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
# The pleasure that people give these words, rounded from Russell & Mehrabian, "Evidence for a
# three-factor theory of emotions", J. Research in Personality 11, 1977.
VALENCE = np.array([0.0, 0.80, 0.15, -0.65, -0.55, -0.60, -0.55, -0.45], np.float32)
SPLITS = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}


def shares(votes: npt.NDArray[np.integer]) -> npt.NDArray[np.float32] | None:
    """(8,) shares of the emotions among `votes` (8,); None if no emotion has two votes.

    A single vote among ten is a slip more often than an opinion, so it is dropped, as FER+'s
    authors do.
    """
    kept = np.where(votes > 1, votes, 0).astype(np.float32)
    return kept / kept.sum() if kept.sum() > 0 else None


def read(folder: Path) -> Iterator[tuple[str, str, npt.NDArray[np.float32], npt.NDArray[np.uint8]]]:
    """Name, split, (8,) shares and grey picture of every face that people could read."""
    table = folder / "fer2013new.csv"
    if not table.is_file():
        raise FileNotFoundError(f"no votes at {table}; FER+ needs fer2013new.csv and the pictures")
    pictures = _pictures(folder)
    with table.open(newline="") as file:
        for row in csv.DictReader(file):
            share = shares(np.array([int(row[e]) for e in EMOTIONS]))
            picture = pictures(row["Image name"]) if share is not None else None
            if share is not None and picture is not None:
                yield row["Image name"], SPLITS[row["Usage"]], share, picture


def _pictures(folder: Path):
    archive = folder / "ferplus_48.npz"
    if archive.is_file():
        with np.load(archive) as data:
            faces = dict(zip(data["name"].tolist(), data["X"], strict=True))
        return faces.get
    return lambda name: cv2.imread(str(folder / name), cv2.IMREAD_GRAYSCALE) if name else None
