"""The pictures of an opened recording, one after the other, past what is damaged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import av
from av.error import FFmpegError, InvalidDataError

_ONE_A_PACKET = frozenset(("h264", "hevc", "mpeg2video", "mpeg4", "mjpeg", "prores", "dnxhd", "dvvideo"))
"""Codecs of which every packet is a picture that is shown."""
_TRIES = 200
"""How many times in a row a file may fail to be read before the rest counts as lost."""
_THREADS_MB = 150
"""Megabytes of pictures that decoder threads may hold: each holds one more."""
_WHOLE_PIXELS = 9_000_000
"""Above 4K, threads that decode whole pictures side by side hold more than they are worth."""


class Decoding:
    """Reads a container through. The figures count what has been met so far."""

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._container = container
        self._stream = stream
        self.damaged = 0
        """Packets out of which no picture could be made."""
        self.corrupt = 0
        """Pictures that are shown although parts of them are wrong."""
        self.since_damage = 0
        """Pictures decoded after the latest damage."""
        self.end: float | None = None
        """The latest end of a packet of any stream, in seconds on the container's clock."""
        self._packets = self._pictures = 0
        _bound_threads(stream)

    @property
    def missing(self) -> int:
        """Pictures that the file holds and its decoder left out without a word."""
        if self._stream.codec_context.codec.name not in _ONE_A_PACKET:
            return 0
        return max(0, self._packets - self._pictures)

    def pictures(self) -> Iterator[av.VideoFrame]:
        """In the order shown.

        Raises:
            FFmpegError: nothing at all could be read.
        """
        failed: FFmpegError | None = None
        for packet in self._demuxed():
            if packet.pts is not None and packet.time_base:
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                self.end = end if self.end is None else max(self.end, end)
            if packet.stream.index != self._stream.index:
                continue
            try:
                decoded = packet.decode()
            except MemoryError:
                raise
            except FFmpegError as error:
                failed = error
                self.damaged, self.since_damage = self.damaged + 1, 0
                continue
            self._packets += bool(packet.size) and not packet.is_discard
            for picture in decoded:
                assert isinstance(picture, av.VideoFrame)
                self._pictures += 1
                self.since_damage += 1
                self.corrupt += picture.is_corrupt
                if picture.interlaced_frame:
                    self._packets = self._pictures  # half a picture may be a packet of its own
                yield picture
        if not self._pictures and failed is not None:
            raise failed

    def _demuxed(self) -> Iterator[av.Packet[Any]]:
        """Packets, also after places where the container is damaged."""
        tries = 0
        while True:
            try:
                for packet in self._container.demux():
                    tries = 0
                    yield packet
                return
            except InvalidDataError:
                tries += 1
                self.damaged, self.since_damage = self.damaged + (tries == 1), 0
                if tries > _TRIES:
                    return


def _bound_threads(stream: av.VideoStream) -> None:
    context = stream.codec_context
    pixels = max(1, stream.width * stream.height)
    if pixels > _WHOLE_PIXELS:
        context.thread_type = "SLICE"
        context.thread_count = min(4, os.cpu_count() or 1)
        return
    context.thread_type = "AUTO"
    context.thread_count = max(1, min(os.cpu_count() or 1, round(_THREADS_MB * 1e6 / (1.5 * pixels)), 16))
