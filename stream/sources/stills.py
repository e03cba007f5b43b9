"""What a video shows at some of its moments, as small pictures, each alone or side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError

from stream.sources.display import Display
from stream.sources.door import SourceError, opened_video
from stream.sources.files import open_source
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.videos import stamp_of, start_of

Image = npt.NDArray[np.uint8]

STILL_WIDTH = 320
JPEG_QUALITY = 82
SEARCHED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers with an index and a clock of their own; others are read through."""


def stills(
    path: Path, times: Iterable[float], width: int = STILL_WIDTH, limits: MediaLimits = DEFAULT_LIMITS
) -> dict[float, bytes]:
    """What the video shows at each of the times (seconds from its beginning), as JPEG files.

    A time after the last frame shows the last frame. Times that cannot be read are left out: a report without
    one of its pictures is still a report. The video is searched where it has an index.
    """
    return {time: _jpeg(picture) for time, picture in _pictures(path, times, width, limits).items()}


def strip(
    path: Path, seconds: float, pictures: int, width: int, limits: MediaLimits = DEFAULT_LIMITS
) -> bytes | None:
    """A video of so many seconds as one JPEG file: pictures side by side, each from the middle of its part.

    width: of each, in pixels. Those that cannot be read are black; None where none can be.
    """
    times = [(i + 0.5) * seconds / pictures for i in range(pictures)]
    found = _pictures(path, times, width, limits)
    if not found:
        return None
    black = np.zeros_like(next(iter(found.values())))
    return _jpeg(np.hstack([found.get(time, black) for time in times]))


def _pictures(path: Path, times: Iterable[float], width: int, limits: MediaLimits) -> dict[float, Image]:
    """Those that can be read, small."""
    pictures: dict[float, Image] = {}
    try:
        with opened_video(path, limits) as (container, stream):
            if container.format.name not in SEARCHED:
                return _read_through(path, times, width, limits)
            unit = float(stream.time_base or 1 / av.time_base)
            start, display = start_of(container, stream) or 0.0, Display(stream)
            for time in sorted(set(times)):
                container.seek(int((start + time) / unit), stream=stream)
                shown: av.VideoFrame | None = None
                for frame in container.decode(stream):
                    if shown is not None and (stamp_of(frame) or 0.0) > start + time + 1e-6:
                        break
                    shown = frame
                if shown is not None:
                    pictures[time] = _small(display.image(shown), width)
    except (SourceError, FFmpegError, OSError):
        return pictures
    return pictures


def _read_through(path: Path, times: Iterable[float], width: int, limits: MediaLimits) -> dict[float, Image]:
    """For files that cannot be searched, or whose clock begins again on the way."""
    wanted = deque(sorted(set(times)))
    pictures: dict[float, Image] = {}
    shown: Image | None = None
    for frame in open_source(path, limits):
        while shown is not None and wanted and frame.time > wanted[0] + 1e-6:
            pictures[wanted.popleft()] = _small(shown, width)
        if not wanted:
            break
        shown = frame.image
    if shown is not None:
        pictures |= {time: _small(shown, width) for time in wanted}
    return pictures


def _small(image: Image, width: int) -> Image:
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(image: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()
