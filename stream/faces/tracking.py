"""Following faces from frame to frame, so that each person keeps one identity.

Detections are matched to tracks (`stream.faces.matching`). Where a track finds no detection, it is carried
(`stream.faces.carrying`) until the detector sees the face again or the face is no longer what lies under
the box. Across a cut (`stream.faces.cuts`) only looks count.

Times come with the frames; there is no clock in here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stream.faces.attention import Attention
from stream.faces.carrying import carried
from stream.faces.checking import strangers
from stream.faces.closer import Look, within_turn
from stream.faces.cuts import Outline, is_cut, outline
from stream.faces.detection import Detection
from stream.faces.looks import Image, Looks
from stream.faces.matching import Pairs, paired
from stream.faces.people import Describe
from stream.faces.returning import is_awaited, strayed
from stream.faces.sight import Sight, covered
from stream.faces.track import Rules, State, Track
from stream.frames import Box, iou

_TURNING = 0.5
"""Share of a detection's roll in its track's."""


class Tracker:
    """All the faces of one source. Not for several threads at once."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._tracks: list[Track] = []
        self._next_id = 1
        self._previous: Image | None = None
        self._outline: Outline | None = None

    @property
    def rules(self) -> Rules:
        """The constants by which it follows faces."""
        return self._rules

    @property
    def tracks(self) -> Sequence[Track]:
        """Every track that has not ended."""
        return tuple(self._tracks)

    def update(
        self,
        image: Image,
        scale: float,
        detections: Sequence[Detection],
        time: float,
        describe: Describe | None = None,
        look: Look | None = None,
        whole: Image | None = None,
    ) -> list[Track]:
        """Takes one frame and returns the confirmed tracks that are in it, by face id.

        `detections` are in pixels of the frame; `image` (BGR) is the frame at `scale`, for coarse looks, and
        `whole` the frame itself, for carrying (by default `image` is it). `describe` is asked who is who, as
        rarely as will do; without it coarse looks must. `look` looks closely where a face should be.
        """
        r = self._rules
        whole = image if whole is None else whole
        sight = Sight(image, scale, detections, time, describe, r, whole, look)
        cut, now = self.cuts_to(image), outline(image)
        # By coarse looks one face before a cut and one after it in the same place is rather one person.
        several = len(detections) > 1 or sum(t.state is not State.LOST for t in self._tracks) > 1
        if cut and (several or sight.describes):
            self._forget_places()
        attention = None if look is None else Attention(look, self._tracks, sight, r)
        pairs = attention.to_hard() if attention else []
        pairs += self._match(sight, pairs)
        if attention:
            pairs += attention.to_missed(pairs)
        detections = sight.detections
        for track, index in pairs:
            self._seen(track, index, sight)
        taken = {index for _, index in pairs}
        matched = {id(track) for track, _ in pairs}

        present = [t.box for t, _ in pairs]
        for track in self._tracks:
            if id(track) not in matched:
                self._unseen(track, sight, present)
        for index, detection in enumerate(detections):
            if index in taken or detection.score < r.start or self._is_double(detection.box):
                continue
            if not is_awaited(index, sight, self._tracks, r):
                if attention:
                    attention.to_new(index)
                self._begin(index, sight)

        self._previous, self._outline = whole, now
        self._tracks = [t for t in self._tracks if t.state is not State.ENDED]
        return sorted(self._present(State.CONFIRMED, time), key=lambda t: t.face_id)

    def cuts_to(self, image: Image) -> bool:
        """Whether `image`, at any scale, belongs to another shot than the frame before it."""
        return self._outline is not None and is_cut(self._outline, outline(image))

    def undecided(self, time: float) -> list[Track]:
        """Those in the frame of that `time`, the latest, of whom it is not sure yet that they are faces."""
        return self._present(State.TENTATIVE, time)

    def in_place(self, time: float) -> list[Track]:
        """The faces that are in the picture, or will be looked for where they were."""
        since = time - self._rules.keep_place
        return [t for t in self._tracks if t.face_id and not t.unplaced and t.seen >= since]

    def _present(self, state: State, time: float) -> list[Track]:
        return [t for t in self._tracks if t.state is state and t.time == time]

    def _match(self, sight: Sight, looked_at: Pairs) -> Pairs:
        """The pairing of tracks with detections, but for those who were looked at closely.

        In turn: those in view, those who went missing, those who are not sure yet. What is left by the
        ones is there for the next; so a false detection cannot push a face to somebody who is not there.
        """
        r, pairs = self._rules, Pairs()
        known = {id(track) for track, _ in looked_at}
        places = [sight.detections[index].box for _, index in looked_at]
        open_to_all = [
            j
            for j, detection in enumerate(sight.detections)
            if all(covered(detection.box, box) <= r.hidden for box in places)
        ]
        for state in (State.CONFIRMED, State.LOST, State.TENTATIVE):
            tracks = [t for t in self._tracks if t.state is state and id(t) not in known]
            taken = {index for _, index in pairs}
            free = [j for j in open_to_all if j not in taken]
            if state is State.LOST:
                # Who was there a moment ago and is seen badly is rather there still.
                there = [t.predicted(sight.time) for t in self._missing(pairs, known)]
                free = [j for j in free if all(iou(sight.detections[j].box, b) < r.stays for b in there)]
            found = paired(tracks, free, sight, r)
            if state is not State.LOST:
                others = strangers(found, self._tracks, sight, r)
                for track in others:
                    track.unseat()
                found = [(track, index) for track, index in found if track not in others]
            pairs += found
        return pairs

    def _missing(self, pairs: Pairs, known: set[int]) -> list[Track]:
        """The faces that are followed, are not in `pairs`, and not known to be somewhere."""
        matched = {id(track) for track, _ in pairs} | known
        return [t for t in self._tracks if t.state is State.CONFIRMED and id(t) not in matched]

    def _forget_places(self) -> None:
        """After a cut: nobody is where they were."""
        for track in self._tracks:
            track.unseat()
        self._tracks = [t for t in self._tracks if t.state is not State.ENDED]

    def _seen(self, track: Track, index: int, sight: Sight) -> None:
        """Moves the track to its detection."""
        r, detection, time, looks = self._rules, sight.detections[index], sight.time, sight.looks[index]
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
        track.box, track.score, track.scale = detection.box, detection.score, sight.scale
        if detection.roll is not None:
            away = within_turn(detection.roll - track.roll)
            track.roll = within_turn(track.roll + (away if abs(away) > r.tilted else _TURNING * away))
        if sight.alone[index]:
            track.looks, track.latest = _mixed(track.looks, looks), looks
        track.carrier, track.unplaced = None, False
        track.close = track.close and track.looked == time
        track.evidence += detection.score - 0.5
        track.time = track.seen = time
        if track.state is State.TENTATIVE and track.evidence >= self._rules.evidence:
            self._confirm(track, sight)
        elif track.state is State.LOST:
            self._return(track, index, sight)

    def _return(self, track: Track, index: int, sight: Sight) -> None:
        """Somebody is back."""
        track.state = State.CONFIRMED
        track.looks = track.latest = sight.looks[index]
        who = sight.who(index)
        distance = None if who is None else track.person.distance(who)
        if who is not None and (distance is None or distance <= self._rules.same):
            track.person.learn(who)
        for other in self._tracks:
            # Begun a moment ago, when it was not clear yet who it was.
            if other.state is State.TENTATIVE and iou(other.box, track.box) > 0.3:
                other.state, other.face_id = State.ENDED, track.face_id

    def _unseen(self, track: Track, sight: Sight, present: Sequence[Box]) -> None:
        unseen = sight.time - track.seen
        if track.state is State.TENTATIVE:
            if unseen > self._rules.tentative:
                track.state = State.ENDED
            return
        if track.state is State.CONFIRMED and not carried(track, sight, self._previous, present, self._rules):
            track.state = State.LOST
            track.carrier = None
        if track.state is State.LOST and unseen > self._rules.keep:
            track.state = State.ENDED

    def _is_double(self, box: Box) -> bool:
        """Whether a track that is in the frame already covers this detection."""
        return any(
            t.state in (State.CONFIRMED, State.TENTATIVE)
            and max(covered(box, t.box), covered(t.box, box)) > self._rules.nested
            for t in self._tracks
        )

    def _begin(self, index: int, sight: Sight) -> None:
        """Somebody new, unless it is somebody who was lost, or may be, now that it was looked at closely."""
        for track in strayed(index, sight, self._tracks, self._rules):
            track.unseat()
        lost = [track for track in self._tracks if track.state is State.LOST]
        back = paired(lost, [index], sight, self._rules)
        if back:
            self._seen(back[0][0], index, sight)
        elif not is_awaited(index, sight, self._tracks, self._rules):
            self._start(index, sight)

    def _start(self, index: int, sight: Sight) -> None:
        found, looks, time = sight.detections[index], sight.looks[index], sight.time
        track = Track(found.box, found.score, time, time, looks, looks, found.score - 0.5, sight.scale)
        track.roll, track.is_turned = found.roll or 0.0, found.roll is not None
        who = sight.who(index)
        if who is not None:
            track.person.learn(who)
            track.seen_closely(time, self._rules.look_again)
        self._tracks.append(track)
        first = self._previous is None and found.score >= self._rules.at_once
        if first or track.evidence >= self._rules.evidence:
            self._confirm(track, sight)

    def _confirm(self, track: Track, sight: Sight) -> None:
        """Gives the track its id, unless it is no human's face: then it is looked at again later."""
        found = Detection(track.box, track.score, track.roll)
        if sight.look is not None and not sight.look.is_human(found):
            track.evidence -= self._rules.no_human
            return
        track.state, track.face_id = State.CONFIRMED, self._next_id
        self._next_id += 1


def _mixed(looks: Looks, latest: Looks) -> Looks:
    mixed = looks + 0.1 * latest
    return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32)
