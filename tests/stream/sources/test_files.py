"""Files as sources: the times that they carry, upright pictures, every frame."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from stream.sources.files import SourceError, VideoFile, open_source
from tests import MEDIA
from tests.valence import media_files as make


def _turned(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Writes a display matrix (a, b, c, d) into the MP4's track header (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (v * 65536 for v in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((0, 1, -1, 0), cv2.ROTATE_90_CLOCKWISE),
        ((0, -1, 1, 0), cv2.ROTATE_90_COUNTERCLOCKWISE),
        ((-1, 0, 0, -1), cv2.ROTATE_180),
    ],
)
def test_rotated_videos_stand_upright(tmp_path: Path, matrix: tuple[int, int, int, int], turn: int) -> None:
    image = make.portrait()
    make.write_video(tmp_path / "plain.mp4", [image] * 3, [0, 0.04, 0.08])
    plain = next(iter(VideoFile(tmp_path / "plain.mp4"))).image
    _turned(tmp_path / "plain.mp4", matrix)

    shown = [frame.image for frame in VideoFile(tmp_path / "plain.mp4")]

    assert len(shown) == 3
    np.testing.assert_array_equal(shown[0], cv2.rotate(plain, turn))
    assert shown[0].flags["C_CONTIGUOUS"]


def test_an_animated_gif_is_a_video_with_its_own_times(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "rgb8"
        for i in range(7):
            picture = av.VideoFrame.from_ndarray(make.portrait(160, 120, shift=3 * i), format="bgr24")
            container.mux(stream.encode(picture.reformat(format="rgb8")))
        container.mux(stream.encode())

    source = open_source(path)
    frames = list(source)

    assert source.kind == "video"
    assert [f.index for f in frames] == list(range(7))
    assert [f.time for f in frames] == pytest.approx([i / 10 for i in range(7)], abs=0.011)


def test_every_frame_comes_once_and_in_order(tmp_path: Path) -> None:
    make.smile_video(tmp_path / "a.mp4", frames=33)
    source = VideoFile(tmp_path / "a.mp4")

    frames = list(source)

    assert [f.index for f in frames] == list(range(33))
    assert [f.time for f in frames] == pytest.approx([i / 25 for i in range(33)], abs=1e-4)
    assert source.frames_expected == 33
    assert source.warnings == []


def test_a_folder_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="folder"):
        open_source(tmp_path)


SAMPLE = (MEDIA / "sample.mp4").read_bytes()


def _patched(data: bytes, at: int, by: bytes) -> bytes:
    return data[:at] + by + data[at + len(by) :]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("cut.mp4", SAMPLE[:2000], "it breaks off before its first picture; copy it again"),
        ("notes.docx", b"PK" + bytes(3000), "it is not a video that can be read.*choose another file"),
        (
            "codec.mp4",
            _patched(SAMPLE, SAMPLE.rindex(b"avc1"), b"zzzz"),
            "codec that is not known.*convert it",
        ),
        ("list.mp4", b"ffconcat version 1.0\nfile gone.mp4\n", "it is a text, and no image or video"),
        ("broken.jpg", b"\xff\xd8\xff", "it is not a picture that can be read.*choose another file"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)

    with pytest.raises(SourceError, match=says):
        list(open_source(tmp_path / name))


def test_damage_in_the_middle_keeps_what_is_around_it(tmp_path: Path) -> None:
    middle = len(SAMPLE) // 2
    (tmp_path / "a.mp4").write_bytes(_patched(SAMPLE, middle, bytes(200_000)))
    source = open_source(tmp_path / "a.mp4")

    frames = list(source)

    assert 100 < len(frames) < 300
    assert frames[-1].time == pytest.approx(12 - 1 / 30, abs=1e-3), "what follows keeps its time"
    assert "damaged pictures left out from 5." in source.warnings[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read anything")
@pytest.mark.parametrize("name", ["a.mp4", "a.jpg"])
def test_a_file_that_may_not_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SAMPLE)
    (tmp_path / name).chmod(0)

    with pytest.raises(SourceError, match="it may not be read; change its permissions"):
        list(open_source(tmp_path / name))
