"""The card beside a face: its id, its valence as a number and a bar, and the curve of the last seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stream.drawing.overlay import (
    INK,
    WHITE,
    Colour,
    Image,
    blend,
    rounded,
    text_width,
    valence_colour,
    valence_colours,
    write,
)
from stream.frames import Box, Sample

CURVE_SECONDS = 3.0
"""How far back the curve reaches."""
_GAP_SECONDS = 0.5
"""Over a longer time without a sample the curve is interrupted."""
_GROUND: Colour = (44, 34, 28)
_TRACK: Colour = (120, 110, 104)
_DIMMED: Colour = (190, 190, 190)
_LONGEST_VALUE = "−0.00"

Curve = Sequence[tuple[float, float]]
"""(time in seconds, valence) of one face, oldest first."""
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Card:
    """The measures of one card, in pixels."""

    size: int
    """Of the text."""
    badge: int
    """Width of the badge with the id."""
    number: int
    """Width of the widest value."""
    curve: int
    """Width of the curve; 0 where there is none."""

    @property
    def margin(self) -> int:
        return max(2, round(0.35 * self.size))

    @property
    def line(self) -> int:
        """Height of the badge and of the line of text."""
        return round(1.2 * self.size)

    @property
    def gauge(self) -> int:
        """Height of the bar from -1 to +1."""
        return max(3, round(0.26 * self.size))

    @property
    def column(self) -> int:
        """Width of badge and value, and of the bar below them."""
        return self.badge + self.margin + self.number

    @property
    def width(self) -> int:
        return self.column + 2 * self.margin + (self.curve + 2 * self.margin if self.curve else 0)

    @property
    def height(self) -> int:
        return self.line + self.gauge + 3 * self.margin


def measure_card(height: int, width: int, sample: Sample, has_curve: bool) -> Card:
    """Sizes the card by the frame's shorter side, in three steps down for smaller faces; always legible.

    Steps, because a size that followed the box would tremble with it.
    """
    short = min(height, width)
    share = sample.box.width / short
    smallest = max(10, round(0.015 * short))
    if share >= 0.18:
        size = max(smallest, round(0.034 * short))
    elif share >= 0.11:
        size = max(smallest, round(0.026 * short))
    else:
        size = smallest
    curve = has_curve and share >= 0.18
    label = text_width(str(sample.face_id), round(0.85 * size))
    badge = max(round(1.2 * size), label + round(0.7 * size))
    return Card(size, badge, text_width(_LONGEST_VALUE, size), round(4.2 * size) if curve else 0)


def place_card(
    shape: tuple[int, ...], card: Card, box: Box, faces: Array, taken: Sequence[Box]
) -> tuple[int, int] | None:
    """Left and top of the card of the face in `box`: above it, or the nearest place where it hides least.

    `shape` is the frame's (height, width), `faces` are all its face boxes (N, 4), `taken` the cards
    that have their place already. None where the frame is smaller than the card.
    """
    room_x, room_y = shape[1] - card.width, shape[0] - card.height
    if room_x < 0 or room_y < 0:
        return None
    gap = max(2, round(0.4 * card.size))
    centre = box.centre[0] - card.width / 2
    above, below = box.top - gap - card.height, box.bottom + gap
    middle = box.centre[1] - card.height / 2
    wanted = [(centre, above), (centre, below)]
    for beside in (box.top, middle):
        wanted += [(box.right + gap, beside), (box.left - gap - card.width, beside)]
    for step in range(1, 7):
        shift = step * (card.height + 1)
        wanted += [(centre, above - shift), (centre, below + shift)]
    places = np.rint(np.clip(np.array(wanted), 0, (room_x, room_y)))
    area = card.width * card.height
    on_cards = _shared_area(places, card, np.array(taken, np.float64).reshape(-1, 4)) / area
    on_faces = _shared_area(places, card, faces) / area
    away = np.hypot(*(places - places[0]).T) / max(shape)
    order = 0.02 * np.arange(len(places))
    left, top = places[np.argmin(100 * on_cards + 2 * on_faces + away + order)]
    return int(left), int(top)


def _shared_area(places: Array, card: Card, boxes: Array) -> Array:
    """Square pixels that a card at each of `places` (N, 2) shares with all `boxes` (M, 4) together, (N,)."""
    left_top = np.maximum(places[:, None, :], boxes[None, :, :2])
    right_bottom = np.minimum(places[:, None, :] + (card.width, card.height), boxes[None, :, 2:])
    sides = np.maximum(right_bottom - left_top, 0)
    return np.asarray(sides.prod(axis=2).sum(axis=1))


def draw_card(
    canvas: Image, card: Card, place: tuple[int, int], sample: Sample, value: float, curve: Curve
) -> None:
    """Paints the card with its left top corner at `place`, dimmed where the detector did not see the face."""
    left, top = place
    area = canvas[top : top + card.height, left : left + card.width]
    paint = area.astype(np.float32)
    seen = sample.score > 0
    colour = valence_colour(value)
    margin, line = card.margin, card.line

    blend(paint, _GROUND, rounded(card.width, card.height, 0.5 * card.size) * (0.82 if seen else 0.6))
    badge = paint[margin : margin + line, margin : margin + card.badge]
    blend(badge, colour, rounded(card.badge, line, line / 2) * (1.0 if seen else 0.55))
    _draw_gauge(paint[-margin - card.gauge : -margin, margin : margin + card.column], value)
    if card.curve:
        start = card.column + 3 * margin
        _draw_curve(paint[margin:-margin, start : start + card.curve], curve, sample.time)
    area[:] = (paint + 0.5).astype(np.uint8)

    baseline = top + margin + line / 2 + 0.36 * card.size
    label, small = str(sample.face_id), round(0.85 * card.size)
    middle = left + margin + card.badge / 2
    write(canvas, label, middle - text_width(label, small) / 2, baseline - 0.05 * card.size, small, INK)
    number = f"{value:+.2f}".replace("-", "−")
    number = "0.00" if number in ("+0.00", "−0.00") else number
    start = left + margin + card.column - text_width(number, card.size)
    write(canvas, number, start, baseline, card.size, WHITE if seen else _DIMMED)


def _draw_gauge(area: Array, value: float) -> None:
    """A bar from -1 to +1, filled from its middle to the value."""
    height, width = area.shape[:2]
    shape = rounded(width, height, height / 2)
    blend(area, _TRACK, shape * 0.8)
    middle = width / 2
    end = middle * (1 + max(-1.0, min(1.0, value)))
    columns = np.arange(width)
    filled = np.minimum(columns + 1, max(middle, end)) - np.maximum(columns, min(middle, end))
    blend(area, valence_colour(value), shape * np.clip(filled, 0, 1).astype(np.float32))
    tick = np.clip(0.5 + max(1.0, height / 4) / 2 - np.abs(columns + 0.5 - middle), 0, 1).astype(np.float32)
    blend(area, WHITE, np.broadcast_to(tick, (height, width)))


def _draw_curve(area: Array, curve: Curve, now: float) -> None:
    """The last seconds, newest at the right edge, zero at half height, filled between zero and the value."""
    height, width = area.shape[:2]
    times, values = np.array(curve, np.float64).T
    columns = now - CURVE_SECONDS * (1 - (np.arange(width) + 1) / width)
    after = np.clip(np.searchsorted(times, columns), 1, max(1, len(times) - 1))
    known = (columns >= times[0]) & (columns <= times[-1] + _GAP_SECONDS)
    if len(times) > 1:
        known &= (times[after] - times[after - 1] <= _GAP_SECONDS) | (columns >= times[-1])
    value = np.interp(columns, times, values)
    zero = height / 2
    level = zero - np.clip(value, -1, 1) * (zero - 1.5)
    rows = np.arange(height)[:, None]
    fill = np.minimum(rows + 1, np.maximum(level, zero)) - np.maximum(rows, np.minimum(level, zero))
    stroke = max(1.3, height / 18)
    slope = np.gradient(level) if width > 1 else np.zeros(width)
    distance = np.abs(rows + 0.5 - level) / np.hypot(1, slope)
    line = np.clip(0.5 + stroke / 2 - distance, 0, 1)
    colours = np.broadcast_to(valence_colours(value), area.shape)

    axis = area[round(zero - 0.5) : round(zero - 0.5) + 1]
    blend(axis, WHITE, 0.25)
    blend(area, colours, (np.clip(fill, 0, 1) * known * 0.40).astype(np.float32))
    blend(area, colours, (line * known).astype(np.float32))
