"""The benchmark of groups reads a table and scores each group."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.groups import compare, group_columns
from tests import MEDIA
from valence.commands.labels import read_labels
from valence.errors import ValenceError


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    for name in ("one_face.jpg", "neutral_face.jpg", "no_face.jpg"):
        shutil.copy(MEDIA / name, tmp_path / name)
    path = tmp_path / "labels.csv"
    path.write_text(
        "path,valence,Sex,person,where\n"
        "one_face.jpg,0.5,f,1,here\nneutral_face.jpg,0.0,m,2,here\nno_face.jpg,0.1,none,3,here\n"
    )
    return path


def test_each_group_is_scored_and_what_was_missed_is_counted(labels: Path) -> None:
    told = compare(labels, ["sex"])
    assert list(told) == ["sex"]
    women, men, nobody = told["sex"]
    assert (women["group"], women["n"], women["missed"]) == ("f", 1, 0)
    assert women["bias"] == pytest.approx(women["read"] - 0.5, abs=2e-4) and women["bias"] > 0
    assert men["read"] < 0 and men["small"]
    assert (nobody["group"], nobody["n"], nobody["missed"], nobody["bias"]) == ("none", 0, 1, None)


def test_without_columns_those_that_can_be_groups_count(labels: Path) -> None:
    assert group_columns(read_labels(labels)) == ["sex", "person"], "all are in one place"


def test_a_table_without_groups_is_refused(labels: Path) -> None:
    with pytest.raises(ValenceError, match="no column 'age'"):
        compare(labels, ["age"])
    labels.write_text("path,valence\none_face.jpg,0.5\n")
    with pytest.raises(ValenceError, match="no column with 2 to"):
        compare(labels)
