"""Nobody is in two splits; other people's assignments can be dropped in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.manifest import DEFAULT
from training.datasets import splits
from training.datasets.crops import cropping
from training.datasets.prepare import Prepared, prepare
from training.errors import TrainingError
from training.fitting.config import Data


def people(seed: int, clips: int, persons: int) -> tuple[list[str], list[str], Any]:
    """Clips of 1 to 40 frames, each of one of `persons`, as n faces."""
    rng = np.random.default_rng(seed)
    of_clip = [f"p{rng.integers(persons)}" for _ in range(clips)]
    frames = rng.integers(1, 41, clips)
    names = [f"{c:03d}" for c in range(clips) for _ in range(frames[c])]
    subjects = [of_clip[int(n)] for n in names]
    return names, subjects, rng.normal(-0.1, 0.3, len(names)).clip(-1, 1)


@given(seed=st.integers(0, 10_000), clips=st.integers(40, 200), persons=st.integers(20, 80))
def test_splits_are_disjoint_by_person_and_cover_every_clip(seed: int, clips: int, persons: int) -> None:
    names, subjects, valence = people(seed, clips, persons)
    made = splits.assign(names, subjects, valence, seed=seed)
    parts = [made.test, *made.folds]
    assert sorted(c for part in parts for c in part) == sorted(set(names))
    assert sorted(made.train) == sorted(c for fold in made.folds for c in fold)
    owner = dict(zip(names, subjects, strict=True))
    persons_of = [{owner[c] for c in part} for part in parts]
    assert sum(len(p) for p in persons_of) == len(set().union(*persons_of))
    assert all(parts)


def test_shares_are_those_of_the_plan_and_signs_are_balanced() -> None:
    names, subjects, valence = people(1, 600, 240)
    made = splits.assign(names, subjects, valence)
    count = Counter(names)
    total = len(names)
    assert sum(count[c] for c in made.test) / total == pytest.approx(0.15, abs=0.01)
    values = np.array(names)
    for fold in made.folds:
        rows = np.isin(values, fold)
        assert rows.mean() == pytest.approx(0.17, abs=0.01)
        assert (valence[rows] > 0.15).mean() == pytest.approx((valence > 0.15).mean(), abs=0.05)


def test_the_same_seed_gives_the_same_splits_and_another_one_others() -> None:
    faces = people(2, 120, 60)
    assert splits.assign(*faces, seed=1) == splits.assign(*faces, seed=1)
    assert splits.assign(*faces, seed=1) != splits.assign(*faces, seed=2)


def test_too_few_people_are_an_error() -> None:
    with pytest.raises(TrainingError, match="5 people are too few"):
        splits.assign([f"{i:03d}" for i in range(20)], [f"p{i % 5}" for i in range(20)], np.zeros(20))


def test_the_file_has_the_keys_that_others_use_and_comes_back(prepared: Prepared, zips: Path) -> None:
    path = zips / "splits_metadata" / "assigned_folders.json"
    values = json.loads(path.read_text())
    assert list(values) == ["train", "test", "fold_1", "fold_2", "fold_3", "fold_4", "fold_5"]
    assert all(len(c) == 3 and c.isdigit() for clips in values.values() for c in clips)
    assert splits.read(path) == prepared.splits


def test_somebody_elses_assignment_is_used_as_it_is(
    prepared: Prepared, zips: Path, tmp_path: Path, locate: Any
) -> None:
    swapped = splits.Splits(
        prepared.splits.train, prepared.splits.test, tuple(reversed(prepared.splits.folds))
    )
    splits.write(swapped, tmp_path / "mine.json")
    chosen = prepare(Data(splits=str(tmp_path / "mine.json")), zips, cropping(DEFAULT.parent), locate)
    assert chosen.splits == swapped
    assert chosen.part("validation", 1).names.tolist() == prepared.part("validation", 5).names.tolist()


def test_by_clip_shares_people_and_says_so(zips: Path, locate: Any) -> None:
    shared = prepare(Data(by_clip=True), zips, cropping(DEFAULT.parent), locate)
    assert any("People are shared between splits" in r for r in shared.remarks)
    assert (zips / "splits_metadata" / "assigned_folders_by_clip.json").is_file()


def change(values: dict[str, list[str]], what: str) -> None:
    if what == "empty fold":
        values["fold_2"] = []
    elif what == "no fold":
        del values["fold_2"]
    elif what == "clip in two folds":
        values["fold_2"].append(values["fold_1"][0])
    elif what == "clip in train and test":
        values["test"].append(values["train"][0])
    elif what == "stray clip":
        values["fold_2"].append("599")
    elif what == "unknown clips":
        values["train"] = [c for c in values["train"] if c not in values["fold_2"]] + ["598", "599"]
        values["fold_2"] = ["598", "599"]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("empty fold", "fold_2 is empty"),
        ("no fold", "'fold_2' must be a list of clip names"),
        ("clip in two folds", "is twice in the folds"),
        ("clip in train and test", "is twice in train and test"),
        ("stray clip", "clip 599 is in fold_2 but not in train"),
        ("unknown clips", "fold_2 is empty: the data have none of its 2 clips"),
    ],
)
def test_wrong_assignments_are_one_clear_line(
    what: str, message: str, prepared: Prepared, zips: Path, tmp_path: Path, locate: Any
) -> None:
    path = tmp_path / "splits.json"
    splits.write(prepared.splits, path)
    values = json.loads(path.read_text())
    change(values, what)
    path.write_text(json.dumps(values))
    with pytest.raises(TrainingError, match=message):
        prepare(Data(splits=str(path)), zips, cropping(DEFAULT.parent), locate)


def test_a_person_in_two_folds_is_an_error_unless_allowed(
    prepared: Prepared, zips: Path, tmp_path: Path, locate: Any
) -> None:
    subjects = prepared.collected.subjects()
    moved = next(
        c
        for f in prepared.splits.folds
        for c in f
        if list(subjects.values()).count(subjects[c]) > 1 and len(f) > 1
    )
    home = next(i for i, f in enumerate(prepared.splits.folds) if moved in f)
    folds = [tuple(c for c in f if c != moved) for f in prepared.splits.folds]
    target = (home + 1) % 5
    folds[target] = (*folds[target], moved)
    path = tmp_path / "splits.json"
    splits.write(splits.Splits(prepared.splits.train, prepared.splits.test, tuple(folds)), path)
    with pytest.raises(TrainingError, match=f"person {subjects[moved]} is in fold_"):
        prepare(Data(splits=str(path)), zips, cropping(DEFAULT.parent), locate)
    allowed = prepare(Data(splits=str(path), by_clip=True), zips, cropping(DEFAULT.parent), locate)
    assert any("People are shared" in r for r in allowed.remarks)
