"""A video with the results drawn on it, as a file that plays in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from stream.drawing.annotation import Curves, annotate
from stream.drawing.overlay import Image
from stream.frames import Frame, Sample

_CLOCK = Fraction(1, 90_000)
"""Of the presentation timestamps: the customary one for video, exact for the usual frame rates."""
_FIRST_DURATION = 1 / 30
LONGEST_SIDE = 1920
"""Pixels. What is larger is made smaller: the film is for looking, and a browser has to play it."""


class AnnotatedVideo:
    """Draws samples on frames and encodes them as H.264 (yuv420p, MP4 with its index in front).

    A frame keeps its own time, so a variable frame rate stays variable. A picture of odd width or
    height gets one more column or row, a copy of its edge; a large one is made smaller. A frame whose size
    differs from the first frame's is scaled to it. The file appears with the first frame; leaving the
    context completes it, also after an error, so that what was written plays.

        with AnnotatedVideo(path) as video:
            video.write(frame, samples)
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._container: av.container.OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._curves = Curves()
        self._size = (0, 0)
        self._last: tuple[int, float] | None = None
        self._failed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            with suppress(OSError):
                self.close()

    def write(self, frame: Frame, samples: Sequence[Sample]) -> None:
        """Adds a frame; times must rise from call to call.

        Raises:
            OSError: the file cannot be written.
        """
        image, samples = _within(frame.image, samples)
        image = annotate(image, samples, self._curves.add(frame.time, samples))
        try:
            stream = self._stream or self._open(image)
            fitted = self._fitted(image)
            picture = av.VideoFrame.from_numpy_buffer(fitted, format="bgr24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            picture.time_base = _CLOCK
            picture.pts = round(frame.time / _CLOCK)
            if self._last is None:
                duration = _FIRST_DURATION
            else:
                picture.pts = max(picture.pts, self._last[0] + 1)
                duration = max(0.0, frame.time - self._last[1])
            # A player takes a frame's duration from the next frame's time; only the last one's counts.
            picture.duration = max(1, round(duration / _CLOCK))
            self._last = picture.pts, frame.time
            self._mux(stream.encode(picture))
        except av.FFmpegError as error:
            self._failed = True
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Completes the file. Without a frame there is none.

        Raises:
            OSError: the file cannot be completed.
        """
        container, stream = self._container, self._stream
        if container is None or stream is None:
            return
        self._stream = None
        try:
            try:
                # A muxer whose header could not be written crashes when it is given packets.
                if not self._failed:
                    self._mux(stream.encode(None))
            finally:
                self._container = None
                container.close()
        except av.FFmpegError as error:
            raise self._unwritable(error) from error

    def _open(self, image: Image) -> VideoStream:
        height, width = image.shape[:2]
        self._size = (width + width % 2, height + height % 2)
        self._container = av.open(str(self._path), "w", format="mp4", options={"movflags": "faststart"})
        # No B-frames: MP4 counts its duration in decoding order, and with a variable rate would lose
        # the end of it. A short look ahead gives back most of the size that the quick preset costs.
        options = {"preset": "superfast", "crf": "22", "bf": "0", "x264-params": "mbtree=1:rc-lookahead=5"}
        stream = self._container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = stream.time_base = _CLOCK
        context.flags |= Flags.frame_duration
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.color_range = ColorRange.MPEG
        self._stream = stream
        return stream

    def _fitted(self, image: Image) -> Image:
        """The picture at the file's size."""
        width, height = self._size
        rows, columns = height - image.shape[0], width - image.shape[1]
        if rows == columns == 0:
            return image
        if 0 <= rows <= 1 and 0 <= columns <= 1:
            return np.pad(image, ((0, rows), (0, columns), (0, 0)), "edge")
        return np.asarray(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA), np.uint8)

    def _mux(self, packets: list[av.Packet[VideoStream]]) -> None:
        if self._container is not None:
            self._container.mux(packets)

    def _unwritable(self, error: av.FFmpegError) -> OSError:
        return OSError(error.errno, error.strerror, str(self._path))


def _within(image: Image, samples: Sequence[Sample]) -> tuple[Image, Sequence[Sample]]:
    """Picture and samples, made smaller together where the picture is larger than `LONGEST_SIDE`."""
    height, width = image.shape[:2]
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return image, samples
    size = round(width * scale), round(height * scale)
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, [replace(sample, box=sample.box.scaled(scale)) for sample in samples]
