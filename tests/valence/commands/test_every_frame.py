"""Frames without a face, from a recording to an export."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.valence import media_files as make
from tests.valence.command import Run

TIMES = [0.0, 0.033, 0.050, 0.2, 0.21, 0.35, 0.36, 0.5, 0.9, 0.93, 1.0, 1.7, 1.75]
BARE = 5


def test_each_frame_of_a_recording_has_its_own_time_with_a_face_or_without(run: Run, tmp_path: Path) -> None:
    wall = np.full((240, 320, 3), 128, np.uint8)
    clip = tmp_path / "clip.mp4"
    pictures = [wall] * BARE + [make.portrait(shift=n) for n in range(len(TIMES) - BARE)]
    make.write_video(clip, pictures, [0.4 + time for time in TIMES])
    (line,) = run("analyze", clip, "--json", "--no-annotate").lines
    assert 0 < line["frames_with_faces"] < len(TIMES)

    rows = list(
        csv.DictReader(
            io.StringIO(run("sessions", "export", line["session"], "--every-frame", "--out", "-").out)
        )
    )

    assert [int(row["frame"]) for row in rows] == list(range(len(TIMES)))
    assert [float(row["time_s"]) for row in rows] == pytest.approx(make.container_times(clip), abs=1.1e-6)
    bare = [row for row in rows if not row["face_id"]]
    assert len(bare) == len(TIMES) - line["frames_with_faces"]
    assert all(row["valence"] == row["score"] == row["left"] == "" for row in bare)
    usual = list(csv.DictReader(io.StringIO(Path(line["files"]["csv"]).read_text())))
    assert [row for row in rows if row["face_id"]] == usual
