"""Recordings in odd forms, made for the tests of `stream.sources`."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from stream.frames import Frame
from stream.sources.files import Animation, ImageFile, VideoFile, open_source
from tests.valence import media_files as make

Image = npt.NDArray[np.uint8]
RATE = 25
"""Pictures a second, where nothing else is said."""


def read(path: Path) -> tuple[ImageFile | Animation | VideoFile, list[Frame]]:
    source = open_source(path)
    return source, list(source)


def times(frames: list[Frame]) -> list[float]:
    return [frame.time for frame in frames]


def steady(count: int, rate: float = RATE, start: float = 0.0) -> object:
    """Times of pictures at a constant rate, to compare with."""
    return pytest.approx([start + number / rate for number in range(count)], abs=2e-3)


def corners(width: int = 160, height: int = 120) -> Image:
    """Each corner of another colour: no two of the eight ways to turn it look alike."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[: height // 2, : width // 2] = (0, 0, 255)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (255, 0, 0)
    return image


def alike(a: Image, b: Image) -> float:
    """Mean difference of two pictures, levels of 255; infinite where their sizes differ."""
    return float(np.abs(a.astype(int) - b).mean()) if a.shape == b.shape else float("inf")


def encode(
    path: Path,
    images: Sequence[Image],
    *,
    codec: str = "libx264",
    rate: int = 25,
    pix_fmt: str = "yuv420p",
    start: int = 0,
    container: str | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """One stream of pictures at a constant rate; `start`: the number of the first one."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for number, image in enumerate(images, start):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def moving(count: int = 50, width: int = 320, height: int = 240) -> list[Image]:
    return [make.portrait(width, height, shift=number / 5) for number in range(count)]


def hdr(path: Path, images: Sequence[Image], kind: str) -> Path:
    """Ordinary pictures as HEVC of high dynamic range, white at 203 nits (ITU-R BT.2408)."""
    trc = {"HLG": ColorTrc.ARIB_STD_B67, "PQ": ColorTrc.SMPTE2084}[kind]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", rate=25, options={"x265-params": "log-level=none", "crf": "12"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries = trc, ColorPrimaries.BT2020
        context.colorspace, context.color_range = Colorspace.BT2020, ColorRange.MPEG
        for number, image in enumerate(images):
            signal = np.round(_hdr_signal(image, kind) * 65535).astype(np.uint16)
            frame = VideoReformatter().reformat(
                av.VideoFrame.from_ndarray(np.ascontiguousarray(signal), format="rgb48le"),
                format="yuv420p10le",
                dst_colorspace=Colorspace.BT2020,
                dst_color_range=ColorRange.MPEG,
            )
            frame.color_trc, frame.color_primaries = trc, ColorPrimaries.BT2020
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def _hdr_signal(image: Image, kind: str) -> npt.NDArray[np.float64]:
    """RGB 0..1, by the formulas of ITU-R BT.2100 in the direction of a camera."""
    light = (image[..., ::-1] / 255.0) ** 2.4 @ np.array(
        [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    ).T
    nits = 203 * np.clip(light, 0, None)
    if kind == "PQ":
        power = (nits / 10_000) ** 0.1593017578125
        return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375)
    luminance = np.maximum(nits @ np.array([0.2627, 0.6780, 0.0593]), 1e-6)[..., None]
    scene = nits / 1000 * (luminance / 1000) ** (1 / 1.2 - 1)
    low = np.sqrt(3 * np.minimum(scene, 1 / 12))
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.clip(np.where(scene <= 1 / 12, low, high), 0, 1)


def heic(path: Path, tiles: Sequence[Image], columns: int, turn: int = 0) -> Path:
    """A HEIC as phones write them: a grid of HEVC tiles, `turn` quarters to the left (ISO/IEC 23008-12)."""
    parts, config = zip(*(_intra(tile) for tile in tiles), strict=True)
    height, width = tiles[0].shape[:2]
    rows = len(tiles) // columns
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width * columns, height * rows)
    ids = range(2, 2 + len(tiles))
    items = [(1, b"grid"), *((number, b"hvc1") for number in ids)]
    infos = b"".join(_full(b"infe", 2, struct.pack(">HH4sB", n, 0, kind, 0)) for n, kind in items)
    properties = [
        _box(b"hvcC", config[0]),
        _full(b"ispe", 0, struct.pack(">II", width, height)),
        _full(b"ispe", 0, struct.pack(">II", width * columns, height * rows)),
        _box(b"irot", bytes([turn])),
    ]
    uses = [(1, (3, 4)), *((number, (0x81, 2)) for number in ids)]
    used = struct.pack(">I", len(uses)) + b"".join(
        struct.pack(">HB", number, len(which)) + bytes(which) for number, which in uses
    )
    ipco = _box(b"ipco", b"".join(properties))
    refers = _box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, len(tiles), *ids))
    data = [grid, *parts]

    def meta(offset: int) -> bytes:
        places, at = b"", offset
        for (number, _), part in zip(items, data, strict=True):
            places += struct.pack(">HHHII", number, 0, 1, at, len(part))
            at += len(part)
        iloc = _full(b"iloc", 0, struct.pack(">BBH", 0x44, 0, len(items)) + places)
        return _full(
            b"meta",
            0,
            _full(b"hdlr", 0, bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", 0, struct.pack(">H", 1))
            + iloc
            + _full(b"iinf", 0, struct.pack(">H", len(items)) + infos)
            + _full(b"iref", 0, refers)
            + _box(b"iprp", ipco + _full(b"ipma", 0, used)),
        )

    ftyp = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    head = ftyp + meta(len(ftyp) + len(meta(0)) + 8)
    path.write_bytes(head + _box(b"mdat", b"".join(data)))
    return path


def _intra(image: Image) -> tuple[bytes, bytes]:
    """One picture as HEVC: its samples and the contents of its hvcC box, out of an MP4."""
    path = Path(f"/dev/shm/{id(image)}.mp4") if Path("/dev/shm").is_dir() else Path(f"{id(image)}.mp4")
    try:
        params = "log-level=none:keyint=1:bframes=0"
        encode(path, [image], codec="libx265", options={"x265-params": params, "crf": "8"})
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            packet = next(packet for packet in container.demux(stream) if packet.size)
            return bytes(packet), bytes(stream.codec_context.extradata or b"")
    finally:
        path.unlink(missing_ok=True)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _full(kind: bytes, version: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + content)
