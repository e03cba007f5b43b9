"""Files as sources of frames: images and videos, every frame, with the times that they carry."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError

from stream.frames import Frame
from stream.sources.door import (
    NO_PICTURE,
    NO_VIDEO,
    UNREADABLE,
    SourceError,
    duration_of,
    frames_of,
    is_picture,
    opened_video,
    read_picture,
)
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits

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

Kind = Literal["image", "video", "live"]


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
    """A picture: one frame at time 0."""

    path: Path
    limits: MediaLimits = DEFAULT_LIMITS
    kind: Kind = "image"
    frames_expected: int | None = 1
    duration: float | None = 0.0
    warnings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.name

    def __iter__(self) -> Iterator[Frame]:
        yield Frame(read_picture(self.path, self.limits), 0, 0.0)


class VideoFile:
    """A recorded video (or an animated GIF), by PyAV. Rotation applied, variable frame rate kept."""

    kind: Kind = "video"

    def __init__(self, path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> None:
        self.path = path
        self.limits = limits
        self.name = path.name
        self.warnings: list[str] = []
        with opened_video(path, limits) as (container, stream):
            self.duration = duration_of(container, stream)
            self.frames_expected = frames_of(container, stream)

    def __iter__(self) -> Iterator[Frame]:
        """Frames in the order shown. Time 0 is the first frame's presentation timestamp.

        A file that breaks off, or has more than the limits say, gives the frames until there, and a warning.
        """
        index, last = 0, 0.0
        start: float | None = None
        with opened_video(self.path, self.limits) as (container, stream):
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
                    if index >= self.limits.video_frames or time > self.limits.video_hours * 3600:
                        self.warnings.append(f"it goes on after {last:.2f} s, beyond what a video may have")
                        break
                    yield Frame(_upright(picture), index, time)
                    index, last = index + 1, time
            except (FFmpegError, MemoryError):
                if index == 0:
                    raise
                self.warnings.append(f"the file breaks off after {last:.2f} s: what follows is damaged")
        if index == 0:
            raise SourceError(NO_VIDEO)
        missing = self.duration is not None and last < 0.9 * self.duration - 0.5
        if not self.warnings and (missing or _mp4_ends_early(self.path)):
            of = f" of {self.duration:.2f} s" if missing else ""
            self.warnings.append(f"the file is cut short: {last:.2f} s{of} could be read")


def open_source(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> ImageFile | VideoFile:
    """The image or video at `path`, by what it contains, whatever its name says.

    Raises:
        SourceError: it is missing, empty, neither, or asks for more than the limits say.
    """
    try:
        return ImageFile(path, limits) if is_picture(path) else VideoFile(path, limits)
    except SourceError as error:
        if path.suffix.lower() in IMAGES and str(error) in (NO_VIDEO, UNREADABLE):
            raise SourceError(NO_PICTURE) from error
        raise


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
