"""Which of its streams a recording shows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from stream.sources.door import SourceError
from tests.stream.sources.recordings import RATE, moving, read


def streams(path: Path, *parts: tuple[str, int, int], sound: bool = False) -> Path:
    """A file with a stream for each of (codec, pictures, disposition); all but the last are blank."""
    with av.open(str(path), "w") as out:
        made = []
        for codec, _, disposition in parts:
            stream = out.add_stream(codec, rate=RATE)
            stream.width, stream.height = 320, 240
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.disposition = Disposition(disposition)
            made.append(stream)
        if sound:
            audio = out.add_stream("aac", rate=44100, layout="mono")
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 88200), np.float32), format="fltp", layout="mono")
            tone.sample_rate, tone.pts = 44100, 0
            packets = [*audio.encode(tone), *audio.encode()]
        for number, ((_, count, _), stream) in enumerate(zip(parts, made, strict=True)):
            blank = np.full((240, 320, 3), 40, np.uint8)
            pictures = moving(count) if number == len(parts) - 1 else [blank] * count
            for at, image in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(image, format="bgr24")
                frame.pts, frame.time_base = at, Fraction(1, RATE)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        if sound:
            out.mux(packets)
    return path


DEFAULT, COVER = Disposition.default.value, Disposition.attached_pic.value


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("twocam.mkv", [("libx264", 20, 0), ("libx264", 20, DEFAULT)]),
        ("twocam.mp4", [("libx264", 20, 0), ("libx264", 20, DEFAULT)]),
        ("still_first.mkv", [("mjpeg", 1, 0), ("libx264", 20, 0)]),
        ("default_still.mkv", [("mjpeg", 1, DEFAULT), ("libx264", 20, 0)]),
        ("cover.mkv", [("mjpeg", 1, COVER), ("libx264", 20, 0)]),
    ],
)
def test_the_stream_that_a_player_shows(tmp_path: Path, name: str, parts: list[tuple[str, int, int]]) -> None:
    _, frames = read(streams(tmp_path / name, *parts))
    assert len(frames) == 20
    assert frames[0].image.std() > 20, "the blank one was taken"


def test_sound_with_a_cover_is_only_sound(tmp_path: Path) -> None:
    path = streams(tmp_path / "podcast.mp4", ("mjpeg", 1, COVER), sound=True)
    with pytest.raises(SourceError, match="only sound and a cover"):
        read(path)
