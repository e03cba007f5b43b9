"""Which of a file's streams of pictures a player would show."""

from __future__ import annotations

from collections.abc import Callable

import av
from av.error import FFmpegError
from av.stream import Disposition

_BESIDE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.dependent
"""Streams that belong to something else: covers, thumbnails, parts of a larger picture."""
_LOOK = 400
"""Packets that say whether a stream moves."""


def pictures_of(
    container: av.container.InputContainer, moving: Callable[[list[int]], list[int]]
) -> av.VideoStream | None:
    """The stream that is the file's picture: the default one of those that move; None where there is none.

    `moving` is asked which of several streams move (`moving_in` another opening of the file).
    """
    able = [s for s in container.streams.video if not s.disposition & _BESIDE]
    if len(able) > 1:
        kept = moving([stream.index for stream in able])
        able = [stream for stream in able if stream.index in kept] or able
    return next((s for s in able if s.disposition & Disposition.default), able[0] if able else None)


def moving_in(container: av.container.InputContainer, streams: list[int]) -> list[int]:
    """Those of the streams with more than one picture at the beginning of the file. Reads on in it."""
    packets = dict.fromkeys(streams, 0)
    try:
        for number, packet in enumerate(container.demux([container.streams[index] for index in streams])):
            packets[packet.stream.index] += packet.size > 0
            if number >= _LOOK or min(packets.values()) > 1:
                break
    except FFmpegError:
        pass  # damaged on the way: what was counted until there
    return [index for index, count in packets.items() if count > 1]
