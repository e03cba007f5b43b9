"""Files as sources of frames: images and videos, every frame, with the times that they carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stream.frames import Frame
from stream.sources.door import NO_VIDEO, UNREADABLE, SourceError
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.pictures import NO_PICTURE, picture_facts, read_animation, read_picture
from stream.sources.sniffing import PICTURES
from stream.sources.source import Kind
from stream.sources.videos import VideoFile


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
        facts = picture_facts(self.path)
        if facts is not None and facts.pages > 1:
            self.warnings.append(f"it holds {facts.pages} pictures: only the first was read")
        yield Frame(read_picture(self.path, self.limits), 0, 0.0)


@dataclass
class Animation:
    """A picture that moves (WebP, PNG, AVIF), by Pillow."""

    path: Path
    limits: MediaLimits
    frames_expected: int | None
    kind: Kind = "video"
    duration: float | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.name

    def __iter__(self) -> Iterator[Frame]:
        """Frames in the order shown; a damaged file gives those before the damage, and a warning."""
        index, time = 0, 0.0
        try:
            for image, shown in read_animation(self.path, self.limits):
                if index >= self.limits.video_frames or time > self.limits.video_hours * 3600:
                    self.warnings.append(f"it goes on after {time:.2f} s, beyond what a video may have")
                    break
                yield Frame(image, index, time)
                index, time = index + 1, time + shown
        except SourceError:
            if index == 0:
                raise
            self.warnings.append(f"the file breaks off after {time:.2f} s: what follows is damaged")
        self.duration = time


def open_source(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> ImageFile | Animation | VideoFile:
    """The image or video at `path`, by what it contains, whatever its name says.

    Raises:
        SourceError: it is missing, empty, neither, or asks for more than the limits say.
    """
    try:
        facts = picture_facts(path)
        if facts is None or (facts.moves and facts.format == "GIF"):
            return VideoFile(path, limits)
        return Animation(path, limits, facts.frames) if facts.moves else ImageFile(path, limits)
    except SourceError as error:
        if path.suffix.lower() in PICTURES and str(error) in (NO_VIDEO, UNREADABLE):
            raise SourceError(NO_PICTURE) from error
        raise
