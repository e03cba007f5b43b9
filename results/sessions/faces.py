"""Whose face a sample shows once faces were merged and split by hand.

Samples stay as they were analysed: each belongs to a track, the number that the analysis gave to a face. What
users merge and split are parts of tracks, so that everything can be undone, and whatever reads samples sees
the same faces.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from results.sessions.records import Bools, Ints
from results.sessions.samples import Samples
from results.sessions.smoothing import smoothed_on


@dataclass(frozen=True, order=True)
class Part:
    """From its frame `first` on, until the next part of it, a track is the face `face_id`."""

    track: int
    first: int
    face_id: int


Parts = tuple[Part, ...]
"""In the order of tracks and frames. A track is the face of its own number until a part says otherwise."""


def face_of(parts: Parts, track: Ints, frame: Ints) -> Ints:
    """(n,) the faces of samples of these tracks in these frames."""
    faces = track.copy()
    for part in sorted(parts):
        faces[(track == part.track) & (frame >= part.first)] = part.face_id
    return faces


def joined(parts: Parts, tracks: Iterable[int], faces: Collection[int], into: int) -> Parts:
    """Parts by which all of `faces` are the face `into`. tracks: all of the session."""
    return _plain(
        replace(part, face_id=into) if part.face_id in faces else part for part in _whole(parts, tracks)
    )


def divided(parts: Parts, tracks: Iterable[int], face_id: int, frame: int, new: int) -> Parts:
    """Parts by which a face is another one, `new`, from a frame on."""
    made: list[Part] = []
    whole = _whole(parts, tracks)
    for number, part in enumerate(whole):
        following = whole[number + 1] if number + 1 < len(whole) else None
        ends = following is not None and following.track == part.track and following.first <= frame
        if part.face_id != face_id or ends:
            made.append(part)
        elif part.first >= frame:
            made.append(replace(part, face_id=new))
        else:
            made += [part, replace(part, first=frame, face_id=new)]
    return _plain(made)


def number_of_its_own(track: Ints, faces: Ints, moved: Bools) -> int | None:
    """The number that a split-off face had before it was merged; None where it never was one, or the number
    is another face's. track, faces: (n,) of all samples; moved: (n,) those that are split off."""
    tracks = np.unique(track[moved])
    whole = not np.isin(track[~moved], tracks).any()
    return int(tracks[0]) if len(tracks) and whole and tracks[0] not in faces[~moved] else None


def same_faces(one: Ints, other: Ints) -> bool:
    """Whether two numberings, (n,) each, put the same samples together."""
    pairs = np.unique(np.stack([one, other]), axis=1)
    return bool(len(np.unique(one)) == len(np.unique(other)) == pairs.shape[1])


def shown(samples: Samples, parts: Parts, time_constant: float | None) -> Samples:
    """Samples as they are told: under the numbers of the faces that users made of tracks.

    samples: under their tracks, ordered by frame. Where several samples of one face are in one frame (its
    tracks overlapped), the one with a detection counts, of several the one of the first track; the others
    are left out. Smoothed values are computed anew, by the filter that the session had, from where a face
    first goes on with another sample than its track did: the past that a causal filter remembers is that of
    the face as it now is. time_constant: seconds, of that filter; None: smoothed values stay.
    """
    track = samples.face_id
    faces = face_of(parts, track, samples.frame)
    order = np.lexsort((track, samples.score == 0, faces, samples.frame))
    frame, face = samples.frame[order], faces[order]
    doubled = np.concatenate(([False], (np.diff(frame) == 0) & (np.diff(face) == 0)))[: len(order)]
    kept = order[~doubled]
    told = replace(samples[kept], face_id=faces[kept])
    if time_constant is None:
        return told
    place = _places(track)[kept]
    smoothed = told.smoothed.copy()
    for one in told.faces:
        own = np.flatnonzero(told.face_id == one)
        goes_on = np.diff(track[kept][own], prepend=track[kept][own[0]]) == 0
        goes_on &= np.diff(place[own], prepend=-1) == 1
        turns = np.flatnonzero(~goes_on)
        if len(turns):
            smoothed[own] = smoothed_on(
                told.time[own], told.valence[own], smoothed[own], int(turns[0]), time_constant
            )
    return replace(told, smoothed=smoothed)


def _whole(parts: Parts, tracks: Iterable[int]) -> Sequence[Part]:
    """Parts that say of every track what it is from its first frame on."""
    begun = {part.track for part in parts if part.first == 0}
    return sorted([*parts, *(Part(track, 0, track) for track in {*tracks} - begun)])


def _plain(parts: Iterable[Part]) -> Parts:
    """Only those parts that say something new."""
    made: list[Part] = []
    last: dict[int, int] = {}
    for part in sorted(parts):
        if last.get(part.track, part.track) != part.face_id:
            made.append(part)
        last[part.track] = part.face_id
    return tuple(made)


def _places(track: Ints) -> Ints:
    """(n,) the how-manieth of its track each sample is, 0-based."""
    places = np.zeros(len(track), np.int64)
    for one in np.unique(track):
        own = track == one
        places[own] = np.arange(np.count_nonzero(own))
    return places
