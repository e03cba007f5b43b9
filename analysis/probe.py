"""A video that is to be a stimulus: whether it can be read, and how long it is."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from stream.sources.files import SourceError, VideoFile


class StimulusVideoError(ValueError):
    """A file that cannot be a stimulus; the text says why, and begins in lower case."""


def seconds_of(path: Path) -> float:
    """The video's length; read off the frames where the file does not say.

    Raises:
        StimulusVideoError: it cannot be read, or is a picture.
    """
    try:
        video = VideoFile(path)
        pictures = len(list(islice(video, 2)))
        length = video.duration if video.duration is not None else max(frame.time for frame in video)
    except SourceError as error:
        raise StimulusVideoError(str(error)) from error
    except OSError as error:
        raise StimulusVideoError(error.strerror or str(error)) from error
    if length <= 0 or pictures < 2:
        raise StimulusVideoError("it has a single picture, and a stimulus must last")
    return length
