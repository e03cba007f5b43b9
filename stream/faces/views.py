"""Which views of a frame the detector gets: small ones as a rule, larger and turned ones now and then.

A face that is followed and that the usual view does not show well is looked at closely
(`stream.faces.closer`); so the usual view need not show small faces, as long as there are few, and new ones
are what larger views (sweeps) and turned ones are for.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from stream.faces.detection import Detection, Detector
from stream.faces.light import detect_lit
from stream.faces.sides import detect_mirrored, detect_turned
from stream.faces.stills import without_doubles
from stream.faces.tracking import Tracker
from stream.frames import Frame, iou

Image = npt.NDArray[np.uint8]

# Longer sides in pixels of the picture that a detector is given. By measurement a quarter of VGA
# shows faces of 62 px in VGA and costs 0.8 ms, half of it 2.4 ms, all of it 10 ms.
COARSE = 160
SWEEPS = ((640, 1.0), (320, 0.33))
"""Looking for small faces that are new: side, and seconds between two such looks."""
_CUT_PAUSE = 0.5
"""Seconds between two such looks where cuts come one after another."""
FACE_PIXELS = 18.0
"""The smallest face that is followed in the usual view keeps at least this size there."""
_TURNS = (90.0, -90.0, 180.0)
"""Degrees by which heads may be turned that nobody knows of yet: quarter turns, for between them the
detector sees what is tilted."""
_TURNED_SIDE = 320
_TURNED_EVERY = 1.0
"""Seconds between two views that are turned, where somebody is followed."""
_ALONE_EVERY = 0.1
"""... and where nobody is."""
_KNOWN = 0.2
"""Overlap with a face that is followed from which a turned view says nothing new."""
_TURNED_SURE = 0.7
"""Least score of a face that only a turned view shows."""


class Views:
    """What one source's frames show, and when they were last looked at how. For one thread at a time."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._latest = -math.inf
        self._swept: dict[int, float] = {}
        """When a sweep of that side, or a larger one, was last made."""
        self._swept_at = -math.inf
        self._turned, self._turn = -math.inf, 0

    def detect(self, frame: Frame, tracker: Tracker) -> tuple[Image, float, list[Detection]]:
        """The usual view, its scale, and what was detected in all views, in pixels of the frame."""
        view, scale = self._view(frame, tracker)
        cut = tracker.cuts_to(view)
        if cut:
            view, scale = self._view(frame, tracker, cut=True)
        if self._swept_at == frame.time:
            found = detect_mirrored(self._detector, view, scale)
        else:
            found = [face.from_view(scale) for face in detect_lit(self._detector, view)]
        turns = self._turns(frame, tracker, cut)
        if turns:
            small, small_scale = shrink(frame.image, _TURNED_SIDE)
            # They are for new faces: who is followed is seen better otherwise.
            known = [] if cut else [t.predicted(frame.time) for t in tracker.in_place(frame.time)]
            found += [
                face
                for turn in turns
                for face in detect_turned(self._detector, small, small_scale, turn)
                if face.score >= _TURNED_SURE and all(iou(face.box, box) < _KNOWN for box in known)
            ]
        return view, scale, without_doubles(found)

    def _view(self, frame: Frame, tracker: Tracker, cut: bool = False) -> tuple[Image, float]:
        """The frame as the detector gets it, and its scale: no larger than its faces need.

        After a cut they are others, and any size.
        """
        longest = max(frame.image.shape[:2])
        looks = tracker.rules.looks
        sizes = sorted(np.sqrt(t.box.area) for t in tracker.in_place(frame.time))
        # With nobody to follow there is time to look closer.
        side: float = COARSE if sizes else SWEEPS[-1][0]
        if len(sizes) > looks:
            side = max(side, longest * FACE_PIXELS / max(float(sizes[looks]), 1.0))
        undecided = tracker.undecided(self._latest)
        if len(undecided) > looks:
            # What was seen just now and may be a face is looked at once more as it was seen.
            side = max([side, *(t.scale * longest for t in undecided)])
        self._latest = frame.time
        for sweep, every in SWEEPS:
            if frame.time - self._swept.get(sweep, -every) >= (min(every, _CUT_PAUSE) if cut else every):
                side, self._swept_at = max(side, sweep), frame.time
                self._swept.update({other: frame.time for other, _ in SWEEPS if other <= sweep})
                break
        return shrink(frame.image, min(side, SWEEPS[0][0]))

    def _turns(self, frame: Frame, tracker: Tracker, cut: bool) -> list[float]:
        """By how much the frame is turned to look for heads that nobody knows of yet."""
        since = frame.time - self._turned
        if math.isinf(since) or (cut and since >= _CUT_PAUSE):
            self._turned = frame.time
            return list(_TURNS)
        # With nobody to follow there is time for this, too.
        if since < (_TURNED_EVERY if tracker.in_place(frame.time) else _ALONE_EVERY):
            return []
        self._turned, self._turn = frame.time, self._turn + 1
        return [_TURNS[self._turn % len(_TURNS)]]


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
