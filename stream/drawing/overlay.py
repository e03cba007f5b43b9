"""Anti-aliased shapes, text and the colours of valence, painted into a BGR image in place."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from stream.frames import Box

Image = npt.NDArray[np.uint8]
Paint = npt.NDArray[np.float32]
Colour = tuple[float, float, float]

WHITE: Colour = (250, 250, 250)
INK: Colour = (30, 24, 20)
SUBPIXEL_BITS = 4

# Orange to blue through a light grey: told apart with any of the common colour vision deficiencies,
# and light enough at both ends to be seen on a dark picture.
_SCALE_VALENCE = (-1.0, -0.5, 0.0, 0.5, 1.0)
_SCALE_BGR = ((16, 92, 240), (60, 158, 252), (228, 234, 236), (250, 190, 96), (250, 146, 30))


def _scale() -> npt.NDArray[np.float32]:
    """(256, 3): the colours of valence -1 to +1 in equal steps."""
    steps = np.linspace(-1, 1, 256)
    channels = [np.interp(steps, _SCALE_VALENCE, channel) for channel in zip(*_SCALE_BGR, strict=True)]
    return np.stack(channels, axis=-1).astype(np.float32)


_COLOURS = _scale()


def valence_colours(valence: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """BGR colours, (..., 3), of an array of valences; beyond [-1, 1] the ends of the scale."""
    steps = ((np.clip(valence, -1, 1) + 1) * 127.5 + 0.5).astype(int)
    return np.asarray(_COLOURS[steps])


def valence_colour(valence: float) -> Colour:
    """BGR: orange where negative, light grey at zero, blue where positive."""
    blue, green, red = valence_colours(np.array(valence)).tolist()
    return blue, green, red


def blend(area: Paint, colour: Colour | Paint, cover: npt.NDArray[np.float32] | float) -> None:
    """Mixes `colour` into `area` (H, W, 3) by `cover`, 0..1: a number or (H, W)."""
    share = cover[..., None] if isinstance(cover, np.ndarray) else cover
    area += (np.asarray(colour, np.float32) - area) * share


@lru_cache(maxsize=128)
def rounded(width: int, height: int, radius: float) -> npt.NDArray[np.float32]:
    """How much of each pixel a rectangle with round corners covers, (height, width), 0..1."""
    x = np.abs(np.arange(width) + 0.5 - width / 2)[None, :] - (width / 2 - radius)
    y = np.abs(np.arange(height) + 0.5 - height / 2)[:, None] - (height / 2 - radius)
    outside = np.hypot(np.maximum(x, 0), np.maximum(y, 0)) + np.minimum(np.maximum(x, y), 0) - radius
    return np.asarray(np.clip(0.5 - outside, 0, 1), np.float32)


# OpenCV carries its own font, whose digits are all equally wide. The face caches its glyphs, and
# nothing says that threads may share it.
_FONT = cv2.FontFace("sans")
_FONT_LOCK = threading.Lock()
_SEMIBOLD = 600


@lru_cache(maxsize=4096)
def text_width(text: str, size: int) -> int:
    """Pixels that the pen moves on when it writes `text` at `size` pixels."""
    with _FONT_LOCK:
        _, _, width, _ = cv2.getTextSize((1, 1), text, (0, 0), _FONT, size, _SEMIBOLD)
    return int(width)


def write(image: Image, text: str, left: float, baseline: float, size: int, colour: Colour) -> None:
    """Writes `text` from `left` on `baseline`; its capitals and digits are 0.7 `size` high."""
    with _FONT_LOCK:
        cv2.putText(image, text, (round(left), round(baseline)), colour, _FONT, size, _SEMIBOLD)


def _corner(x: float, y: float, towards_x: float, towards_y: float, radius: float, arm: float) -> Paint:
    """A bent line around the corner (x, y) whose arms point `towards` (+1 or -1 on each axis)."""
    angles = np.linspace(0, math.pi / 2, 9)
    bend_x = x + towards_x * radius * (1 - np.sin(angles))
    bend_y = y + towards_y * radius * (1 - np.cos(angles))
    start, end = (x + towards_x * arm, y), (x, y + towards_y * arm)
    return np.array([start, *zip(bend_x, bend_y, strict=True), end], np.float32)


def brackets(box: Box, radius: float, arm: float) -> list[Paint]:
    """Four bent lines, (N, 2) points each, that mark the corners of a box."""
    return [
        _corner(x, y, towards_x, towards_y, radius, arm)
        for x, towards_x in ((box.left, 1.0), (box.right, -1.0))
        for y, towards_y in ((box.top, 1.0), (box.bottom, -1.0))
    ]


def dashes(box: Box, radius: float, dash: float) -> list[Paint]:
    """Lines of about `dash` pixels with gaps as long, (N, 2) points each, around a box with round corners."""
    turns = brackets(box, radius, radius)
    top_left, bottom_left, top_right, bottom_right = turns
    outline = np.concatenate([top_left[::-1], top_right, bottom_right[::-1], bottom_left])
    outline = np.concatenate([outline, outline[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(outline, axis=0).T))])
    pieces = max(4, round(float(along[-1]) / (2 * dash)))
    starts = np.arange(pieces) * along[-1] / pieces
    positions = starts[:, None] + np.linspace(0, along[-1] / pieces / 2, 5)[None, :]
    x, y = (np.interp(positions, along, outline[:, axis]) for axis in (0, 1))
    return list(np.stack([x, y], axis=-1).astype(np.float32))


def draw_lines(image: Image, lines: Sequence[Paint], colour: Colour, thickness: int) -> None:
    """Draws open lines, (N, 2) points each, with sub-pixel ends."""
    fixed = [np.rint(line * (1 << SUBPIXEL_BITS)).astype(np.int32) for line in lines]
    cv2.polylines(image, fixed, False, colour, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
