"""The sample media are what media/README.md says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from stream.faces.detection import open_detector
from stream.frames import Box, iou
from tests import MEDIA

CLIP = MEDIA / "sample.mp4"


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MEDIA / "sample_truth.json").read_text())
    return loaded


def detect(bgr: np.ndarray, shrink: int) -> list[Box]:
    height, width = bgr.shape[0] // shrink, bgr.shape[1] // shrink
    small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
    return [face.box.scaled(shrink) for face in open_detector().detect(small) if face.score >= 0.5]


def top_level_boxes(path: Path) -> list[bytes]:
    """The kinds of an MP4 file's outermost boxes (ISO/IEC 14496-12), in order."""
    data, kinds, at = path.read_bytes(), [], 0
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4])
    return kinds


def test_clip_plays_in_a_browser_while_it_loads() -> None:
    with av.open(str(CLIP)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (640, 480)
        assert video.average_rate == 30
        assert container.duration == pytest.approx(12e6, abs=1e5)
    kinds = top_level_boxes(CLIP)
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert CLIP.stat().st_size < 2_000_000


def test_truth_has_one_row_for_each_frame_at_its_time(truth: dict[str, Any]) -> None:
    with av.open(str(CLIP)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    rows = truth["frames"]
    assert [row["frame"] for row in rows] == list(range(len(times))) == list(range(360))
    assert np.allclose([row["time_s"] for row in rows], times, atol=1e-5)
    assert all([face["person"] for face in row["faces"]] == ["astronaut", "hopper"] for row in rows)


def test_people_cross_and_one_is_covered_for_about_a_second(truth: dict[str, Any]) -> None:
    astronaut, hopper = ([row["faces"][i] for row in truth["frames"]] for i in (0, 1))
    assert astronaut[0]["box"][0] > hopper[0]["box"][2]
    assert astronaut[-1]["box"][2] < hopper[-1]["box"][0]
    assert all(face["visible"] for face in astronaut)
    assert max(face["overlap"] for face in hopper[90:170]) > 0.9
    covered = [face["overlap"] for face in hopper[210:300]]
    assert 0.8 < sum(share > 0.5 for share in covered) / 30 < 1.4
    assert max(covered) > 0.99
    assert all(face["visible"] == (face["overlap"] <= 0.5) for face in astronaut + hopper)


def test_detector_agrees_with_truth(truth: dict[str, Any]) -> None:
    visible, found = 0, []
    with av.open(str(CLIP)) as container:
        for frame, row in zip(container.decode(video=0), truth["frames"], strict=True):
            if row["frame"] % 3:
                continue
            boxes = detect(frame.to_ndarray(format="bgr24"), shrink=2)
            for face in row["faces"]:
                if face["visible"]:
                    visible += 1
                    best = max((iou(Box(*face["box"]), box) for box in boxes), default=0.0)
                    found += [best] if best > 0.5 else []
    assert len(found) >= 0.98 * visible
    assert np.median(found) >= 0.85


@pytest.mark.parametrize(
    ("name", "faces"), [("one_face.jpg", 1), ("neutral_face.jpg", 1), ("no_face.jpg", 0)]
)
def test_pictures_have_the_faces_they_promise(name: str, faces: int) -> None:
    image = cv2.imread(str(MEDIA / name))
    assert image is not None
    assert [len(detect(image, shrink)) for shrink in (1, 2)] == [faces, faces]


@pytest.mark.parametrize("faces", [1, 4, 16])
def test_crowd_has_as_many_faces_as_asked_for(faces: int, tmp_path: Path) -> None:
    compose_crowd = runpy.run_path(str(MEDIA / "crowd.py"))["compose_crowd"]
    path = tmp_path / "crowd.mp4"

    boxes = [[Box(*box) for box in row] for row in compose_crowd(path, faces, seconds=0.4)]

    with av.open(str(path)) as container:
        images = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(images) == len(boxes) == 12
    assert {len(row) for row in boxes} == {faces}
    assert min(box.height for row in boxes for box in row) >= 62
    assert not any(iou(a, b) for row in boxes for i, a in enumerate(row) for b in row[:i])
    for true, image in [(boxes[0], images[0]), (boxes[-1], images[-1])]:
        seen = detect(image, shrink=2)
        assert len(seen) == faces
        assert min(max(iou(box, other) for other in seen) for box in true) > 0.6
