"""What a viewer sees of a decoded picture: upright, its pixels square, in ordinary colours, of one size."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import Type

from stream.sources.colour import HDR, Colours
from stream.sources.orientation import AS_IT_IS, of_matrix, turned, turned_size

Image = npt.NDArray[np.uint8]

MOST_SQUEEZED = 4
"""Pixels are never taken for more than so many times as wide as high, or as high as wide."""


class Display:
    """The pictures of one stream of video as they are shown. For one thread at a time.

    All are of the first one's size: later ones of another size or orientation are fitted into it as players
    do, their sides in proportion, with black beside them. So boxes mean the same throughout.
    """

    def __init__(self, stream: av.VideoStream) -> None:
        self._aspect = stream.sample_aspect_ratio
        self._colours = Colours()
        self.size: tuple[int, int] | None = None
        """Width and height as shown, from the first picture on."""
        self.changes = 0
        """How often the size changed."""
        self._latest: tuple[int, int] | None = None
        self._stored: tuple[int, int, float] | None = None
        self._orientation = AS_IT_IS
        """Of pictures that are `_stored` so. Asked for rarely: PyAV ties what it is read from to the picture
        in a circle, and memory would be full of pictures before Python finds it.
        """

    @property
    def hdr(self) -> str | None:
        return self._colours.hdr

    def image(self, picture: av.VideoFrame) -> Image:
        """(H, W, 3) BGR, contiguous."""
        orientation = self._turned(picture)
        size = shown_size(picture, self._aspect, orientation)
        image = turned(self._colours.bgr(picture), orientation)
        if self.size is None:
            self.size = size
        elif size != self._latest:
            self.changes += 1
        self._latest = size
        if image.shape[1::-1] != size and size == self.size:
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        elif size != self.size:
            image = _fitted(image, size, self.size)
        return np.ascontiguousarray(image)

    def shows_as_stored(self, picture: av.VideoFrame) -> bool:
        """Whether it is upright, its pixels are square and its range of light is the ordinary one."""
        orientation = self._turned(picture)
        stored = (picture.width, picture.height)
        return (
            orientation == AS_IT_IS
            and shown_size(picture, self._aspect, orientation) == stored
            and picture.color_trc not in HDR
        )

    def _turned(self, picture: av.VideoFrame) -> int:
        stored = (picture.width, picture.height, picture.rotation)
        if stored != self._stored:
            self._stored, self._orientation = stored, orientation_of(picture)
        return self._orientation


def orientation_of(picture: av.VideoFrame) -> int:
    """How the picture is turned to be shown, as EXIF counts (`stream.sources.orientation`)."""
    try:
        matrix = cast(Any, picture.side_data)[Type.DISPLAYMATRIX]  # which is no dictionary
    except KeyError:
        return AS_IT_IS
    return of_matrix(np.frombuffer(matrix, np.int32).tolist())


def shown_size(picture: av.VideoFrame, aspect: Fraction | None, orientation: int) -> tuple[int, int]:
    """Width and height as shown of a picture whose pixels are `aspect` times as wide as high.

    One side grows, none shrinks: nothing of the picture is lost.
    """
    width, height = picture.width, picture.height
    squeezed = float(aspect) if aspect else 1.0
    if squeezed > 0 and 1 / MOST_SQUEEZED <= squeezed <= MOST_SQUEEZED:
        width, height = max(width, round(width * squeezed)), max(height, round(height / squeezed))
    return turned_size(width, height, orientation)


def _fitted(image: Image, size: tuple[int, int], into: tuple[int, int]) -> Image:
    """`image`, shown at `size`, in a black picture of the size `into`."""
    scale = min(into[0] / size[0], into[1] / size[1])
    width, height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    small = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    whole = np.zeros((into[1], into[0], 3), np.uint8)
    left, top = (into[0] - width) // 2, (into[1] - height) // 2
    whole[top : top + height, left : left + width] = small
    return whole
