"""What a video shows at some of its moments, as small pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np
from av.error import FFmpegError

from stream.sources.door import SourceError, opened_video
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits

STILL_WIDTH = 320
JPEG_QUALITY = 82


def stills(
    path: Path, times: Iterable[float], width: int = STILL_WIDTH, limits: MediaLimits = DEFAULT_LIMITS
) -> dict[float, bytes]:
    """What the video shows at each of the times (seconds from its first frame), as JPEG files.

    A time after the last frame shows the last frame. Times that cannot be read are left out: a report without
    one of its pictures is still a report. The video is searched, not read through.
    """
    pictures: dict[float, bytes] = {}
    try:
        with opened_video(path, limits) as (container, stream):
            unit = float(stream.time_base or 1 / av.time_base)
            start = (stream.start_time or 0) * unit
            for time in sorted(set(times)):
                container.seek(int((start + time) / unit), stream=stream)
                shown: av.VideoFrame | None = None
                for frame in container.decode(stream):
                    if shown is not None and (frame.time or 0.0) > start + time + 1e-6:
                        break
                    shown = frame
                if shown is not None:
                    pictures[time] = _jpeg(shown, width)
    except (SourceError, FFmpegError, OSError):
        return pictures
    return pictures


def _jpeg(frame: av.VideoFrame, width: int) -> bytes:
    image = np.rot90(frame.to_ndarray(format="bgr24"), round(frame.rotation / 90) % 4)
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    small = cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()
