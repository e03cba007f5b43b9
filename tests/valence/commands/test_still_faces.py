"""A poster beside somebody: both are followed and read, and the poster is told apart."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from media.crowd import ASTRONAUT, FPS, HOPPER, Pose, _head, encode, place
from tests.valence.command import Run

SECONDS = 7


def room(path: Path) -> None:
    """Someone sways on the left; a picture of somebody else hangs on the right, in a camera's grain."""
    random = np.random.default_rng(0)
    wall = np.full((240, 320, 3), (120, 130, 140), np.uint8)
    poster = wall.copy()
    place(poster, _head(HOPPER, 80), Pose(235, 120))
    person = _head(ASTRONAUT, 80)

    def shots():
        for number in range(SECONDS * FPS):
            shot = poster.copy()
            sway = 2.5 * np.sin(2.0 * number / FPS)
            place(shot, person, Pose(85 + sway, 120 + sway / 2, roll=sway))
            grain = random.normal(0, 2, (60, 80, 3)).repeat(4, 0).repeat(4, 1)
            yield np.clip(shot + grain, 0, 255).astype(np.uint8)

    encode(path, shots())


def test_a_poster_is_followed_and_marked(run: Run, tmp_path: Path) -> None:
    room(tmp_path / "room.mp4")
    (line,) = run("analyze", tmp_path / "room.mp4", "--json", "--no-annotate").lines
    told = json.loads(Path(line["files"]["summary"]).read_text())["faces"]
    assert len(told) == 2
    by_side = {face["box"][0] > 160: face for face in told}
    assert (by_side[False]["still"], by_side[True]["still"]) == (False, True)
    assert by_side[True]["samples"] > 0.9 * SECONDS * FPS

    listed = run("sessions", "show", line["session"]).out
    assert listed.count("(still)") == 1 and f"{by_side[True]['face_id']} (still)" in listed

    rows = list(csv.DictReader(Path(line["files"]["csv"]).read_text().splitlines()))
    turns = [float(row["roll"]) for row in rows if row["face_id"] == str(by_side[False]["face_id"])]
    assert max(turns) - min(turns) > 2, "who sways turns the head; the pose is in the file"
    assert {row["mouth_covered"] == "" for row in rows} == {False}
