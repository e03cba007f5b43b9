"""When the pictures of recordings are shown, whatever their containers say."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.sources.stills import stills
from tests.stream.sources.recordings import RATE, encode, moving, read, steady, times


@pytest.mark.parametrize(
    ("name", "codec"), [("a.h264", "libx264"), ("a.hevc", "libx265"), ("a.m4v", "mpeg4")]
)
@pytest.mark.parametrize("rate", [25, 50])
def test_raw_streams_go_by_their_own_rate(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source, frames = read(encode(tmp_path / name, moving(50), codec=codec, rate=rate, options=options))
    assert times(frames) == steady(50, rate)
    assert source.duration == pytest.approx(50 / rate, abs=1.1 / rate)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4", "mjpeg"])
def test_avi_which_has_no_stamps(tmp_path: Path, codec: str) -> None:
    path = encode(
        tmp_path / "a.avi", moving(50), codec=codec, pix_fmt="yuvj420p" if codec == "mjpeg" else "yuv420p"
    )
    source, frames = read(path)
    assert times(frames) == steady(50)
    assert source.warnings == []


@pytest.mark.parametrize("start", [0, 150, 2500])
def test_joined_recordings_run_on(tmp_path: Path, start: int) -> None:
    one = encode(tmp_path / "1.ts", moving(50), container="mpegts")
    two = encode(tmp_path / "2.ts", moving(50), container="mpegts", start=start)
    path = tmp_path / "joined.ts"
    path.write_bytes(one.read_bytes() + two.read_bytes())

    source, frames = read(path)

    assert times(frames) == steady(100)
    assert source.duration == pytest.approx(4.0, abs=0.05)
    assert any("time stamps" in warning for warning in source.warnings)
    assert set(stills(path, [0.5, 3.5])) == {0.5, 3.5}


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_picture_that_begins_after_its_sound_keeps_the_recordings_clock(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"late.{suffix}"
    with av.open(str(path), "w") as out:
        audio = out.add_stream("aac", rate=44100, layout="mono")
        video = out.add_stream("libx264", rate=RATE, options={"bf": "0"})
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 5 * 44100), np.float32), format="fltp", layout="mono")
        tone.sample_rate, tone.pts = 44100, 0
        packets = [*audio.encode(tone), *audio.encode()]
        for number, image in enumerate(moving(50)):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = 75 + number, Fraction(1, RATE)
            packets += video.encode(frame)
        packets += video.encode()
        out.mux(sorted(packets, key=lambda packet: packet.dts * packet.time_base))

    source, frames = read(path)

    assert times(frames)[0] == pytest.approx(3.0, abs=0.06)
    assert times(frames)[-1] == pytest.approx(3.0 + 49 / RATE, abs=0.06)
    assert source.duration == pytest.approx(5.0, abs=0.1)
    assert source.warnings == []


def test_a_webm_of_a_browser_has_no_length_of_its_own(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.webm", moving(50), codec="libvpx", options={"live": "1"})
    source, frames = read(path)
    assert times(frames) == steady(50)
    assert source.duration == pytest.approx(2.0, abs=0.05)
    assert source.warnings == []


def test_a_fragmented_mp4(tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.mp4", moving(50))
    path = tmp_path / "a.mp4"
    with (
        av.open(str(whole)) as taken,
        av.open(str(path), "w", options={"movflags": "frag_keyframe+empty_moov"}) as out,
    ):
        stream = out.add_stream_from_template(taken.streams.video[0])
        for packet in taken.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    source, frames = read(path)
    assert times(frames) == steady(50)
    assert source.warnings == []
