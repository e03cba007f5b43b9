"""Which detection is which track: by place and looks, and by who it is.

A pairing has the least cost in sum (Hungarian method, Kuhn 1955). From one frame to the next, place and
coarse looks decide. Whoever comes back, after a cut or from elsewhere, is known by the description of
the face; where there is none (too small, half covered), by coarse looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from stream.faces.detection import Detection
from stream.faces.looks import likeness
from stream.faces.sight import Sight
from stream.faces.track import Rules, State, Track
from stream.frames import Box, iou

Pairs = list[tuple[Track, int]]
"""Tracks with the numbers of their detections."""

_DEAREST = 2.0
"""The most that a pairing costs..."""
_FORBIDDEN = 2.2
"""... and what it costs to leave a track without one: little enough that no good pair is broken for it."""


def paired(tracks: Sequence[Track], free: Sequence[int], sight: Sight, rules: Rules) -> Pairs:
    """The cheapest pairing of `tracks`, all in one state, with the detections in `free`."""
    cost = np.full((len(tracks), len(free)), _FORBIDDEN)
    boxes = np.array([sight.detections[j].box for j in free]).reshape(-1, 4)
    for i, track in enumerate(tracks):
        expected = track.predicted(sight.time)
        near = _in_reach(track, expected, boxes, sight.time, rules)
        for k, j in enumerate(free):
            if track.state is not State.LOST and not near[k]:
                continue
            if track.state is State.LOST:
                cost[i, k] = _returning(track, expected, j, sight, rules)
            else:
                cost[i, k] = _going_on(track, expected, j, sight, rules)
    return [(tracks[i], free[k]) for i, k in _cheapest(cost)]


def _in_reach(
    track: Track, expected: Box, boxes: npt.NDArray[np.float64], time: float, r: Rules
) -> npt.NDArray[np.bool_]:
    """Which of `boxes` (n, 4) are as near as, and about as large as, the track may have become."""
    areas = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1.0)
    area, (x, y) = max(expected.area, 1.0), expected.centre
    away = np.hypot((boxes[:, 0] + boxes[:, 2]) / 2 - x, (boxes[:, 1] + boxes[:, 3]) / 2 - y)
    reach = min(r.reach + r.reach_rate * (time - track.seen), r.reach_most)
    ratio = np.sqrt(areas / area)
    near = away <= reach * np.sqrt(np.maximum(areas, area))
    return np.asarray(near & (ratio > 1 / r.size_ratio) & (ratio < r.size_ratio))


def _going_on(track: Track, expected: Box, index: int, sight: Sight, rules: Rules) -> float:
    """What it costs to say that a detection is where the track has got to."""
    found, alike = sight.detections[index], likeness(track.looks, sight.looks[index])
    if not _allowed(track, expected, found, alike, sight.alone[index], sight.time, rules):
        return _FORBIDDEN
    away = 0.2 * apart(expected, found.box)
    return min((1 - iou(expected, found.box)) + 1.5 * (1 - alike) + away, _DEAREST)


def _returning(track: Track, expected: Box, index: int, sight: Sight, rules: Rules) -> float:
    """What it costs to say that a detection is somebody who was lost."""
    if sight.detections[index].score < rules.start:
        return _FORBIDDEN
    who = sight.who(index)
    distance = None if who is None else track.person.distance(who)
    if distance is not None and distance <= rules.same:
        return 2 * distance
    if is_other(track, index, sight, rules):
        return _FORBIDDEN
    if sight.time - track.seen > rules.keep_place:
        return _FORBIDDEN
    if not track.unplaced:
        return _going_on(track, expected, index, sight, rules)
    alike = likeness(track.looks, sight.looks[index])
    return 1 - alike if distance is None and alike > rules.alike_after_cut else _FORBIDDEN


def is_other(track: Track, index: int, sight: Sight, rules: Rules) -> bool:
    """Whether a detection is surely somebody else than the track."""
    who = sight.who(index)
    distance = None if who is None else track.person.distance(who)
    return distance is not None and distance > rules.other and sight.detections[index].score >= rules.clear


def _allowed(
    track: Track, expected: Box, detection: Detection, alike: float, alone: bool, time: float, r: Rules
) -> bool:
    found = detection.box
    ratio = np.sqrt(max(found.area, 1.0) / max(expected.area, 1.0))
    if not 1 / r.size_ratio < ratio < r.size_ratio:
        return False
    unseen = time - track.seen
    if apart(expected, found) > min(r.reach + r.reach_rate * unseen, r.reach_most):
        return False
    near = iou(expected, found) > 0.4 and track.state is not State.LOST
    return alike > (0.0 if near or not alone else r.alike)


def _cheapest(cost: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """The cheapest one-to-one pairing of rows with columns, without those that are forbidden."""
    rows, columns = linear_sum_assignment(cost)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if cost[i, j] < _FORBIDDEN]


def apart(a: Box, b: Box) -> float:
    """Distance of the centres, in sides of the larger face."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return float(np.hypot(ax - bx, ay - by) / np.sqrt(max(a.area, b.area, 1.0)))
