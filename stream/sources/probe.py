"""What a media file is, and how it will be read: said before anything is analysed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av
from av.error import FFmpegError

from stream.sources.colour import HDR
from stream.sources.display import orientation_of, shown_size
from stream.sources.door import NO_VIDEO, SourceError, duration_of, frames_of, opened_video, rate_of
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.orientation import turned_size
from stream.sources.pictures import orientation_in, picture_facts
from stream.sources.source import Kind
from stream.sources.videos import start_of
from stream.sources.wholeness import ends_early


@dataclass(frozen=True)
class MediaFacts:
    """A file as it will be read."""

    kind: Kind
    container: str
    """As FFmpeg or Pillow call it."""
    codec: str | None
    stream: int | None
    """Which of its streams is the picture, counted from 0."""
    width: int
    height: int
    """Pixels as shown: what boxes are measured in."""
    orientation: int
    """As EXIF counts, 1 to 8."""
    pixel_aspect: float
    """How many times as wide as high its pixels are stored."""
    pixel_format: str | None
    dynamic_range: str | None
    """``HLG`` or ``PQ``; None for the ordinary one."""
    interlaced: bool
    rate: float | None
    """Pictures a second, as far as the file says."""
    time_base: str | None
    """Seconds of one tick of its clock."""
    start: float | None
    """Stamp on its clock, in seconds, that is time 0."""
    duration: float | None
    """Seconds, as far as the file says."""
    frames_expected: int | None
    warnings: list[str] = field(default_factory=list)


def probe(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> MediaFacts:
    """What the file at `path` is, by its content. Of a recording, only the first picture is decoded.

    Raises:
        SourceError: it is missing, empty, no picture or recording, or asks for more than the limits say.
    """
    picture = picture_facts(path)
    if picture is not None and not (picture.moves and picture.format == "GIF"):
        orientation = orientation_in(path, limits)
        width, height = turned_size(*picture.size, orientation)
        return MediaFacts(
            kind="video" if picture.moves else "image",
            container=picture.format,
            codec=None,
            stream=None,
            width=width,
            height=height,
            orientation=orientation,
            pixel_aspect=1.0,
            pixel_format=None,
            dynamic_range=None,
            interlaced=False,
            rate=None,
            time_base=None,
            start=0.0,
            duration=None if picture.moves else 0.0,
            frames_expected=picture.frames,
            warnings=[f"it holds {picture.pages} pictures: only the first is read"] * (picture.pages > 1),
        )
    with opened_video(path, limits) as (container, stream):
        return _of_video(path, container, stream)


def _of_video(path: Path, container: av.container.InputContainer, stream: av.VideoStream) -> MediaFacts:
    start, duration, expected = (
        start_of(container, stream),
        duration_of(container, stream),
        frames_of(container, stream),
    )
    first: av.VideoFrame | None = None
    for packet in container.demux(stream):
        try:
            first = next(iter(packet.decode()), None)
        except FFmpegError:
            continue  # damaged: the next one may not be
        if first is not None:
            break
    if first is None:
        raise SourceError(NO_VIDEO)
    orientation = orientation_of(first)
    width, height = shown_size(first, stream.sample_aspect_ratio, orientation)
    base = stream.time_base
    return MediaFacts(
        kind="video",
        container=container.format.name,
        codec=stream.codec_context.codec.canonical_name,
        stream=stream.index,
        width=width,
        height=height,
        orientation=orientation,
        pixel_aspect=float(stream.sample_aspect_ratio or 1),
        pixel_format=first.format.name,
        dynamic_range=HDR.get(first.color_trc),  # type: ignore[call-overload]
        interlaced=first.interlaced_frame,
        rate=rate_of(stream),
        time_base=None if base is None else str(base),
        start=start,
        duration=duration,
        frames_expected=expected,
        warnings=["the file is cut short"] * ends_early(path),
    )
