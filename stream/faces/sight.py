"""One frame as the tracker meets it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stream.faces.closer import Look
from stream.faces.detection import Detection
from stream.faces.looks import Image, Looks, looks_of
from stream.faces.people import Describe, Description
from stream.faces.track import Rules
from stream.frames import Box

_LEAST = 24.0
"""Pixels of a face's side below which it is not described, or looked at: it would be like everybody and
nobody."""

_HIDDEN = 0.3
"""Share of a face in another's box, or beyond the picture, from which its description would be of both,
or of half a face."""


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
        whole: Image,
        look: Look | None,
    ) -> None:
        self.image, self.scale, self.time, self.whole = image, scale, time, whole
        self.look = look
        self.detections = list(detections)
        self.looks = [self._looks_of(d.box) for d in detections]
        self._rules = rules
        self.alone = self._are_alone()
        """By detection: whether nobody else is in its box, so that its looks are its own."""
        self.describes = describe is not None
        self._describe = describe
        self._described: dict[int, Description] = {}

    def add(self, detection: Detection) -> int:
        """Takes a detection in that a closer look has given; its number."""
        self.detections.append(detection)
        self.looks.append(self._looks_of(detection.box))
        self.alone.append(self._is_alone(len(self.detections) - 1))
        return len(self.detections) - 1

    def replace(self, index: int, detection: Detection) -> None:
        """Puts what a closer look has given in the place of a detection."""
        self.detections[index] = detection
        self.looks[index] = self._looks_of(detection.box)
        self._described.pop(index, None)

    def _looks_of(self, box: Box) -> Looks:
        """From the view, or, where that shows too little of the face, from the frame itself."""
        if box.area * self.scale**2 < _LEAST**2:
            return looks_of(self.whole, box)
        return looks_of(self.image, box.scaled(self.scale))

    def _are_alone(self) -> list[bool]:
        """`_is_alone` of all at once."""
        left, top, right, bottom = np.array([d.box for d in self.detections]).reshape(-1, 4).T
        width = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
        height = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
        areas = np.maximum((right - left) * (bottom - top), 1e-6)
        shared = np.maximum(width, 0) * np.maximum(height, 0) / areas[:, None]
        np.fill_diagonal(shared, 0)
        return [bool(most < self._rules.touching) for most in shared.max(axis=1, initial=0)]

    def _is_alone(self, index: int) -> bool:
        box = self.detections[index].box
        return all(
            covered(box, other.box) < self._rules.touching
            for k, other in enumerate(self.detections)
            if k != index
        )

    def who(self, index: int) -> Description | None:
        """A description of the face of a detection; None where it could not be trusted."""
        box, roll = self.detections[index].box, self.detections[index].roll
        if self._describe is None or box.area < _LEAST**2 or self._is_hidden(index) or self._is_cut(box):
            return None
        if index not in self._described:
            self._described[index] = self._describe(box, roll or 0.0)
        return self._described[index]

    def is_whole(self, index: int) -> bool:
        """Whether all of a face is surely seen; where nobody looks closely, it is."""
        return self.look is None or self.look.is_whole(self.detections[index])

    def _is_cut(self, box: Box) -> bool:
        """Whether much of a face is beyond the picture."""
        height, width = self.whole.shape[:2]
        return covered(box, Box(0, 0, width, height)) < 1 - _HIDDEN

    def _is_hidden(self, index: int) -> bool:
        """Whether another face covers much of it. A weak detection beside it may be none."""
        return any(
            other.score >= self._rules.start and covered(self.detections[index].box, other.box) > _HIDDEN
            for k, other in enumerate(self.detections)
            if k != index
        )


def covered(a: Box, b: Box) -> float:
    """The share of `a` that lies in `b`."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(width, 0.0) * max(height, 0.0) / max(a.area, 1e-6)
