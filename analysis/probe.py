"""Questions about a video: how long it is, when its frames are shown, what is to be seen at some moments.

Functions of plain values, for workers; files of strangers are asked about in there.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from stream.sources.door import SourceError
from stream.sources.files import open_source
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.stills import STILL_WIDTH, stills, strip
from stream.sources.timing import Timing, timing

__all__ = ["STILL_WIDTH", "StimulusVideoError", "Timing", "seconds_of", "stills", "strip", "timing"]


class StimulusVideoError(ValueError):
    """A file that cannot be a stimulus; the text says why, and begins in lower case."""


def seconds_of(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> float:
    """The video's length; read off the frames where the file does not say.

    Raises:
        StimulusVideoError: it cannot be read, or is a picture.
    """
    try:
        video = open_source(path, limits)
        pictures = len(list(islice(video, 2)))
        length = video.duration if video.duration is not None else max(frame.time for frame in video)
    except SourceError as error:
        raise StimulusVideoError(str(error)) from error
    except OSError as error:
        raise StimulusVideoError(error.strerror or str(error)) from error
    if length <= 0 or pictures < 2:
        raise StimulusVideoError("it has a single picture, and a stimulus must last")
    return length
