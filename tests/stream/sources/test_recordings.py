"""Recordings as people have them: read right, or said what is wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PIL import Image as Pillow

from stream.sources.door import SourceError
from stream.sources.stills import stills
from tests.stream.sources.recordings import alike, encode, hdr, moving, read
from tests.valence import media_files as make

RATE = 25


def times(frames: list) -> list[float]:  # type: ignore[type-arg]
    return [frame.time for frame in frames]


def steady(count: int, rate: float = RATE, start: float = 0.0) -> object:
    return pytest.approx([start + number / rate for number in range(count)], abs=2e-3)


# Streams


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


# What is shown


@pytest.mark.parametrize(
    ("stored", "aspect"),
    [((240, 240), Fraction(4, 3)), ((160, 240), Fraction(2, 1)), ((320, 120), Fraction(1, 2))],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts"])
def test_pixels_that_are_not_square(
    tmp_path: Path, stored: tuple[int, int], aspect: Fraction, suffix: str
) -> None:
    whole = make.portrait(320, 240)
    squeezed = np.asarray(cv2.resize(whole, stored, interpolation=cv2.INTER_AREA), np.uint8)
    codec = "mpeg4" if suffix == "avi" else "libx264"
    path = encode(tmp_path / f"a.{suffix}", [squeezed] * 3, aspect=aspect, codec=codec)

    _, frames = read(path)

    assert frames[0].image.shape == (240, 320, 3)
    assert alike(frames[0].image, whole) < 8


def test_pixels_are_not_believed_to_be_ribbons(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", [make.portrait(320, 240)] * 3, aspect=Fraction(60, 1))
    assert read(path)[1][0].image.shape == (240, 320, 3)


@pytest.mark.parametrize(
    "sizes", [((320, 240), (240, 320)), ((320, 240), (640, 480)), ((320, 240), (160, 120))]
)
def test_a_picture_that_changes_size_keeps_one_unit(
    tmp_path: Path, sizes: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    data = b""
    for number, (width, height) in enumerate(sizes):
        images = [make.portrait(width, height)] * 20
        part = encode(tmp_path / f"{number}.ts", images, container="mpegts", start=20 * number)
        data += part.read_bytes()
    path = tmp_path / "both.ts"
    path.write_bytes(data)

    source, frames = read(path)

    assert {frame.image.shape for frame in frames} == {(240, 320, 3)}
    assert len(frames) == 40
    assert any("changes size" in warning for warning in source.warnings)
    shown = frames[-1].image
    if sizes[1] == (240, 320):  # upright in black, its sides in proportion
        assert shown[:, :60].max() < 30 and shown[:, 260:].max() < 30
        small = np.asarray(
            cv2.resize(make.portrait(240, 320), (180, 240), interpolation=cv2.INTER_AREA), np.uint8
        )
        assert alike(np.ascontiguousarray(shown[:, 70:250]), small) < 10
    else:
        scaled = cv2.resize(make.portrait(*sizes[1]), (320, 240), interpolation=cv2.INTER_AREA)
        assert alike(shown, np.asarray(scaled, np.uint8)) < 12


def test_interlaced_pictures_are_made_whole(tmp_path: Path) -> None:
    images = moving(40, 320, 240)
    woven = []
    for before, after in zip([images[0], *images], images, strict=False):
        mixed = np.roll(after, 12, axis=1)
        mixed[::2] = np.roll(before, 0, axis=1)[::2]
        woven.append(mixed)
    path = tmp_path / "a.mpg"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg2video", rate=RATE, options={"flags": "+ildct+ilme", "q": "2"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.bit_rate = 8_000_000
        for number, image in enumerate(woven):
            graph_frame = _as_interlaced(image)
            graph_frame.pts, graph_frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(graph_frame))
        out.mux(stream.encode())

    source, frames = read(path)

    assert len(frames) == 40 and times(frames) == steady(40)
    assert any("interlaced" in warning for warning in source.warnings)
    combed = _combing(woven[20])
    assert _combing(frames[20].image) < 0.4 * combed


def _as_interlaced(image: np.ndarray) -> av.VideoFrame:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=320, height=240, format=av.VideoFormat("yuv420p"), time_base=Fraction(1, RATE)
    )
    flag = graph.add("setfield", "tff")
    sink = graph.add("buffersink")
    source.link_to(flag)
    flag.link_to(sink)
    graph.configure()
    graph.push(av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p"))
    made = graph.pull()
    assert isinstance(made, av.VideoFrame)
    return made


def _combing(image: np.ndarray) -> float:
    """How much neighbouring lines differ more than lines two apart."""
    grey = image.mean(axis=2)
    return float(np.abs(np.diff(grey, axis=0)).mean() - np.abs(grey[2:] - grey[:-2]).mean() / 2)


@pytest.mark.parametrize("kind", ["HLG", "PQ"])
def test_high_dynamic_range_is_brought_into_the_ordinary_one(tmp_path: Path, kind: str) -> None:
    images = moving(3)
    source, frames = read(hdr(tmp_path / "a.mp4", images, kind))

    assert any(kind in warning for warning in source.warnings)
    assert alike(frames[0].image, images[0]) < 8


@pytest.mark.parametrize("size", [(320, 240), (1280, 720)])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv444p"])
@pytest.mark.parametrize(
    ("matrix", "span"),
    [
        (Colorspace.ITU709, ColorRange.MPEG),
        (Colorspace.ITU601, ColorRange.MPEG),
        (Colorspace.ITU709, ColorRange.JPEG),
        (None, ColorRange.MPEG),
    ],
)
def test_colours_are_what_the_stream_says_or_its_size_suggests(
    tmp_path: Path, size: tuple[int, int], pix_fmt: str, matrix: Colorspace | None, span: ColorRange
) -> None:
    image = np.full((size[1], size[0], 3), (40, 60, 200), np.uint8)
    image[:, : size[0] // 2] = (200, 140, 30)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        if matrix is not None:
            stream.codec_context.colorspace, stream.codec_context.color_range = matrix, span
        meant = matrix or (Colorspace.ITU709 if size[1] >= 720 else Colorspace.ITU601)
        frame = VideoReformatter().reformat(
            av.VideoFrame.from_ndarray(image, format="bgr24"),
            format=pix_fmt,
            dst_colorspace=meant,
            dst_color_range=span,
        )
        if matrix is None:
            frame.colorspace, frame.color_range = 2, 0
        frame.pts, frame.time_base = 0, Fraction(1, RATE)
        out.mux([*stream.encode(frame), *stream.encode()])

    assert alike(read(path)[1][0].image, image) < 5


# Time


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


# Damage


@pytest.mark.parametrize("hurt", [0, 12, 30])
def test_damage_is_passed_over_and_leaves_a_gap(tmp_path: Path, hurt: int) -> None:
    path = encode(tmp_path / "a.avi", moving(50), codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    at = data.index(b"movi") + 4
    for _ in range(hurt):
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        at += at % 2
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    data[at + 8 : at + 8 + size] = bytes(size)
    path.write_bytes(data)

    source, frames = read(path)

    assert times(frames) == pytest.approx([n / RATE for n in range(50) if n != hurt], abs=2e-3)
    assert source.warnings[0].startswith("1 damaged picture left out from ")


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_damage_in_the_container(tmp_path: Path, suffix: str) -> None:
    path = encode(tmp_path / f"a.{suffix}", moving(100), options={"g": "10", "bf": "0"})
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 3000] = bytes(3000)
    path.write_bytes(data)

    source, frames = read(path)

    assert len(frames) > 50
    assert frames[-1].time == pytest.approx(99 / RATE, abs=0.1), "what follows keeps its time"
    assert source.warnings


# Length


def test_whole_files_are_not_called_cut_short(tmp_path: Path) -> None:
    slow = encode(tmp_path / "slow.mp4", moving(5), rate=1)
    late = encode(tmp_path / "late.webm", moving(50), codec="libvpx", start=3600 * RATE)
    last_long = tmp_path / "last.gif"
    pages = [Pillow.fromarray(make.portrait(160, 120, shift=number)[..., ::-1]) for number in range(4)]
    pages[0].save(last_long, save_all=True, append_images=pages[1:], duration=[100, 100, 100, 3000], loop=0)
    for path, length in ((slow, 5.0), (late, 2.0), (last_long, 3.3)):
        source, _ = read(path)
        assert source.warnings == [], path.name
        assert source.duration == pytest.approx(length, abs=0.06), path.name


@pytest.mark.parametrize("suffix", ["mkv", "webm", "avi"])
def test_a_file_that_was_cut_short_says_so(tmp_path: Path, suffix: str) -> None:
    codec = {"mkv": "libx264", "webm": "libvpx", "avi": "mpeg4"}[suffix]
    path = encode(tmp_path / f"a.{suffix}", moving(100), codec=codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    source, frames = read(path)
    assert 0 < len(frames) < 100
    assert any("cut short" in warning or "breaks off" in warning for warning in source.warnings)


# Pictures that move, and pages


@pytest.mark.parametrize("suffix", ["webp", "png", "avif", "gif"])
def test_pictures_that_move_are_recordings_with_their_own_times(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    pages = [Pillow.fromarray(make.portrait(320, 240, shift=4 * n)[..., ::-1]) for n in range(6)]
    pages[0].save(
        path, save_all=True, append_images=pages[1:], duration=[100, 200, 100, 100, 100, 400], loop=0
    )

    source, frames = read(path)

    assert source.kind == "video"
    assert times(frames) == pytest.approx([0, 0.1, 0.3, 0.4, 0.5, 0.6], abs=0.011)
    assert source.duration == pytest.approx(1.0, abs=0.02)
    assert alike(frames[0].image, make.portrait(320, 240)) < 16


@pytest.mark.parametrize("suffix", ["webp", "png", "gif"])
def test_one_that_does_not_move_is_a_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Pillow.fromarray(make.portrait()[..., ::-1]).save(path)
    assert read(path)[0].kind == "image"


def test_of_pages_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    pages = [Pillow.fromarray(image[..., ::-1]) for image in moving(3)]
    pages[0].save(tmp_path / "a.tiff", save_all=True, append_images=pages[1:])
    source, frames = read(tmp_path / "a.tiff")
    assert len(frames) == 1 and source.kind == "image"
    assert source.warnings == ["it holds 3 pictures: only the first was read"]
