"""One face over time, and the constants by which it is followed.

A track's life: **tentative** until its evidence suffices, then **confirmed** (it gets its face id);
**lost** when neither detector nor carrier see it; **ended** when it stays lost.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import dlib

from stream.faces.looks import Looks
from stream.frames import Box


class State(enum.Enum):
    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    ENDED = "ended"


@dataclass(frozen=True)
class Rules:
    """The constants of tracking. Lengths are in sides of the face, times in seconds."""

    start: float = 0.6
    """A detection below this score goes on with a track, but begins none and brings no lost one back."""
    evidence: float = 0.75
    """A track is confirmed when its detections' ``score - 0.5`` add up to this."""
    at_once: float = 0.8
    """In a source's first frame nothing came before: this score confirms alone."""
    tentative: float = 0.25
    """How long an unconfirmed track waits for its next detection."""
    keep: float = 4.0
    """How long a lost face may come back as itself."""
    reach: float = 0.7
    """How far from its predicted place a face may be found..."""
    reach_rate: float = 2.5
    """... and how much further for every second without a detection..."""
    reach_most: float = 4.0
    """... up to this."""
    size_ratio: float = 2.0
    """How much larger or smaller it may be."""
    alike: float = 0.35
    """Least likeness for a match away from the predicted place, or after a loss."""
    alike_after_cut: float = 0.65
    """Least likeness across a cut; the median of different people is 0.3, their 95th percentile 0.65."""
    carry: float = 1.5
    """How long the carrier alone may hold a face."""
    carry_confidence: float = 6.0
    """The carrier's peak-to-side-lobe ratio below which it has lost the face."""
    carry_alike: float = 0.5
    """Least likeness of what is under the carried box to the face."""
    touching: float = 0.1
    """From this share of its box in another's, a face's looks are mixed with the other's: they are
    not learnt, and not trusted against a match."""
    close: float = 1.2
    """A face nearer than this to another one may still be half behind it..."""
    doubt: float = 1.5
    """... and be somebody who went missing there less than this ago."""
    nested: float = 0.6
    """A new detection that lies in another's box by this share is the same face."""


@dataclass
class Track:
    """One face over time."""

    box: Box
    score: float
    """Of the detection in the latest frame; 0 where it was carried."""
    time: float
    seen: float
    """Time of its latest detection."""
    looks: Looks
    state: State = State.TENTATIVE
    face_id: int = 0
    """1, 2, … once confirmed."""
    evidence: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)
    """Pixels a second."""
    carrier: dlib.correlation_tracker | None = None
    unplaced: bool = False
    """A cut came after it was last seen: its box says nothing about where it is."""

    def predicted(self, time: float) -> Box:
        """Where it should be at `time`, moving on as it did; a long way back it is a guess."""
        ahead = min(time - self.time, 0.3)
        dx, dy = self.velocity[0] * ahead, self.velocity[1] * ahead
        return Box(self.box.left + dx, self.box.top + dy, self.box.right + dx, self.box.bottom + dy)
