"""Following faces from frame to frame, so that each person keeps one identity.

Detections are matched to tracks by place and looks (Hungarian method, Kuhn 1955). Where a track finds
no detection, a dlib correlation tracker (Danelljan et al. 2014) carries its box until the detector
sees the face again or the face is no longer what lies under the box. Where there are several people, only
looks count across a cut (`stream.faces.cuts`).

Times come with the frames; there is no clock in here.
"""

from __future__ import annotations

from collections.abc import Sequence

import dlib
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from stream.faces.cuts import Outline, is_cut, outline
from stream.faces.detection import Detection
from stream.faces.looks import Image, Looks, likeness, looks_of
from stream.faces.track import Rules, State, Track
from stream.frames import Box, iou

_DEAREST = 2.0
"""The most that a pairing costs..."""
_FORBIDDEN = 2.2
"""... and what it costs to leave a track without one: little enough that no good pair is broken for it."""


class Tracker:
    """All the faces of one source. Not for several threads at once."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._tracks: list[Track] = []
        self._next_id = 1
        self._previous: tuple[Image, float] | None = None
        self._outline: Outline | None = None

    @property
    def tracks(self) -> Sequence[Track]:
        """Every track that has not ended."""
        return tuple(self._tracks)

    def update(self, image: Image, scale: float, detections: Sequence[Detection], time: float) -> list[Track]:
        """Takes one frame and returns the confirmed tracks that are in it, by face id.

        `detections` are in pixels of the frame; `image` (BGR) is the frame at `scale`, for looks
        and carrying.
        """
        r = self._rules
        now = outline(image)
        cut = self._outline is not None and is_cut(self._outline, now)
        # One face before a cut and one after it in the same place: rather one person, whose recording jumps.
        several = len(detections) > 1 or sum(t.state is not State.LOST for t in self._tracks) > 1
        looks = [looks_of(image, d.box.scaled(scale)) for d in detections]
        alone = [
            all(_covered(d.box, other.box) < r.touching for other in detections if other is not d)
            for d in detections
        ]
        if cut and several:
            self._forget_places()
        pairs = self._match(detections, looks, alone, time)
        for track, index in pairs:
            self._seen(track, detections[index], looks[index] if alone[index] else None, time)
        taken = {index for _, index in pairs}
        matched = {id(track) for track, _ in pairs}

        present = [t.box for t, _ in pairs]
        for track in self._tracks:
            if id(track) not in matched:
                self._unseen(track, image, scale, time, present)
        for index, detection in enumerate(detections):
            new = index not in taken and detection.score >= r.start
            beside = any(_apart(detection.box, d.box) < r.close for d in detections if d is not detection)
            patience = r.keep if not alone[index] else r.doubt if beside else 0.0
            awaited = self._is_awaited(detection.box, time - patience)
            if new and not awaited and not self._is_double(detection.box):
                self._start(detection, looks[index], time)

        self._previous, self._outline = (image, scale), now
        self._tracks = [t for t in self._tracks if t.state is not State.ENDED]
        here = [t for t in self._tracks if t.state is State.CONFIRMED and t.time == time]
        return sorted(here, key=lambda t: t.face_id)

    def _match(
        self, detections: Sequence[Detection], looks: Sequence[Looks], alone: Sequence[bool], time: float
    ) -> list[tuple[Track, int]]:
        """The pairing of tracks with detections by place and looks.

        In turn: those in view, those who went missing, those who are not sure yet. What is left by the
        ones is there for the next; so a false detection cannot push a face to somebody who is not there.
        """
        pairs: list[tuple[Track, int]] = []
        for state in (State.CONFIRMED, State.LOST, State.TENTATIVE):
            tracks = [t for t in self._tracks if t.state is state]
            taken = {index for _, index in pairs}
            free = [j for j in range(len(detections)) if j not in taken]
            cost = np.full((len(tracks), len(free)), _FORBIDDEN)
            for i, track in enumerate(tracks):
                expected = track.predicted(time)
                for k, j in enumerate(free):
                    alike = likeness(track.looks, looks[j])
                    if track.unplaced:
                        cost[i, k] = 1 - alike if alike > self._rules.alike_after_cut else _FORBIDDEN
                    elif self._allowed(track, expected, detections[j], alike, alone[j], time):
                        apart = _apart(expected, detections[j].box)
                        overlap = iou(expected, detections[j].box)
                        cost[i, k] = min((1 - overlap) + 1.5 * (1 - alike) + 0.2 * apart, _DEAREST)
            pairs += [(tracks[i], free[k]) for i, k in _cheapest(cost)]
        return pairs

    def _forget_places(self) -> None:
        """After a cut: nobody is where they were."""
        for track in self._tracks:
            track.state = State.ENDED if track.state is State.TENTATIVE else State.LOST
            track.carrier, track.unplaced = None, True
        self._tracks = [t for t in self._tracks if t.state is not State.ENDED]

    def _allowed(
        self, track: Track, expected: Box, detection: Detection, alike: float, alone: bool, time: float
    ) -> bool:
        r, found = self._rules, detection.box
        if track.state is State.LOST and detection.score < r.start:
            return False
        ratio = np.sqrt(max(found.area, 1.0) / max(expected.area, 1.0))
        if not 1 / r.size_ratio < ratio < r.size_ratio:
            return False
        unseen = time - track.seen
        apart = _apart(expected, found)
        if apart > min(r.reach + r.reach_rate * unseen, r.reach_most):
            return False
        near = iou(expected, found) > 0.4 and track.state is not State.LOST
        return alike > (0.0 if near or not alone else r.alike)

    def _seen(self, track: Track, detection: Detection, looks: Looks | None, time: float) -> None:
        """Moves the track to its detection; `looks` is None where somebody else is in the picture."""
        gap = time - track.time
        (x0, y0), (x1, y1) = track.box.centre, detection.box.centre
        if gap > 0 and track.state is not State.LOST:
            # Detections shake by a pixel or two; a velocity is only good over several frames.
            keep = float(np.exp(-gap / 0.15))
            vx, vy = track.velocity
            track.velocity = (
                keep * vx + (1 - keep) * (x1 - x0) / gap,
                keep * vy + (1 - keep) * (y1 - y0) / gap,
            )
        else:
            track.velocity = (0.0, 0.0)
        track.box, track.score = detection.box, detection.score
        if looks is not None:
            mixed = track.looks + 0.1 * looks
            track.looks = np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32)
        track.carrier, track.unplaced = None, False
        track.evidence += detection.score - 0.5
        track.time = track.seen = time
        if track.state is State.TENTATIVE and track.evidence >= self._rules.evidence:
            self._confirm(track)
        elif track.state is State.LOST:
            track.state = State.CONFIRMED

    def _unseen(self, track: Track, image: Image, scale: float, time: float, present: Sequence[Box]) -> None:
        if track.state is State.TENTATIVE:
            if time - track.seen > self._rules.tentative:
                track.state = State.ENDED
            return
        if time - track.seen > self._rules.keep:
            track.state = State.ENDED
            return
        if track.state is State.CONFIRMED and not self._carry(track, image, scale, time, present):
            track.state = State.LOST
            track.carrier = None

    def _carry(self, track: Track, image: Image, scale: float, time: float, present: Sequence[Box]) -> bool:
        """Moves the track's box by what it looks like; False where that is no longer its face."""
        r = self._rules
        if time - track.seen > r.carry or self._previous is None:
            return False
        if track.carrier is None:
            before, before_scale = self._previous
            if before.shape != image.shape:
                return False
            track.carrier = dlib.correlation_tracker()
            track.carrier.start_track(_rgb(before), _rectangle(track.box.scaled(before_scale)))
        confidence = track.carrier.update(_rgb(image))
        at = track.carrier.get_position()
        box = Box(at.left(), at.top(), at.right(), at.bottom())
        height, width = image.shape[:2]
        x, y = box.centre
        inside = 0 <= x < width and 0 <= y < height
        box = box.scaled(1 / scale)
        if confidence < r.carry_confidence or not inside:
            return False
        if any(_covered(box, other) > 0.35 for other in present):
            return False  # somebody stands in front: what moves on is not this face
        if likeness(track.looks, looks_of(image, box.scaled(scale))) < r.carry_alike:
            return False
        track.box, track.score, track.time = box, 0.0, time
        return True

    def _is_double(self, box: Box) -> bool:
        """Whether a track that is in the frame already covers this detection."""
        return any(
            t.state in (State.CONFIRMED, State.TENTATIVE)
            and max(_covered(box, t.box), _covered(t.box, box)) > self._rules.nested
            for t in self._tracks
        )

    def _is_awaited(self, box: Box, since: float) -> bool:
        """Whether it may be somebody who went missing there after `since`, still half behind somebody else:
        then it is better to wait until it is clear who comes out."""
        return any(
            t.state is State.LOST
            and not t.unplaced
            and t.seen > since
            and _apart(t.box, box) < self._rules.reach_most
            for t in self._tracks
        )

    def _start(self, detection: Detection, looks: Looks, time: float) -> None:
        track = Track(detection.box, detection.score, time, time, looks, evidence=detection.score - 0.5)
        self._tracks.append(track)
        first = self._previous is None and detection.score >= self._rules.at_once
        if first or track.evidence >= self._rules.evidence:
            self._confirm(track)

    def _confirm(self, track: Track) -> None:
        track.state, track.face_id = State.CONFIRMED, self._next_id
        self._next_id += 1


def _cheapest(cost: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """The cheapest one-to-one pairing of rows with columns, without those that are forbidden."""
    rows, columns = linear_sum_assignment(cost)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if cost[i, j] < _FORBIDDEN]


def _apart(a: Box, b: Box) -> float:
    """Distance of the centres, in sides of the larger face."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return float(np.hypot(ax - bx, ay - by) / np.sqrt(max(a.area, b.area, 1.0)))


def _covered(a: Box, b: Box) -> float:
    """The share of `a` that lies in `b`."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(width, 0.0) * max(height, 0.0) / max(a.area, 1e-6)


def _rectangle(box: Box) -> dlib.drectangle:
    return dlib.drectangle(*box)


def _rgb(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])
