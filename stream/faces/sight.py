"""One frame as the tracker meets it."""

from __future__ import annotations

from collections.abc import Sequence

from stream.faces.detection import Detection
from stream.faces.looks import Image, looks_of
from stream.faces.people import Describe, Description
from stream.faces.track import Rules
from stream.frames import Box

_LEAST = 24.0
"""Pixels of a face's side below which it is not described: it would be like everybody and nobody."""

_HIDDEN = 0.3
"""Share of a face in another's box from which its description would be of both."""


class Sight:
    """The detections of a frame, what they look like and, for whom it is asked, who they are."""

    def __init__(
        self,
        image: Image,
        scale: float,
        detections: Sequence[Detection],
        time: float,
        describe: Describe | None,
        rules: Rules,
    ) -> None:
        self.image, self.scale, self.detections, self.time = image, scale, detections, time
        self.looks = [looks_of(image, d.box.scaled(scale)) for d in detections]
        self.alone = [
            all(covered(d.box, other.box) < rules.touching for other in detections if other is not d)
            for d in detections
        ]
        """By detection: whether nobody else is in its box, so that its looks are its own."""
        self._start = rules.start
        self.describes = describe is not None
        self._describe = describe
        self._described: dict[int, Description] = {}

    def who(self, index: int) -> Description | None:
        """A description of the face of a detection; None where it could not be trusted."""
        box = self.detections[index].box
        if self._describe is None or box.area < _LEAST**2 or self._is_hidden(index):
            return None
        if index not in self._described:
            self._described[index] = self._describe(box)
        return self._described[index]

    def _is_hidden(self, index: int) -> bool:
        """Whether another face covers much of it. A weak detection beside it may be none."""
        return any(
            other.score >= self._start and covered(self.detections[index].box, other.box) > _HIDDEN
            for k, other in enumerate(self.detections)
            if k != index
        )


def covered(a: Box, b: Box) -> float:
    """The share of `a` that lies in `b`."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(width, 0.0) * max(height, 0.0) / max(a.area, 1e-6)
