"""FER+ (Barsoum et al. 2016): ten crowd votes on each face of FER2013, turned into valence.

The folder holds ``fer2013new.csv`` (the votes) and the pictures: ``ferplus_48.npz`` (arrays ``X``
uint8 (n, 48, 48) and ``name``) or PNG files named as in the column ``Image name``.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference import EXPRESSIONS
from training.datasets.examples import DataSet, Example
from training.datasets.pictures import Image, color, read_gray
from training.datasets.splits import Splits
from training.errors import TrainingError

EMOTIONS = EXPRESSIONS
# The pleasure that people give these words, rounded from Russell & Mehrabian, "Evidence for a
# three-factor theory of emotions", J. Research in Personality 11, 1977.
VALENCE = np.array([0.0, 0.80, 0.15, -0.65, -0.55, -0.60, -0.55, -0.45], np.float32)
# Their arousal likewise; of contempt they have no word: a little, of our own.
AROUSAL = np.array([0.0, 0.50, 0.65, -0.25, 0.60, 0.35, 0.60, 0.25], np.float32)
SPLITS = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}


def shares(votes: npt.NDArray[np.integer]) -> npt.NDArray[np.float32] | None:
    """(8,) shares of the emotions among `votes` (8,); None if no emotion has two votes.

    A single vote among ten is a slip more often than an opinion, so it is dropped, as FER+'s
    authors do.
    """
    kept = np.where(votes > 1, votes, 0).astype(np.float32)
    return kept / kept.sum() if kept.sum() > 0 else None


def read(folder: Path) -> Iterator[tuple[str, str, npt.NDArray[np.float32], Image]]:
    """Name, split, (8,) shares and grey picture of every face that people could read.

    Raises:
        TrainingError: the votes are missing or not FER+'s.
    """
    pictures = _pictures(folder)
    for name, split, votes in _votes(folder):
        share = shares(votes)
        picture = pictures(name) if share is not None else None
        if share is not None and picture is not None:
            yield name, split, share, picture


def dataset(folder: Path) -> DataSet:
    """FER+ with the splits of its authors. Nobody knows who is shown in which picture.

    Raises:
        TrainingError: the votes are missing or not FER+'s, or there are no pictures.
    """
    pictures = _pictures(folder)
    digest = hashlib.sha256()
    examples: list[Example] = []
    parts: dict[str, list[str]] = {split: [] for split in SPLITS.values()}
    unread = missing = 0
    for name, split, votes in _votes(folder):
        digest.update(f"{name} {split} {votes.tolist()}\n".encode())
        share = shares(votes)
        if share is None:
            unread += 1
        elif not name or pictures(name) is None:
            missing += 1
        else:
            parts[split].append(name)
            valence, arousal = float(share @ VALENCE), float(share @ AROUSAL)
            examples.append(Example(name, name, "", valence, _reader(pictures, name), share, arousal))
    if not examples:
        raise TrainingError(f"there are no pictures of FER+ in {folder} (ferplus_48.npz, or PNG files)")
    archive = folder / "ferplus_48.npz"
    if archive.is_file():
        digest.update(f"{archive.stat().st_size} {archive.stat().st_mtime_ns}".encode())
    notes = [f"{len(examples)} faces with votes."]
    if unread:
        notes.append(f"{unread} faces were left out: no emotion has two votes.")
    if missing:
        notes.append(f"{missing} faces were left out: they have no picture.")
    validation, test = tuple(parts["validation"]), tuple(parts["test"])
    official = Splits((*parts["train"], *validation), test, (validation,))
    return DataSet(
        "FER+",
        tuple(examples),
        digest.hexdigest(),
        tuple(notes),
        official,
        target="the votes of ten people a face, stray single votes dropped, weighted with the pleasure of "
        f"{_worded(VALENCE)} (after Russell & Mehrabian 1977)",
        arousal=f"the same votes, weighted with the arousal of {_worded(AROUSAL)} (after Russell & Mehrabian "
        "1977; contempt, of which they have no word, is ours)",
        licence="FER+ votes: MIT (Microsoft). The pictures are those of FER2013 (Goodfellow et al. 2013).",
    )


def _worded(weights: npt.NDArray[np.float32]) -> str:
    return ", ".join(f"{e} {v:+.2f}" for e, v in zip(EMOTIONS, weights, strict=True))


def _votes(folder: Path) -> Iterator[tuple[str, str, npt.NDArray[np.int64]]]:
    """Name, split and (8,) votes of every row."""
    table = folder / "fer2013new.csv"
    if not table.is_file():
        raise TrainingError(f"no votes at {table}; FER+ needs fer2013new.csv and the pictures")
    with table.open(newline="") as file:
        rows = csv.DictReader(file)
        if not {"Usage", "Image name", *EMOTIONS} <= set(rows.fieldnames or ()):
            raise TrainingError(f"{table} lacks columns of FER+; it has {rows.fieldnames}")
        for row in rows:
            try:
                yield row["Image name"], SPLITS[row["Usage"]], np.array([int(row[e]) for e in EMOTIONS])
            except (KeyError, ValueError) as error:
                raise TrainingError(f"{table}, line {rows.line_num}: {error} is not FER+") from None


def _pictures(folder: Path) -> Callable[[str], Image | None]:
    """Grey pictures by name."""
    archive = folder / "ferplus_48.npz"
    if archive.is_file():
        with np.load(archive) as data:
            faces: dict[str, Image] = dict(zip(data["name"].tolist(), data["X"], strict=True))
        return faces.get
    return lambda name: read_gray(folder / name)


def _reader(pictures: Callable[[str], Image | None], name: str) -> Callable[[], Image | None]:
    def picture() -> Image | None:
        face = pictures(name)
        return None if face is None else color(face)

    return picture
