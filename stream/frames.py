"""What flows through the system: frames in, samples out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Box(NamedTuple):
    """A rectangle in pixels of the frame as displayed; may reach outside it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def scaled(self, factor: float) -> Box:
        """The same rectangle in a picture that is `factor` times as large."""
        return Box(*(edge * factor for edge in self))


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a.area + b.area - width * height)


@dataclass(frozen=True)
class Frame:
    """One picture of a source."""

    image: npt.NDArray[np.uint8]
    """(H, W, 3), BGR, as displayed: upright, its pixels square. All frames of a recording have the size of
    its first, so that boxes keep their unit where the picture changes size."""
    index: int
    """0-based."""
    time: float
    """Seconds from the start of the source (its sound may come first), by its own presentation timestamps."""


class Extras(NamedTuple):
    """What networks tell of a face beside its valence, each None where none does."""

    roll: float | None = None
    """Degrees by which the head is turned: clockwise as seen, ..."""
    yaw: float | None = None
    """... to the right of the picture, ..."""
    pitch: float | None = None
    """... and up."""
    eyes_closed: float | None = None
    """Probabilities, 0..1: that its eyes are closed, ..."""
    mouth_covered: float | None = None
    """... that its mouth is behind a mask, a hand or a cup, ..."""
    half_covered: float | None = None
    """... and that its left or right half is behind something."""
    valence_error: float | None = None
    """One standard error of the valence: of raters' means, 68 % lie within it, 95 % within two."""
    arousal: float | None = None
    """How calm (-1) or excited (1) the expression looks."""
    expression_neutral: float | None = None
    """Shares that raters would give to each of `inference.EXPRESSIONS`, in their order, 0..1."""
    expression_happiness: float | None = None
    expression_surprise: float | None = None
    expression_sadness: float | None = None
    expression_anger: float | None = None
    expression_disgust: float | None = None
    expression_fear: float | None = None
    expression_contempt: float | None = None


NOTHING_ELSE = Extras()


@dataclass(frozen=True)
class Sample:
    """One face in one frame."""

    time: float
    frame: int
    face_id: int
    box: Box
    valence: float
    """The model's raw output, in [-1, 1]."""
    smoothed: float
    """Causal filter over this face's raw values."""
    quality: float
    """0..1: can this crop be trusted?"""
    score: float
    """0..1, the detector's confidence; 0 where the tracker carried the face without it."""
    extras: Extras = NOTHING_ELSE
