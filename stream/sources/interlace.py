"""Pictures that were taken in two halves (interlaced), as whole ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.error import FFmpegError


class Deinterlacer:
    """FFmpeg's bwdif, from the first interlaced picture of a stream on; others stay as they are.

    One picture out for each one in, with its own time stamp.
    """

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[object, ...] = ()
        self.used = False

    def pictures(self, decoded: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        for picture in decoded:
            shape = (picture.width, picture.height, picture.format.name)
            if self._graph is not None and shape != self._shape:
                yield from self._rest()
            if self._graph is None and not picture.interlaced_frame:
                yield picture
                continue
            if self._graph is None:
                self._graph, self._shape, self.used = _graph(picture), shape, True
            self._graph.push(picture)
            yield from self._ready()
        yield from self._rest()

    def _ready(self) -> Iterator[av.VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                picture = self._graph.pull()
            except (BlockingIOError, EOFError):
                return
            assert isinstance(picture, av.VideoFrame)
            yield picture

    def _rest(self) -> Iterator[av.VideoFrame]:
        if self._graph is None:
            return
        try:
            self._graph.push(None)
            yield from self._ready()
        except FFmpegError:
            pass  # it had nothing left
        finally:
            self._graph = None


def _graph(picture: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base or Fraction(1, av.time_base),
    )
    whole = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(whole)
    whole.link_to(sink)
    graph.configure()
    return graph
