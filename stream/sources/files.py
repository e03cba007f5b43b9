"""Files as sources of frames: images and videos, every frame, with the times that they carry."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.error import DecoderNotFoundError, FFmpegError, InvalidDataError

from stream.frames import Frame

IMAGES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"))
VIDEOS = frozenset(
    (
        ".mp4",
        ".m4v",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".flv",
        ".ts",
        ".gif",
        ".ogv",
        ".3gp",
    )
)

_REMEDY = "it may be damaged or of another kind; copy it again, or choose another file"
_NO_PICTURE = f"it is not a picture that can be read: {_REMEDY}"
_NO_VIDEO = f"it is not a video that can be read: {_REMEDY}"
_TOO_LARGE = "the picture is too large: it may have 2^30 pixels at most; make it smaller"
"""OpenCV's own limit, CV_IO_MAX_IMAGE_PIXELS."""

Kind = Literal["image", "video", "live"]


class SourceError(RuntimeError):
    """A source that cannot be read; the text says why."""


class Source(Protocol):
    """Anything that yields frames."""

    kind: Kind
    warnings: list[str]
    """What was wrong with it, known when the last frame has come."""

    @property
    def name(self) -> str: ...

    @property
    def frames_expected(self) -> int | None:
        """How many frames will come, where the source says so; an estimate."""
        ...

    @property
    def duration(self) -> float | None:
        """Seconds, where the source says so."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...


@dataclass
class ImageFile:
    """A picture: one frame at time 0. EXIF rotation applied; grey, alpha and 16 bit become BGR."""

    path: Path
    kind: Kind = "image"
    frames_expected: int | None = 1
    duration: float | None = 0.0
    warnings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.name

    def __iter__(self) -> Iterator[Frame]:
        data = _bytes(self.path)
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error as error:
            raise SourceError(_TOO_LARGE if "CV_IO_MAX" in error.err else _NO_PICTURE) from error
        if image is None:
            raise SourceError(_NO_PICTURE)
        yield Frame(np.ascontiguousarray(image), 0, 0.0)


class VideoFile:
    """A recorded video (or an animated GIF), by PyAV. Rotation applied, variable frame rate kept."""

    kind: Kind = "video"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self.warnings: list[str] = []
        if path.stat().st_size == 0:
            raise SourceError("the file is empty")
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise SourceError("it has no picture, only sound; choose another file")
                stream = container.streams.video[0]
                self.duration = _duration(container, stream)
                self.frames_expected = _count(stream, self.duration)
        except FFmpegError as error:
            raise SourceError(_reason(error)) from error

    def __iter__(self) -> Iterator[Frame]:
        """Frames in the order shown. Time 0 is the first frame's presentation timestamp.

        A file that breaks off gives the frames that can be read, and a warning.
        """
        index, last = 0, 0.0
        start: float | None = None
        try:
            with av.open(str(self.path)) as container:
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                try:
                    for picture in container.decode(stream):
                        if picture.time is None:
                            time = last + 1 / float(stream.average_rate or 25) if index else 0.0
                        else:
                            start = picture.time if start is None else start
                            time = picture.time - start
                        # A broken or absent timestamp must not turn time back.
                        time = max(time, last)
                        yield Frame(_upright(picture), index, time)
                        index, last = index + 1, time
                except FFmpegError as error:
                    if index == 0:
                        raise SourceError(_reason(error)) from error
                    self.warnings.append(f"the file breaks off after {last:.2f} s: what follows is damaged")
        except FFmpegError as error:
            raise SourceError(_reason(error)) from error
        if index == 0:
            raise SourceError(_NO_VIDEO)
        missing = self.duration is not None and last < 0.9 * self.duration - 0.5
        if not self.warnings and (missing or _mp4_ends_early(self.path)):
            of = f" of {self.duration:.2f} s" if missing else ""
            self.warnings.append(f"the file is cut short: {last:.2f} s{of} could be read")


def open_source(path: Path) -> ImageFile | VideoFile:
    """The image or video at `path`, by what it contains where the name does not say.

    Raises:
        SourceError: it is missing, empty, or neither.
    """
    if not path.exists():
        raise SourceError("there is no such file")
    if path.is_dir():
        raise SourceError("it is a folder")
    if path.stat().st_size == 0:
        raise SourceError("the file is empty")
    if path.suffix.lower() in IMAGES:
        return ImageFile(path)
    return VideoFile(path)


def find_media(path: Path) -> list[Path]:
    """`path` itself, or the images and videos in the folder `path` and below, sorted by name.

    Raises:
        SourceError: it does not exist, or is a folder without images and videos.
    """
    if not path.is_dir():
        if not path.exists():
            raise SourceError("there is no such file or folder")
        return [path]
    found = sorted(
        p
        for p in path.rglob("*")
        if p.is_file() and p.suffix.lower() in IMAGES | VIDEOS and not p.name.startswith(".")
    )
    if not found:
        raise SourceError("the folder holds no images or videos")
    return found


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(_reason(error)) from error
    if not data:
        raise SourceError("the file is empty")
    return data


def _upright(picture: av.VideoFrame) -> npt.NDArray[np.uint8]:
    image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    turns = round(picture.rotation / 90) % 4  # counter-clockwise
    if turns:
        image = np.ascontiguousarray(np.rot90(image, turns))
    return image


def _mp4_ends_early(path: Path) -> bool:
    """Whether the last top-level box of an MP4 or MOV (ISO/IEC 14496-12, 4.2) runs past the file's end."""
    end = path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position + 8 <= end:
            file.seek(position)
            size, kind = struct.unpack(">I4s", file.read(8))
            if position == 0 and kind not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
                return False  # another container
            if size == 1:
                long = file.read(8)
                size = struct.unpack(">Q", long)[0] if len(long) == 8 else end + 1
            elif size == 0:
                return False  # it runs to the end, wherever that is
            if size < 8:
                return False
            position += size
    return position > end


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _count(stream: av.VideoStream, duration: float | None) -> int | None:
    if stream.frames:
        return stream.frames
    if duration and stream.average_rate:
        return round(duration * float(stream.average_rate))
    return None


def _reason(error: OSError | FFmpegError) -> str:
    """What is wrong and what to do, in plain words; what the library says stays the error's cause."""
    if isinstance(error, PermissionError):
        return "it may not be read; change its permissions, or choose another file"
    if isinstance(error, EOFError):
        return "it breaks off before its first picture; copy it again from where it was recorded"
    if isinstance(error, DecoderNotFoundError):
        return "its pictures are of a codec that is not known here; convert it, for example to MP4 with H.264"
    if isinstance(error, InvalidDataError):
        return _NO_VIDEO
    return "it cannot be read; copy it again, or choose another file"
