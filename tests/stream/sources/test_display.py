"""What is seen of a recording: its pixels, size, colours, whole pictures."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from tests.stream.sources.recordings import RATE, alike, encode, hdr, moving, read, steady, times
from tests.valence import media_files as make


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


def test_temporary_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg reads the table of colours from a file; on Windows its path has a drive's colon and a name."""
    odd = tmp_path / "C:" / "Ann O'Neill, [x];y\\z"
    odd.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    images = moving(3)
    _, frames = read(hdr(tmp_path / "a.mp4", images, "HLG"))
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
