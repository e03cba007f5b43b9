"""What a browser needs to show a recording frame by frame: when each frame is shown, and its size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av
from av.error import FFmpegError


@dataclass(frozen=True)
class Timing:
    """A video's frames, without decoding them."""

    times: list[float] = field(default_factory=list)
    """Seconds from the first frame, in the order shown; empty where the file does not say."""
    width: int = 0
    height: int = 0
    """Pixels of a frame as displayed, rotation applied: what boxes are measured in."""


def timing(path: Path) -> Timing:
    """The frames of the video at `path`; nothing where it cannot be read."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                return Timing()
            stream = container.streams.video[0]
            base = float(stream.time_base or 0)
            stamps = sorted(
                packet.pts
                for packet in container.demux(stream)
                if packet.pts is not None and not packet.is_discard
            )
            times = [round((stamp - stamps[0]) * base, 6) for stamp in stamps] if base else []
        with av.open(str(path)) as container:
            picture = next(container.decode(container.streams.video[0]))
    except (FFmpegError, OSError, StopIteration, IndexError):
        return Timing()
    upright = picture.rotation % 180 == 0
    width, height = (picture.width, picture.height) if upright else (picture.height, picture.width)
    return Timing(times, width, height)
