"""Whether what is seen may be somebody who went missing, so that it is better to wait than to take it for
somebody new.

Who comes out from behind somebody, or from behind a board or a hand, is at first half a face: it looks like
nobody, and its description is of half of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from stream.faces.matching import apart, is_other
from stream.faces.sight import Sight
from stream.faces.track import Rules, State, Track


def is_awaited(index: int, sight: Sight, tracks: Sequence[Track], rules: Rules) -> bool:
    """Whether a detection may be one of `tracks` who went missing there a moment ago and is still half
    hidden: then it is better to wait until it is clear who comes out."""
    box = sight.detections[index].box
    near = [t for t in tracks if _is_missing(t, sight) and apart(t.box, box) < rules.reach_most]
    if not near:
        return False
    whole = sight.is_whole(index)
    patience = rules.keep_place if not (whole and sight.alone[index]) else _beside(index, sight, rules)
    return any(
        sight.time - t.seen < patience and not (whole and is_other(t, index, sight, rules)) for t in near
    )


def strayed(index: int, sight: Sight, tracks: Sequence[Track], rules: Rules) -> list[Track]:
    """Those of `tracks` who are carried elsewhere, and whom a detection surely shows: they were carried away
    with what covered them."""
    who = sight.who(index)
    if who is None:
        return []
    carried = [
        (t, t.person.distance(who)) for t in tracks if t.state is State.CONFIRMED and t.seen < sight.time
    ]
    return [track for track, distance in carried if distance is not None and distance <= rules.same]


def _is_missing(track: Track, sight: Sight) -> bool:
    """Whether nobody saw it in this frame, and its place says something: it is lost, or carried."""
    return track.state in (State.LOST, State.CONFIRMED) and track.seen < sight.time and not track.unplaced


def _beside(index: int, sight: Sight, rules: Rules) -> float:
    """How long somebody is waited for near whom somebody else is, behind whom some of them may be still.

    Who is surely another is not waited for; so those who can be told apart may wait longer.
    """
    found = sight.detections[index]
    if all(apart(found.box, other.box) >= rules.close for other in sight.detections if other is not found):
        return 0.0
    return rules.doubt if sight.who(index) is None else rules.keep_place
