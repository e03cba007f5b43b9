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

from inference import AttributeModel, Attributes, Crop, Readings, ValenceModel, open_attributes
from inference.landmarks import open_landmarks
from inference.recognition import Recognizer, open_recognizer
from stream.faces.detection import Detector
from stream.faces.humans import only_humans
from stream.faces.people import Description
from stream.faces.quality import quality
from stream.faces.seen import extras, turns_of
from stream.faces.sides import CloseLook
from stream.faces.smoothing import TIME_CONSTANT, Smoother
from stream.faces.stillness import Stillness
from stream.faces.stills import find_in_still
from stream.faces.track import Rules, State, Track
from stream.faces.tracking import Tracker
from stream.faces.views import Views
from stream.frames import Box, Frame, Sample

Image = npt.NDArray[np.uint8]


_TILTED = 25.0
"""Degrees of roll up to which the landmarks of a face are found as it is."""
LOOK_EVERY = 0.09
"""Seconds from one look at what is seen of a face (eyes, mouth, covers) to the next: a blink takes 0.1 to
0.4."""


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
        attributes: AttributeModel | None = None,
    ) -> None:
        """By default people are told apart, and looked at, by the networks that come along."""
        self._detector = detector
        self._attributes = attributes or open_attributes()
        self._stillness = Stillness()
        self._looked: dict[int, tuple[float, Attributes | None]] = {}
        """When it was last looked at what is seen of a face, and what that is."""
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
            found = only_humans(self._attributes, frame.image, find_in_still(self._detector, frame.image))
            return [Located(i, d.box, d.score, d.roll or 0.0) for i, d in enumerate(found, 1)], []
        view, scale, found = self._views.detect(frame, self._tracker)

        def describe(box: Box, roll: float) -> Description:
            assert self._recognizer is not None
            rolls = [_handed_on(roll)]
            description: Description = self._recognizer.describe(frame.image, [box], rolls)[0]
            return description

        look = CloseLook(self._detector, self._landmarks, self._attributes, frame.image)
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
        attributes, turns = self._seen(frame.time, located, crops), turns_of(crops)
        for i, (face, crop) in enumerate(zip(located, crops, strict=True)):
            raw = float(readings.valence[i])
            spread = None if readings.spread is None else float(readings.spread[i])
            good = quality(crop, face.box, face.score, spread, turns[i], attributes[i], frame.image.shape)
            smoother = self._smoothers.setdefault(face.face_id, Smoother(self._time_constant))
            self._stillness.see(frame.image, frame.time, face.face_id, face.box)
            samples.append(
                Sample(
                    time=frame.time,
                    frame=frame.index,
                    face_id=face.face_id,
                    box=face.box,
                    valence=raw,
                    smoothed=smoother(frame.time, raw),
                    quality=good,
                    score=face.score,
                    extras=extras(turns[i], attributes[i], readings, i, good),
                )
            )
        return samples

    def _seen(
        self, time: float, located: Sequence[Located], crops: Sequence[Crop]
    ) -> list[Attributes | None]:
        """What is seen of each face: now, or a moment ago."""
        due = [
            i
            for i, face in enumerate(located)
            if time - self._looked.get(face.face_id, (-np.inf, None))[0] >= LOOK_EVERY
        ]
        for i, seen in zip(due, self._attributes.read([crops[i] for i in due]), strict=True):
            self._looked[located[i].face_id] = (time, seen)
        return [self._looked[face.face_id][1] for face in located]

    @property
    def still_faces(self) -> list[int]:
        """The faces that have not moved so far: pictures of people, rather."""
        return self._stillness.still

    def analyze(self, frame: Frame, model: ValenceModel) -> list[Sample]:
        """All three steps at once."""
        located = self.locate(frame)
        crops = model.align(frame.image, [face.box for face in located], [face.roll for face in located])
        return self.finish(frame, located, crops, model.read(crops))


def _handed_on(roll: float) -> float:
    """The roll by which alignment turns a face back: none where the landmarks hold as it is, so that what
    was measured of an upright face does not shake with it."""
    return roll if abs(roll) > _TILTED else 0.0
