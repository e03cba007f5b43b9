"""Real photographs and clips, where they are at hand: who is counted, and what is read."""

from __future__ import annotations

import pytest

from tests import ROOT
from tests.valence.command import Run

SHARED = ROOT.parent / "shared" / "media"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared pictures are not on this machine"),
]


@pytest.mark.parametrize(
    ("name", "faces"), [("male_face.jpg", 1), ("female_face.jpg", 1), ("group_laughing.jpg", 8)]
)
def test_photographs_have_as_many_faces_as_people(run: Run, name: str, faces: int) -> None:
    (line,) = run("analyze", SHARED / name, "--json", "--no-annotate").lines
    assert len(line["faces"]) == faces


@pytest.mark.parametrize("name", ["landscape.jpg", "mountain_video.mp4"])
def test_landscapes_have_no_face(run: Run, name: str) -> None:
    result = run("analyze", SHARED / name, "--no-annotate")
    assert result.code == 3
    assert "choose another" in result.err


def test_one_person_is_one_id_for_the_whole_clip(run: Run) -> None:
    (line,) = run("analyze", SHARED / "face_video.mp4", "--json", "--no-annotate").lines
    assert line["frames"] == 298
    assert [f["face_id"] for f in line["faces"]] == [1]
    assert line["faces"][0]["samples"] >= 0.95 * 298


def test_two_people_are_two_ids_for_the_whole_clip(run: Run) -> None:
    gif = SHARED / "head-pose-face-detection-female-and-male.gif"
    (line,) = run("analyze", gif, "--json", "--no-annotate").lines
    assert [f["samples"] for f in line["faces"]] == [line["frames"]] * 2


def test_portraits_have_one_face_each(run: Run) -> None:
    lines = run("analyze", SHARED / "portraits", "--json", "--no-annotate").lines
    assert len(lines) == 20
    assert sum(len(line["faces"]) == 1 for line in lines) >= 19
