"""Whether who is in a track's place is still who it was.

From one frame to the next a face looks like itself. Where it does not, by a cut that the picture as a whole
does not show, and now and then in any case, it is compared with what is known of the person.
"""

from __future__ import annotations

from collections.abc import Sequence

from stream.faces.looks import likeness
from stream.faces.matching import Pairs, is_other
from stream.faces.people import Description
from stream.faces.sight import Sight
from stream.faces.track import Rules, State, Track

_AT_ONCE = 2
"""Faces that are looked at in one frame because it is time to: a crowd takes turns."""


def strangers(pairs: Pairs, tracks: Sequence[Track], sight: Sight, rules: Rules) -> list[Track]:
    """The tracks among `pairs` whose detection is somebody else. The others get to know their person better.

    `tracks` are all that there are.
    """
    if not sight.describes:
        return []
    found: list[Track] = []
    places = {id(track): index for track, index in pairs}
    turns = _AT_ONCE
    for track, index in pairs:
        looks = sight.looks[index]
        jumped = max(likeness(track.latest, looks), likeness(track.looks, looks)) < rules.steady
        if not jumped and (sight.time < track.look_again or not turns):
            continue
        who = sight.who(index)
        if who is None:
            continue
        turns -= not jumped
        distance = track.person.distance(who)
        if is_other(track, index, sight, rules):
            taker = _known(who, track, tracks, rules)
            if jumped or taker is not None:
                found.append(track)
                # Two that have changed places: neither keeps the other's.
                if taker is not None and id(taker) in places:
                    found.append(taker)
                continue
        elif distance is None or distance <= rules.same:
            track.person.learn(who)
        track.seen_closely(sight.time, rules.look_again)
    return found


def _known(who: Description, track: Track, tracks: Sequence[Track], rules: Rules) -> Track | None:
    """The other person that it is, surely."""
    for other in tracks:
        if other is not track and other.state in (State.CONFIRMED, State.LOST):
            distance = other.person.distance(who)
            if distance is not None and distance <= rules.same:
                return other
    return None
