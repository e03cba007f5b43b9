"""Files that people hand in: good ones in odd forms, and broken ones."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests import MEDIA

Image = npt.NDArray[np.uint8]


def portrait(width: int = 320, height: int = 240, shift: float = 0.0) -> Image:
    """A smiling face on grey, `shift` pixels right of the middle."""
    face = cv2.imread(str(MEDIA / "one_face.jpg"))[0:300, 90:390]
    size = min(width, height) - 20
    image = np.full((height, width, 3), 100, np.uint8)
    x = int(np.clip((width - size) / 2 + shift, 0, width - size))
    image[10 : 10 + size, x : x + size] = cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)
    return image


def write_video(path: Path, images: Sequence[Image], times: Sequence[float], codec: str = "libx264") -> None:
    """A video whose frames are shown at `times` (seconds), whatever rate that makes."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        height, width = images[0].shape[:2]
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        stream.time_base = Fraction(1, 90_000)
        stream.codec_context.time_base = Fraction(1, 90_000)
        stream.codec_context.max_b_frames = 0
        for image, time in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = round(time * 90_000)
            frame.time_base = Fraction(1, 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def smile_video(path: Path, frames: int = 12, size: tuple[int, int] = (320, 240)) -> None:
    images = [portrait(*size, shift=i) for i in range(frames)]
    write_video(path, images, [i / 25 for i in range(frames)])


def container_times(path: Path) -> list[float]:
    """Presentation times by the container's packets, without decoding, from the first one."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stamps = sorted(p.pts for p in container.demux(stream) if p.pts is not None)
        return [float((stamp - stamps[0]) * stream.time_base) for stamp in stamps]


def audio_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def fragmented_half(path: Path) -> None:
    """The first half of an MP4 whose index comes in pieces, as cameras write it."""
    whole = path.with_name("whole.mp4")
    images = [portrait(shift=i / 3) for i in range(75)]
    with av.open(str(whole), "w", options={"movflags": "frag_keyframe+empty_moov"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    whole.unlink()


def faststart_half(path: Path) -> None:
    """The first half of an MP4 whose index lies in front, as an aborted download leaves it."""
    whole = path.with_name("whole.mp4")
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(100):
            frame = av.VideoFrame.from_ndarray(portrait(shift=i / 3), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = whole.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    whole.unlink()


def broken_png(path: Path) -> None:
    """A PNG whose picture data stop in the middle of a chunk with a wrong checksum."""
    good = cv2.imencode(".png", portrait())[1].tobytes()
    cut = good.index(b"IDAT") + 200
    path.write_bytes(good[:cut] + b"\x00" * 64 + struct.pack(">I", zlib.crc32(b"wrong")))


def rotated_jpeg(path: Path) -> None:
    """A face that lies on its side in the file and stands upright by its EXIF orientation (6)."""
    lying = cv2.rotate(portrait(), cv2.ROTATE_90_COUNTERCLOCKWISE)
    jpeg = cv2.imencode(".jpg", lying)[1].tobytes()
    tiff = (
        b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    )
    exif = b"Exif\x00\x00" + tiff
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:])


def lock_folders(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Folders called so may not be read, not even by the superuser."""
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if Path(folder).name == name:
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr("stream.sources.folders.os.scandir", refusing)
