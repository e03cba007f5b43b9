"""Recordings as sources of frames: every picture as it is shown, at its own time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import av
from av.error import FFmpegError

from stream.frames import Frame
from stream.sources.clock import Clock, counted
from stream.sources.decoding import Decoding
from stream.sources.display import Display
from stream.sources.door import NO_VIDEO, SourceError, duration_of, frames_of, opened_video, rate_of
from stream.sources.interlace import Deinterlacer
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.source import Kind
from stream.sources.wholeness import ends_early

_JUMPING = ("mpegts", "mpeg", "mpegvideo")
"""Containers whose clock may be set anew on the way."""
_RATE = 25.0
"""Pictures a second where a file says nothing at all."""
T = TypeVar("T")


class VideoFile:
    """A recorded video, by PyAV. Each picture as it is shown (`stream.sources.display`), variable frame rate
    kept.
    """

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
        """Frames in the order shown. Time 0 is where the recording begins: its sound may begin before its
        picture.

        What is damaged is passed over and leaves a gap in time. When the last frame has come, `warnings` says
        what was wrong, and `duration` what the file really holds.
        """
        self.warnings.clear()
        index = 0
        beyond = False
        with opened_video(self.path, self.limits) as (container, stream):
            declared = duration_of(container, stream)
            decoding, display, whole = Decoding(container, stream), Display(stream), Deinterlacer()
            stamp = stamps_of(container)
            jumps = container.format.name in _JUMPING
            clock = Clock(start_of(container, stream), rate_of(stream) or _RATE, jumps=jumps)
            lost, hurt = 0, None
            try:
                shown = ((picture, stamp(picture)) for picture in whole.pictures(decoding.pictures()))
                for (picture, its), following in _with_next(shown):
                    clock.passed(decoding.damaged - lost)
                    if decoding.damaged > lost:
                        lost, hurt = decoding.damaged, clock.latest if hurt is None else hurt
                    time = clock.time(its, None if following is None else following[1])
                    if index >= self.limits.video_frames or time > self.limits.video_hours * 3600:
                        beyond = True
                        break
                    yield Frame(display.image(picture), index, time)
                    index += 1
            except (FFmpegError, MemoryError):
                if index == 0:
                    raise
                decoding.damaged, decoding.since_damage = decoding.damaged + 1, 0
            if index == 0:
                raise SourceError(NO_VIDEO)
            self._conclude(decoding, display, whole, clock, declared, hurt or 0.0, beyond=beyond)

    def _conclude(
        self,
        decoding: Decoding,
        display: Display,
        whole: Deinterlacer,
        clock: Clock,
        declared: float | None,
        hurt: float,
        *,
        beyond: bool,
    ) -> None:
        """What was wrong, and how long it really is."""
        last, told = clock.latest, self.warnings
        broken = bool(decoding.damaged) and decoding.since_damage == 0
        begun = clock.begun
        length = last if decoding.end is None else max(last, decoding.end - begun)
        if beyond:
            told.append(f"it goes on after {last:.2f} s, beyond what a video may have")
        if broken:
            told.append(f"the file breaks off after {last:.2f} s: what follows is damaged")
        elif decoding.damaged:
            told.append(
                f"{counted(decoding.damaged, 'damaged picture')} left out from {hurt:.2f} s on; what follows "
                "was read"
            )
        if not broken and not decoding.damaged and decoding.missing and not beyond:
            told.append(f"{counted(decoding.missing, 'picture')} could not be decoded and left out")
        if decoding.corrupt:
            told.append(f"{counted(decoding.corrupt, 'picture')} shown although parts of it are damaged")
        told += clock.repairs
        # A declared length may count from the clock's zero instead of from the beginning.
        ends = max(length, decoding.end or 0.0)
        short = declared is not None and ends < 0.9 * declared - 0.5
        if not broken and not beyond and (ends_early(self.path) or (short and not clock.repairs)):
            of = f" of {declared:.2f} s" if short and declared is not None else ""
            told.append(f"the file is cut short: {last:.2f} s{of} could be read")
        elif not broken and not beyond and not clock.repairs:
            last = length
        self.duration = last
        if whole.used:
            told.append("its pictures are interlaced: each was made whole")
        if display.hdr:
            told.append(f"its pictures are of high dynamic range ({display.hdr}): shown in ordinary range")
        if display.changes:
            told.append("its picture changes size: all of it was fitted into the size at its beginning")


def start_of(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """The stamp, in seconds, at which the recording begins: sound or picture, whichever is first."""
    first = None
    if stream.start_time is not None and stream.time_base:
        first = float(stream.start_time * stream.time_base)
    if container.start_time is None:
        return first
    if container.format.name == "avi" and stream.codec_context.has_b_frames:
        return None  # the first picture comes out late by as many as are decoded ahead
    whole = container.start_time / av.time_base
    return whole if first is None else min(first, max(whole, 0.0) if first >= 0 else whole)


def stamps_of(container: av.container.InputContainer) -> Callable[[av.VideoFrame], float | None]:
    """What gives a picture's time stamp in seconds on the container's clock.

    AVI has none of its own: its pictures are numbered in the order in which they are decoded, and so they are
    counted.
    """
    if container.format.name != "avi":
        return stamp_of
    latest: int | None = None

    def stamp(picture: av.VideoFrame) -> float | None:
        nonlocal latest
        if picture.dts is not None:
            latest = picture.dts
        elif latest is not None:  # the last ones come out without
            latest += picture.duration or 1
        return None if latest is None or picture.time_base is None else float(latest * picture.time_base)

    return stamp


def stamp_of(picture: av.VideoFrame) -> float | None:
    """The picture's own time stamp in seconds."""
    ticks = picture.dts if picture.pts is None else picture.pts
    return None if ticks is None or picture.time_base is None else float(ticks * picture.time_base)


def _with_next(items: Iterable[T]) -> Iterator[tuple[T, T | None]]:
    """Each item with the one that follows it."""

    def ended() -> Iterator[T | None]:
        yield from items
        yield None

    for item, following in pairwise(ended()):
        assert item is not None
        yield item, following
