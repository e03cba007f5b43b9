"""Who is looked at closely in a frame, and what comes of it.

Tilted faces are, before anything is matched, and those whom the view showed badly before: their boxes there
are poor. So are, when detections are matched, those whom the view missed or hardly showed, and those of whom
it is not known yet how they are turned. Few in a frame: who waited longest comes first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from stream.faces.checking import strangers
from stream.faces.closer import Look
from stream.faces.detection import Detection
from stream.faces.matching import Pairs, apart, paired
from stream.faces.sight import Sight, covered
from stream.faces.track import Rules, State, Track
from stream.frames import Box, iou

_ORDER = (State.CONFIRMED, State.TENTATIVE, State.LOST)


class Attention:
    """The close looks at one frame."""

    def __init__(self, look: Look, tracks: Sequence[Track], sight: Sight, rules: Rules) -> None:
        """`tracks` are all that there are."""
        self._look, self._tracks, self._sight, self._rules = look, tracks, sight, rules
        self._left = rules.looks

    def to_hard(self) -> Pairs:
        """Those whom the view shows badly and who are where they should be; what it shows of them is left
        out."""
        hard = [t for t in self._tracks if t.state is State.CONFIRMED and self._is_hard(t)]
        return self._to(hard, [], matched=False)

    def to_missed(self, pairs: Pairs) -> Pairs:
        """Others whom the view missed. Those in `pairs` whom it hardly showed are replaced in the frame."""
        seen = {id(track): index for track, index in pairs}
        return self._to([t for t in self._tracks if self._is_missed(t, seen.get(id(t)))], pairs, matched=True)

    def to_new(self, index: int) -> None:
        """How somebody new is turned, whom a detection shows."""
        if self._left:
            self._left -= 1
            shown = self._sight.detections[index]
            found = self._look.around(shown.box)
            if found is not None and found.score >= shown.score - self._rules.worse:
                self._sight.replace(index, found)

    def _is_hard(self, track: Track) -> bool:
        r = self._rules
        if abs(track.roll) > r.tilted:
            return True
        expected = track.predicted(self._sight.time)
        return track.close and not any(
            d.score >= r.look_below and iou(d.box, expected) > r.hidden for d in self._sight.detections
        )

    def _is_missed(self, track: Track, index: int | None) -> bool:
        r, time = self._rules, self._sight.time
        if track.looked == time or track.state is State.ENDED:
            return False
        if index is not None:
            return self._sight.detections[index].score < r.look_below or not track.is_turned
        return track.state is not State.LOST or (not track.unplaced and time - track.seen <= r.look_for)

    def _to(self, wanted: Sequence[Track], pairs: Pairs, *, matched: bool) -> Pairs:
        """Looks at those who are `wanted`. When detections are `matched`, the sure ones that are left are
        of others."""
        sight, seen = self._sight, {id(track): index for track, index in pairs}
        found: list[tuple[Track, Detection]] = []
        for track in sorted(wanted, key=lambda t: (_ORDER.index(t.state), t.looked)):
            if not self._left:
                break
            index = seen.get(id(track))
            others = self._others(track, pairs, matched)
            # Of half a face the view may show a narrow one: what was seen of it before says more.
            expected = track.predicted(sight.time)
            if index is not None and track.state is not State.CONFIRMED:
                expected = sight.detections[index].box
            if any(covered(expected, other) > self._rules.hidden for other in others):
                continue  # behind somebody, or somebody else: a closer look would show them
            self._left -= 1
            one = self._at(track, expected, None if index is None else sight.detections[index], others)
            if one is not None and index is not None:
                sight.replace(index, one)
            elif one is not None:
                found.append((track, one))
        return self._agreed(found)

    def _agreed(self, found: Sequence[tuple[Track, Detection]]) -> Pairs:
        """Who was found where, the surest first: what overlaps with one of them is seen of the same face."""
        shown: Pairs = []
        for track, one in sorted(found, key=lambda pair: -pair[1].score):
            if any(iou(one.box, self._sight.detections[k].box) > self._rules.same_place for _, k in shown):
                track.attempts += 1
                continue
            fit = paired([track], [self._sight.add(one)], self._sight, self._rules)
            shown += [] if strangers(fit, self._tracks, self._sight, self._rules) else fit
        return shown

    def _others(self, track: Track, pairs: Pairs, matched: bool) -> list[Box]:
        """Where others are."""
        sight, r = self._sight, self._rules
        known = {index: t for t, index in pairs}
        return [
            d.box
            for k, d in enumerate(sight.detections)
            if known.get(k) is not track and (k in known or (matched and d.score >= r.look_below))
        ]

    def _is_beside(self, track: Track, expected: Box, others: Sequence[Box]) -> bool:
        """Whether somebody else is near."""
        near = [*others, *self._places(track)]
        return any(apart(expected, other) < self._rules.close for other in near)

    def _places(self, track: Track) -> list[Box]:
        """Where everybody else should be."""
        return [
            t.predicted(self._sight.time)
            for t in self._tracks
            if t is not track and t.state is State.CONFIRMED
        ]

    def _at(
        self, track: Track, expected: Box, shown: Detection | None, others: Sequence[Box]
    ) -> Detection | None:
        """What a look at `track` shows, if that is it; `shown` is what the view did."""
        r, turn = self._rules, 0.0
        track.looked = self._sight.time
        beside = self._is_beside(track, expected, others)
        if track.state is State.CONFIRMED and not track.is_turned:
            found, track.is_turned = self._look.around(expected), True
        else:
            # Half behind somebody a face may look like a turned one, and two like one.
            turn = 0.0 if beside else r.look_turns[track.attempts % len(r.look_turns)]
            found = self._look.at(expected, track.roll + turn)
        least = r.beside if beside else r.going_on if track.state is State.CONFIRMED else r.start
        if shown is not None:
            least = shown.score - r.worse
        if turn:
            least = max(least, min(track.score, r.look_below))
        if found is None or found.score < least or self._is_another(track, found, expected, others, beside):
            track.attempts += 1
            return None
        track.attempts = track.attempts + 1 if found.score < r.look_below else 0
        track.close = True
        return found

    def _is_another(
        self, track: Track, found: Detection, expected: Box, others: Sequence[Box], beside: bool
    ) -> bool:
        """Whether what a look at `track` shows is much larger or smaller, is where others are, or is rather
        where somebody else should be."""
        r, size = self._rules, math.sqrt(max(found.box.area, 1.0) / max(expected.area, 1.0))
        most = r.look_ratio_beside if beside else r.look_ratio
        if not 1 / most < size < most:
            return True
        own = iou(found.box, expected)
        if any(iou(found.box, place) > own for place in self._places(track)):
            return True
        return any(covered(found.box, o) > r.hidden or iou(found.box, o) > r.hidden for o in others)
