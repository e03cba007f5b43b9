"""One source's faces: a frame in, samples out, in three steps that a pipeline may spread out.

1. `Analyzer.locate`: detect and track, one frame after the other;
2. `ValenceModel.align` and `.read`: no memory, so the faces of many frames and streams go together;
3. `Analyzer.finish`: quality and smoothing, one frame after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference import AttributeModel, Attributes, Crop, Pose, Readings, ValenceModel, open_attributes, poses
from inference.recognition import Recognizer, open_recognizer
from stream.faces.detection import Detection, Detector
from stream.faces.people import Description
from stream.faces.quality import quality
from stream.faces.smoothing import TIME_CONSTANT, Smoother
from stream.faces.stillness import Stillness
from stream.faces.stills import find_in_still, without_doubles
from stream.faces.track import Rules, State, Track
from stream.faces.tracking import Tracker
from stream.frames import Box, Extras, Frame, Sample

Image = npt.NDArray[np.uint8]

# Longer sides in pixels of the picture that a detector is given. By measurement a quarter of VGA
# shows faces of 62 px in VGA and costs 3 ms, half of it 11 ms, all of it 50 ms.
_COARSE = 160
_SWEEPS = ((640, 2.0), (320, 0.5))
"""Looking for small faces that are new: side, and seconds between two such looks."""
_CUT_PAUSE = 0.5
"""Seconds between two such looks where cuts come one after another."""
_LOOK_EVERY = 0.09
"""Seconds from one look at what is seen of a face (eyes, mouth, covers) to the next: a blink takes 0.1 to
0.4."""
_FACE_PIXELS = 18.0
"""The smallest face that is followed keeps at least this size in the detector's picture."""


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

    @property
    def is_open(self) -> bool:
        return self.track.state is State.TENTATIVE

    @property
    def located(self) -> Located | None:
        """The face that it has turned out to be."""
        return Located(self.track.face_id, self.box, self.score) if self.track.face_id else None


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
        self._still = still
        self._tracker = Tracker(rules)
        self._time_constant = time_constant
        self._smoothers: dict[int, Smoother] = {}
        self._latest = -np.inf
        self._swept: dict[int, float] = {}
        """When a sweep of that side, or a larger one, was last made."""

    def locate(self, frame: Frame) -> list[Located]:
        """The faces in `frame`, by face id. Frames come in the order of their times."""
        return self.locate_all(frame)[0]

    def locate_all(self, frame: Frame) -> tuple[list[Located], list[Undecided]]:
        """The same, and what may be faces too: a later frame will tell."""
        if self._still:
            found = find_in_still(self._detector, frame.image)
            return [Located(i, d.box, d.score, d.roll) for i, d in enumerate(found, 1)], []
        small, scale = self._view(frame)
        if self._tracker.cuts_to(small):
            small, scale = self._view(frame, cut=True)
        found = [
            Detection(d.box.scaled(1 / scale), d.score) for d in without_doubles(self._detector.detect(small))
        ]

        def describe(box: Box) -> Description:
            assert self._recognizer is not None
            description: Description = self._recognizer.describe(frame.image, [box])[0]
            return description

        tracks = self._tracker.update(small, scale, found, frame.time, describe)
        undecided = self._tracker.undecided(frame.time)
        return (
            [Located(t.face_id, t.box, t.score) for t in tracks],
            [Undecided(t, t.box, t.score) for t in undecided],
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
                    quality=quality(
                        crop, face.box, face.score, spread, turns[i], attributes[i], frame.image.shape
                    ),
                    score=face.score,
                    extras=extras(turns[i], attributes[i]),
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
            if time - self._looked.get(face.face_id, (-np.inf, None))[0] >= _LOOK_EVERY
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

    def _view(self, frame: Frame, cut: bool = False) -> tuple[Image, float]:
        """The frame as the detector gets it, and its scale: no larger than its faces need.

        After a cut they are others, and any size.
        """
        longest = max(frame.image.shape[:2])
        sizes = [np.sqrt(t.box.area) for t in self._tracker.in_place(frame.time)]
        # With nobody to follow there is time to look closer.
        side: float = _SWEEPS[-1][0]
        if sizes:
            side = max(_COARSE, longest * _FACE_PIXELS / max(float(min(sizes)), 1.0))
        # What was seen just now and may be a face is looked at once more as it was seen.
        side = max([side, *(t.scale * longest for t in self._tracker.undecided(self._latest))])
        self._latest = frame.time
        for sweep, every in _SWEEPS:
            if frame.time - self._swept.get(sweep, -every) >= (min(every, _CUT_PAUSE) if cut else every):
                side = max(side, sweep)
                self._swept.update({other: frame.time for other, _ in _SWEEPS if other <= sweep})
                break
        return shrink(frame.image, min(side, _SWEEPS[0][0]))


def turns_of(crops: Sequence[Crop]) -> list[Pose | None]:
    """How the head of each crop is turned; None where it has no landmarks."""
    points = [crop.landmarks for crop in crops if crop.landmarks is not None]
    found = iter(poses(np.stack(points)) if points else ())
    return [None if crop.landmarks is None else next(found) for crop in crops]


def extras(turn: Pose | None, seen: Attributes | None) -> Extras:
    """What is known of a face beside its valence."""
    known = Extras() if turn is None else Extras(*turn)
    if seen is None:
        return known
    return known._replace(
        eyes_closed=seen.eyes_closed, mouth_covered=seen.mouth_covered, half_covered=seen.half_covered
    )


def shrink(image: Image, side: float) -> tuple[Image, float]:
    """`image` with its longer side at most `side` pixels, and its scale."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale == 1.0:
        return image, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Averaging all pixels of a large frame costs more than the detection: first take every n-th.
    step = int(0.5 / scale)
    if step > 1:
        image = image[::step, ::step]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), size[0] / width
