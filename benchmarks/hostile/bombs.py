"""Small files that ask for a lot: of memory, of time, or of patience with what they declare."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from copy import deepcopy
from fractions import Fraction

import av
import numpy as np

from benchmarks.hostile.containers import Box, boxes, chunk, edited, element, png, table, zeros

STBL = (b"trak", b"mdia", b"minf", b"stbl")
MILLION = 1_000_000
INT64 = (1 << 63) - 1


def gif_16000() -> bytes:
    """16000x16000 pixels in 34 bytes."""
    screen = struct.pack("<HHBBB", 16000, 16000, 0x80, 0, 0)
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 16000, 16000, 0)
    return b"GIF89a" + screen + bytes(6) + picture + b"\x02\x01\x44\x00\x3b"


def tiff_30000(packed: bool = True) -> bytes:
    """30000x30000 grey pixels in less than 10 KB: every strip is the same hundred rows, compressed."""
    side, rows = 30000, 100
    strips = side // rows
    data = zeros(side * rows) if packed else bytes(64)
    offsets_at = 8 + 2 + 9 * 12 + 4
    counts_at = offsets_at + 4 * strips
    data_at = counts_at + 4 * strips
    tags = (
        (256, 4, 1, side),
        (257, 4, 1, side),
        (258, 3, 1, 8),
        (259, 3, 1, 8 if packed else 1),
        (262, 3, 1, 1),
        (273, 4, strips, offsets_at),
        (277, 3, 1, 1),
        (278, 4, 1, rows),
        (279, 4, strips, counts_at),
    )
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    places = struct.pack(f"<{2 * strips}I", *[data_at] * strips, *[len(data)] * strips)
    return b"II*\0" + struct.pack("<I", 8) + directory + places + data


def png_32000() -> bytes:
    """32000x32000 pixels of one bit."""
    return png(32000, 32000, zeros(32000 * 4001))


def mp4_8192() -> bytes:
    """Two plain frames of 8192x8192 in H.264."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=25, options=_CHEAP)
        stream.width = stream.height = 8192
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for _ in range(2):
            container.mux(stream.encode(_plain(8192)))
        container.mux(stream.encode())
    return file.getvalue()


_CHEAP = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "repeat-headers=1"}


def _plain(side: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((side * 3 // 2, side), 128, np.uint8), format="yuv420p")


def mp4_900_tracks(mp4: bytes) -> bytes:
    def more(moov: Box) -> None:
        first = moov.find(b"trak")
        for number in range(2, 901):
            track = deepcopy(first)
            header = track.find(b"tkhd")
            at = 12 if header.payload[0] == 0 else 20
            header.payload = header.payload[:at] + struct.pack(">I", number) + header.payload[at + 4 :]
            moov.children.append(track)

    return edited(mp4, more)


def mp4_million(mp4: bytes, full: bool) -> bytes:
    """A million frames, by tables of one entry or of a million."""

    def many(moov: Box) -> None:
        stbl = moov.find(*STBL)
        stbl.children = [box for box in stbl.children if box.kind not in (b"ctts", b"stss")]
        sizes, times = stbl.find(b"stsz"), stbl.find(b"stts")
        if full:
            own = sizes.payload[12:]  # the first frames are there
            rest = MILLION - len(own) // 4
            sizes.payload = struct.pack(">III", 0, 0, MILLION) + own + struct.pack(">I", 16) * rest
            times.payload = table(struct.pack(">II", 1, 512) * MILLION, MILLION)
        else:
            sizes.payload = struct.pack(">III", 0, 1, MILLION)
            times.payload = table(struct.pack(">II", MILLION, 512), 1)
        stbl.find(b"stsc").payload = table(struct.pack(">III", 1, MILLION, 1), 1)

    return edited(mp4, many)


FIRST: dict[str, Callable[[bytes], bytes]] = {
    "gif_16000.gif": lambda _: gif_16000(),
    "tiff_30000.tiff": lambda _: tiff_30000(),
    "png_32000.png": lambda _: png_32000(),
    "mp4_8192.mp4": lambda _: mp4_8192(),
    "mp4_900_tracks.mp4": mp4_900_tracks,
    "mp4_million_frames.mp4": lambda mp4: mp4_million(mp4, full=True),
}
"""The six that are timed singly, each from a small good MP4."""


def bombs(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of all."""
    mp4 = good["mp4"]
    for name, make in FIRST.items():
        yield name, make(mp4)
    yield "gif_16000_as_video.mp4", gif_16000()
    yield "tiff_30000_uncompressed.tiff", tiff_30000(packed=False)
    yield "mp4_million_frames_one_entry.mp4", mp4_million(mp4, full=False)
    text = (b"zTXt", b"Comment\0\0" + zeros(400_000_000))
    profile = (b"iCCP", b"p\0\0" + zeros(400_000_000))
    yield "png_text.png", png(8, 8, zeros(16), text)
    yield "png_profile.png", png(8, 8, zeros(16), profile)
    yield "png_many_chunks.png", png(8, 8, zeros(16), *[(b"tEXt", b"a\0b")] * 200_000)
    yield "png_2e31.png", png(INT64 >> 32, INT64 >> 32, zeros(1000))
    yield "jpeg_65500.jpg", _jpeg(good["jpg"], 65500)
    yield "webp_65500.webp", _webp(65500)
    yield "gif_100000_frames.gif", _gif_of_empty_frames(100_000)
    yield "gif_100000_frames.mp4", _gif_of_empty_frames(100_000)
    yield "ts_grows.ts", ts_that_grows()
    yield from _containers(good)
    yield from times(mp4)


def _jpeg(jpeg: bytes, side: int) -> bytes:
    at = jpeg.index(b"\xff\xc0")
    return jpeg[: at + 5] + struct.pack(">HH", side, side) + jpeg[at + 9 :]


def _webp(side: int) -> bytes:
    canvas = bytes(4) + (side - 1).to_bytes(3, "little") * 2
    inside = b"WEBPVP8X" + struct.pack("<I", len(canvas)) + canvas
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def _gif_of_empty_frames(count: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 64, 64, 0x80, 0, 0) + bytes(6) + frame * count + b"\x3b"


def ts_that_grows() -> bytes:
    """H.264 of 160x160 that goes on, after ten frames, with a parameter set for 8192x8192."""
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts", options={"fflags": "+bitexact"}) as container:
        small = container.add_stream("libx264", rate=25, options=_CHEAP)
        small.width = small.height = 160
        small.pix_fmt = "yuv420p"
        small.codec_context.thread_count = 1
        packets = [packet for _ in range(10) for packet in small.encode(_plain(160))]
        packets += small.encode()
        large = av.CodecContext.create("libx264", "w")
        assert isinstance(large, av.VideoCodecContext)
        large.width = large.height = 8192
        large.pix_fmt, large.framerate, large.time_base = "yuv420p", Fraction(25), Fraction(1, 25)
        large.options, large.thread_count = _CHEAP, 1
        packets += [*large.encode(_plain(8192)), *large.encode()]
        for number, packet in enumerate(packets):
            packet.stream = small
            packet.time_base = Fraction(1, 25)
            packet.pts = packet.dts = number
            container.mux(packet)
    return file.getvalue()


def _containers(good: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Indices and nests that a container declares."""
    mp4, avi, mkv = good["mp4"], good["avi"], good["mkv"]
    at = avi.index(b"idx1") + 4
    yield "avi_index.avi", avi[:at] + b"\xf0\xff\xff\xff" + avi[at + 4 :]
    yield (
        "avi_index_entries.avi",
        avi[: at - 4] + b"idx1" + struct.pack("<I", 16 * MILLION) + bytes(16 * MILLION),
    )
    cues = b"\x1c\x53\xbb\x6b"
    yield "mkv_cues.mkv", mkv + cues + struct.pack(">Q", 1 << 50 | 1 << 56)
    yield "mkv_million_cues.mkv", mkv + element(cues, element(b"\xbb", b"\xb3\x81\x01") * MILLION)
    nest = b""
    for _ in range(2_000):
        nest = element(b"\x67\xc8", nest)
    yield "mkv_nested.mkv", mkv + element(b"\x12\x54\xc3\x67", element(b"\x73\x73", nest))
    depth = 20_000
    nested = b"".join(struct.pack(">I4s", 8 * (depth - n), b"moov") for n in range(depth))
    yield "mp4_nested.mp4", next(boxes(mp4)).pack() + nested
    yield "mp4_boxes.mp4", next(boxes(mp4)).pack() + struct.pack(">I4s", 8, b"free") * MILLION + mp4
    yield "png_chunk_size.png", good["png"][:33] + chunk(b"tEXt", b"a\0b")[4:] + b"\x7f\xff\xff\xff" + b"IDAT"


def times(mp4: bytes) -> Iterator[tuple[str, bytes]]:
    """Time stamps, rates and edit lists at the ends of what their fields can hold."""

    def with_stts(*entries: tuple[int, int]) -> bytes:
        def change(moov: Box) -> None:
            packed = b"".join(struct.pack(">II", *entry) for entry in entries)
            moov.find(*STBL, b"stts").payload = table(packed, len(entries))

        return edited(mp4, change)

    def with_edits(*edits: tuple[int, int]) -> bytes:
        def change(moov: Box) -> None:
            track = moov.find(b"trak")
            track.children = [box for box in track.children if box.kind != b"edts"]
            packed = b"".join(struct.pack(">QqI", *edit, 1 << 16) for edit in edits)
            track.children.insert(1, Box(b"edts", children=[Box(b"elst", table(packed, len(edits), 1))]))

        return edited(mp4, change)

    def with_scale(scale: int, of: tuple[bytes, ...]) -> bytes:
        def change(moov: Box) -> None:
            header = moov.find(*of)
            header.payload = header.payload[:12] + struct.pack(">I", scale) + header.payload[16:]

        return edited(mp4, change)

    def with_offsets(*offsets: int) -> bytes:
        def change(moov: Box) -> None:
            stbl = moov.find(*STBL)
            stbl.children = [box for box in stbl.children if box.kind != b"ctts"]
            packed = b"".join(struct.pack(">Ii", 1, offset) for offset in offsets)
            stbl.children.append(Box(b"ctts", table(packed, len(offsets), 1)))

        return edited(mp4, change)

    def with_long_duration(moov: Box) -> None:
        header = moov.find(b"trak", b"mdia", b"mdhd")
        header.payload = struct.pack(">IQQIQI", 1 << 24, 0, 0, 1, INT64, 0)

    yield "time_gap.mp4", with_stts((1, 512), (1, 0xFFFFFFFF), (1, 0xFFFFFFFF), (3, 512))
    yield "time_still.mp4", with_stts((6, 0))
    yield "time_back.mp4", with_stts((3, 0x80000000), (3, 0xFFFFFFFF))
    yield "time_offsets.mp4", with_offsets(-(1 << 31), (1 << 31) - 1, 0, -(1 << 31), 5, 6)
    yield "edits_1000.mp4", with_edits(*[(40, 0)] * 1000)
    yield "edits_ends.mp4", with_edits((INT64, -INT64 - 1), (INT64, INT64), (0, -1))
    yield "edits_gap.mp4", with_edits((INT64, -1), (1000, 0))
    yield "scale_zero.mp4", with_scale(0, (b"trak", b"mdia", b"mdhd"))
    yield "scale_all_zero.mp4", with_scale(0, (b"mvhd",))
    yield "scale_one.mp4", with_scale(1, (b"trak", b"mdia", b"mdhd"))
    yield "scale_huge.mp4", with_scale(0xFFFFFFFF, (b"trak", b"mdia", b"mdhd"))
    yield "duration_huge.mp4", edited(mp4, with_long_duration)
