"""When each frame of a video is shown: what a browser needs to show a recording frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from av.error import FFmpegError

from stream.sources.door import SourceError, opened_video
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.probe import probe
from stream.sources.stills import SEARCHED


@dataclass(frozen=True)
class Timing:
    """A video's frames, without decoding them."""

    times: list[float] = field(default_factory=list)
    """Seconds from the beginning, in the order shown; empty where the file is not sure."""
    width: int = 0
    height: int = 0
    """Pixels of a frame as displayed: what boxes are measured in."""


def timing(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> Timing:
    """The frames of the video at `path`; nothing where it cannot be read."""
    try:
        facts = probe(path, limits)
        with opened_video(path, limits) as (container, stream):
            base = float(stream.time_base or 0)
            stamps: list[int] = []
            for packet in container.demux(stream):
                if packet.pts is not None and not packet.is_discard:
                    stamps.append(packet.pts)
                if len(stamps) > limits.video_frames:
                    break
            if container.format.name not in SEARCHED:
                stamps.clear()
    except (SourceError, FFmpegError, OSError, StopIteration):
        return Timing()
    stamps.sort()
    first = 0.0 if not stamps else stamps[0] * base
    if facts.start is not None:
        first = min(first, facts.start)
    times = [round(stamp * base - first, 6) for stamp in stamps] if base else []
    return Timing(times, facts.width, facts.height)
