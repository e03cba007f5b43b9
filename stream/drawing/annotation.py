"""Results drawn on the picture: each face's corners, and a card with its id, its valence and its curve."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from stream.drawing.cards import CURVE_SECONDS, Curve, draw_card, measure_card, place_card
from stream.drawing.overlay import INK, Image, brackets, dashes, draw_lines, valence_colour
from stream.frames import Box, Sample


class Curves:
    """The smoothed valence of the last seconds, by face id, as the cards draw it."""

    def __init__(self) -> None:
        self._points: dict[int, deque[tuple[float, float]]] = {}

    def add(self, time: float, samples: Sequence[Sample]) -> Mapping[int, Curve]:
        """Takes one frame's samples, forgets what is too old, and returns what remains."""
        for sample in samples:
            self._points.setdefault(sample.face_id, deque()).append((time, sample.smoothed))
        for face_id, points in list(self._points.items()):
            while points and points[0][0] < time - CURVE_SECONDS:
                points.popleft()
            if not points:
                del self._points[face_id]
        return self._points


def annotate(image: Image, samples: Sequence[Sample], curves: Mapping[int, Curve] | None = None) -> Image:
    """A copy of `image`, uint8 (H, W, 3) BGR, with the frame's samples drawn on it.

    With `curves`, as on a video, a card shows the smoothed valence and, where the face is large
    enough, its curve; without, as on a still, the raw valence. Corners are whole where the detector
    saw the face, and thinly dashed where only the tracker carried it (score 0). A card stays inside
    the frame and keeps clear of the other cards as far as there is room; where the frame is
    smaller than a card there is none.
    """
    canvas = image.copy()
    for sample in samples:
        _mark(canvas, sample, _value(sample, curves))
    taken: list[Box] = []
    faces = np.array([sample.box for sample in samples], np.float64).reshape(-1, 4)
    # In the order of the ids, so that cards do not change places when faces change in size.
    for sample in sorted(samples, key=lambda sample: sample.face_id):
        curve = (curves or {}).get(sample.face_id, ())
        card = measure_card(canvas.shape[0], canvas.shape[1], sample, bool(curve))
        place = place_card(canvas.shape[:2], card, sample.box, faces, taken)
        if place is not None:
            taken.append(Box(*place, place[0] + card.width, place[1] + card.height))
            draw_card(canvas, card, place, sample, _value(sample, curves), curve)
    return canvas


def save_annotated_image(path: Path, image: Image, samples: Sequence[Sample]) -> None:
    """Writes a still with its samples as a JPEG.

    Raises:
        OSError: the file cannot be written.
    """
    _, encoded = cv2.imencode(".jpg", annotate(image, samples), [cv2.IMWRITE_JPEG_QUALITY, 92])
    path.write_bytes(encoded.tobytes())


def _value(sample: Sample, curves: Mapping[int, Curve] | None) -> float:
    return sample.valence if curves is None else sample.smoothed


def _mark(canvas: Image, sample: Sample, value: float) -> None:
    """The corners of the face, in the colour of its valence on a dark line that shows on any ground."""
    box = sample.box
    side = min(box.width, box.height)
    if side < 2:
        return
    short = min(canvas.shape[:2])
    line = max(1, round(min(short / 240, side / 24)))
    halo = line + 2 * max(1, round(line / 3))
    radius = 0.16 * side
    if sample.score > 0:
        lines = brackets(box, radius, 0.30 * side)
    else:
        lines = dashes(box, radius, max(2.5, min(0.06 * side, short / 60)))
        line, halo = max(1, line - 1), 0
    if halo:
        draw_lines(canvas, lines, INK, halo)
    draw_lines(canvas, lines, valence_colour(value), line)
