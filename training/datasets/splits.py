"""Which clips are for training, validation and test; nobody's face in two of them.

The assignment is a JSON file with the keys ``train``, ``test`` and ``fold_1`` … ``fold_5``, each a
list of clip names. ``train`` is every clip that is not for test, ``fold_k`` the part of it that
validates when fold k is held out. Somebody's own file of this form can be dropped in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets.files import read_json, write_json
from training.errors import TrainingError

FOLDS = 5
TEST_SHARE = 0.15
_SIGN = 0.15
"""|valence| above which a face counts as negative or positive when the splits are balanced."""


@dataclass(frozen=True)
class Splits:
    """Names of clips."""

    train: tuple[str, ...]
    test: tuple[str, ...]
    folds: tuple[tuple[str, ...], ...]

    def validation(self, fold: int) -> tuple[str, ...]:
        """The clips that validate in fold 1, 2, …"""
        if not 1 <= fold <= len(self.folds):
            raise TrainingError(f"there is no fold {fold}; the folds are 1 to {len(self.folds)}")
        if not self.folds[fold - 1]:
            raise TrainingError(f"fold_{fold} is empty; give it clips or make the splits again")
        return self.folds[fold - 1]

    def training(self, fold: int) -> tuple[str, ...]:
        """The clips that train when `fold` validates."""
        held = set(self.validation(fold))
        kept = tuple(c for c in self.train if c not in held)
        if not kept:
            raise TrainingError(f"nothing is left to train on beside fold_{fold}; use more clips")
        return kept


def assign(
    clips: Sequence[str],
    subjects: Sequence[str],
    valence: npt.NDArray[np.floating],
    *,
    seed: int = 0,
    by_clip: bool = False,
) -> Splits:
    """Splits of n labelled faces, balanced in faces and in negative and positive ones.

    Args:
        clips: (n,) the clip of each face.
        subjects: (n,) its person; faces of an unknown person ("") are kept together by clip.
        valence: (n,) in [-1, 1].
        by_clip: keep only clips together, not people.

    Raises:
        TrainingError: there are too few people (or clips) to fill the test split and five folds.
    """
    owner = {c: c if by_clip or not s else f"person {s}" for c, s in zip(clips, subjects, strict=True)}
    weights: dict[str, npt.NDArray[np.float64]] = defaultdict(lambda: np.zeros(3))
    for clip, v in zip(clips, valence, strict=True):
        weights[owner[clip]] += (1.0, v < -_SIGN, v > _SIGN)
    if len(weights) <= FOLDS:
        what = "clips" if by_clip else "people"
        raise TrainingError(f"{len(weights)} {what} are too few for a test split and {FOLDS} folds")

    # Largest first into the bin that lacks most; equal ones in random order.
    order = sorted(weights)
    np.random.default_rng(seed).shuffle(order)
    order.sort(key=lambda o: -weights[o][0])
    total = np.sum([weights[o] for o in order], axis=0)
    shares = np.array([TEST_SHARE] + [(1 - TEST_SHARE) / FOLDS] * FOLDS)
    lacking = shares[:, None] * total
    scale = np.maximum(total, 1.0)
    bins: list[list[str]] = [[] for _ in shares]
    for count, name in enumerate(order):
        left = len(order) - count
        empty = [i for i, b in enumerate(bins) if not b]
        choice = empty if len(empty) == left else range(len(bins))
        # What a bin lacks, in parts of what it should have, over faces and both signs.
        best = max(choice, key=lambda i: float((lacking[i] / scale / shares[i]).sum()))
        bins[best].append(name)
        lacking[best] -= weights[name]

    names: dict[str, list[str]] = defaultdict(list)
    for clip, name in owner.items():
        names[name].append(clip)
    test, *folds = (tuple(sorted(c for name in b for c in names[name])) for b in bins)
    return Splits(tuple(sorted(c for f in folds for c in f)), test, tuple(folds))


def write(splits: Splits, path: Path) -> None:
    """Stores `splits` as JSON at `path`."""
    values: dict[str, Sequence[str]] = {"train": splits.train, "test": splits.test}
    values |= {f"fold_{i}": fold for i, fold in enumerate(splits.folds, 1)}
    write_json(path, values)


def read(path: Path) -> Splits:
    """The splits at `path`.

    Raises:
        TrainingError: it is not such a file, a clip is in two parts, or a fold is empty.
    """
    values = read_json(path)
    keys = ["train", "test", *(f"fold_{i}" for i in range(1, FOLDS + 1))]
    if not isinstance(values, dict):
        raise TrainingError(f"{path} must be an object with the keys {', '.join(keys)}")
    for key in keys:
        entry = values.get(key)
        if not isinstance(entry, list) or not all(isinstance(c, str) for c in entry):
            raise TrainingError(f'{path}: {key!r} must be a list of clip names, such as "001"')
        if not entry:
            raise TrainingError(f"{path}: {key} is empty; give it clips, or delete the file")
    train, test = tuple(values["train"]), tuple(values["test"])
    folds = tuple(tuple(values[k]) for k in keys[2:])
    _once("train and test", (*train, *test), path)
    _once("the folds", (c for f in folds for c in f), path)
    for key, fold in zip(keys[2:], folds, strict=True):
        if stray := sorted(set(fold) - set(train)):
            raise TrainingError(f"{path}: clip {stray[0]} is in {key} but not in train")
    return Splits(train, test, folds)


def _once(where: str, clips: Iterable[str], path: Path) -> None:
    seen: set[str] = set()
    for clip in clips:
        if clip in seen:
            raise TrainingError(f"{path}: clip {clip} is twice in {where}")
        seen.add(clip)


def check(splits: Splits, subjects: Mapping[str, str], *, by_clip: bool = False) -> tuple[str, ...]:
    """Checks `splits` against the person of each clip; returns remarks for the report.

    Raises:
        TrainingError: a person is in two parts (unless `by_clip`), or no clip of a part exists.
    """
    parts = {"test": splits.test} | {f"fold_{i}": f for i, f in enumerate(splits.folds, 1)}
    home: dict[str, str] = {}
    shared: dict[str, str] = {}
    for part, clips in parts.items():
        known = [c for c in clips if c in subjects]
        if not known:
            raise TrainingError(f"{part} is empty: the data have none of its {len(clips)} clips")
        for person in {subjects[c] for c in known} - {""}:
            if home.setdefault(person, part) != part:
                shared[person] = f"{home[person]} and {part}"
    remarks = []
    if shared:
        person, where = next(iter(shared.items()))
        if not by_clip:
            raise TrainingError(
                f"person {person} is in {where}; move their clips into one part, or allow it with --by-clip"
            )
        remarks.append(f"People are shared between splits ({len(shared)} of {len(home)}): scores flatter.")
    unknown = sum(1 for s in subjects.values() if not s)
    if unknown:
        remarks.append(
            f"Who is shown is unknown in {unknown} of {len(subjects)} clips: people may be in two splits."
        )
    listed = {*splits.train, *splits.test}
    if absent := len(listed - set(subjects)):
        remarks.append(f"{absent} of {len(listed)} assigned clips are not in the data.")
    if unused := len(set(subjects) - listed):
        remarks.append(f"{unused} clips of the data are in no split.")
    return tuple(remarks)
