"""One source's faces: a frame in, samples out, in three steps that a pipeline may spread out.

1. `Analyzer.locate`: detect and track, one frame after the other;
2. `ValenceModel.align` and `.read`: no memory, so the faces of many frames and streams go together;
3. `Analyzer.finish`: quality and smoothing, one frame after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference import Crop, Readings, ValenceModel
from inference.landmarks import open_landmarks
from inference.recognition import Recognizer, open_recognizer
from stream.faces.detection import Detector
from stream.faces.people import Description
from stream.faces.quality import quality
from stream.faces.sides import CloseLook
from stream.faces.smoothing import TIME_CONSTANT, Smoother
from stream.faces.stills import find_in_still
from stream.faces.track import Rules, State, Track
from stream.faces.tracking import Tracker
from stream.faces.views import Views
from stream.frames import Box, Frame, Sample

Image = npt.NDArray[np.uint8]


_TILTED = 25.0
"""Degrees of roll up to which the landmarks of a face are found as it is."""


@dataclass(frozen=True)
class Located:
    """A face that is in a frame, before anything is read from it."""

    face_id: int
    box: Box
    score: float
    roll: float = 0.0
    """Degrees by which the head is turned in the picture, clockwise, as far as is known."""


@dataclass(frozen=True)
class Undecided:
    """What may be a face: its track will be confirmed, or not."""

    track: Track
    box: Box
    score: float
    roll: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.track.state is State.TENTATIVE

    @property
    def located(self) -> Located | None:
        """The face that it has turned out to be."""
        if not self.track.face_id:
            return None
        return Located(self.track.face_id, self.box, self.score, self.roll)


class Analyzer:
    """Detection, tracking, quality and smoothing of one source. For one thread at a time."""

    def __init__(
        self,
        detector: Detector,
        *,
        still: bool = False,
        time_constant: float = TIME_CONSTANT,
        rules: Rules | None = None,
        recognizer: Recognizer | None = None,
    ) -> None:
        """By default people are told apart by the network that comes along."""
        self._detector = detector
        self._recognizer = recognizer if recognizer or still else open_recognizer()
        self._landmarks = open_landmarks()
        self._still = still
        self._tracker = Tracker(rules)
        self._time_constant = time_constant
        self._smoothers: dict[int, Smoother] = {}
        self._views = Views(detector)

    def locate(self, frame: Frame) -> list[Located]:
        """The faces in `frame`, by face id. Frames come in the order of their times."""
        return self.locate_all(frame)[0]

    def locate_all(self, frame: Frame) -> tuple[list[Located], list[Undecided]]:
        """The same, and what may be faces too: a later frame will tell."""
        if self._still:
            found = find_in_still(self._detector, frame.image)
            return [Located(i, d.box, d.score, d.roll or 0.0) for i, d in enumerate(found, 1)], []
        view, scale, found = self._views.detect(frame, self._tracker)

        def describe(box: Box, roll: float) -> Description:
            assert self._recognizer is not None
            rolls = [_handed_on(roll)]
            description: Description = self._recognizer.describe(frame.image, [box], rolls)[0]
            return description

        look = CloseLook(self._detector, self._landmarks, frame.image)
        tracks = self._tracker.update(view, scale, found, frame.time, describe, look, frame.image)
        undecided = self._tracker.undecided(frame.time)
        return (
            [Located(t.face_id, t.box, t.score, _handed_on(t.roll)) for t in tracks],
            [Undecided(t, t.box, t.score, _handed_on(t.roll)) for t in undecided],
        )

    def finish(
        self, frame: Frame, located: Sequence[Located], crops: Sequence[Crop], readings: Readings
    ) -> list[Sample]:
        """The samples of one frame, from the crops and readings of its located faces."""
        samples = []
        for i, (face, crop) in enumerate(zip(located, crops, strict=True)):
            raw = float(readings.valence[i])
            spread = None if readings.spread is None else float(readings.spread[i])
            smoother = self._smoothers.setdefault(face.face_id, Smoother(self._time_constant))
            samples.append(
                Sample(
                    time=frame.time,
                    frame=frame.index,
                    face_id=face.face_id,
                    box=face.box,
                    valence=raw,
                    smoothed=smoother(frame.time, raw),
                    quality=quality(crop, face.box, face.score, spread),
                    score=face.score,
                )
            )
        return samples

    def analyze(self, frame: Frame, model: ValenceModel) -> list[Sample]:
        """All three steps at once."""
        located = self.locate(frame)
        crops = model.align(frame.image, [face.box for face in located], [face.roll for face in located])
        return self.finish(frame, located, crops, model.read(crops))


def _handed_on(roll: float) -> float:
    """The roll by which alignment turns a face back: none where the landmarks hold as it is, so that what
    was measured of an upright face does not shake with it."""
    return roll if abs(roll) > _TILTED else 0.0
