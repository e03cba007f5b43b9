"""One face over time, and the constants by which it is followed.

A track's life: **tentative** until its evidence suffices, then **confirmed** (it gets its face id);
**lost** when neither detector nor carrier see it; **ended** when it stays lost.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream.faces.looks import Looks
from stream.faces.people import Person
from stream.frames import Box

if TYPE_CHECKING:
    from stream.faces.carrying import Carrier

KEEP = 60.0
"""Seconds for which a lost face may come back as itself."""


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
    no_human: float = 3.0
    """What is no human's face has so much less evidence afterwards: a second of sure detections."""
    at_once: float = 0.8
    """In a source's first frame nothing came before: this score confirms alone."""
    tentative: float = 0.6
    """How long an unconfirmed track waits for its next detection: longer than from one sweep of the
    whole picture to the next."""
    keep: float = KEEP
    """How long a lost face may come back as itself, where its looks are sure."""
    keep_place: float = 4.0
    """How long a lost face may come back by its place and coarse looks."""
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
    same: float = 0.5
    """Largest distance of two descriptions that are surely one person's; see `inference.recognition`..."""
    other: float = 0.62
    """... and the least at which they are two people's."""
    clear: float = 0.88
    """A detection with this score shows a whole face; of half of one nobody can say that it is another's."""
    steady: float = 0.65
    """Least coarse likeness of a face to itself a frame before, and over the last frames; below, who it is
    is looked at again: in 16 faces of 18 pixels the 1st percentile was 0.66..."""
    look_again: tuple[float, float] = (2.0, 16.0)
    """... and in any case after so long, twice as long each time, up to the second."""
    looks: int = 3
    """Closer looks (`stream.faces.closer`) in one frame, at most: those who waited longest come first."""
    look_below: float = 0.8
    """A face that the view of the frame shows no better than this is looked at closely; a face of 75 pixels
    scores .92 upright, .91 at 30 degrees, .81 at 45..."""
    tilted: float = 25.0
    """... and so is one that is turned by more degrees than this..."""
    worse: float = 0.1
    """... and taken as that shows it, unless its score is lower by more than this."""
    going_on: float = 0.5
    """The score from which a closer look shows a face that is followed..."""
    beside: float = 0.75
    """... and one beside somebody: of two halves it sees one face, too."""
    hidden: float = 0.5
    """A face of which another's box covers this share is behind it."""
    look_ratio: float = 1.4
    """How much larger or smaller it may look there..."""
    look_ratio_beside: float = 1.15
    """... and beside somebody, with whom it may look like one face."""
    same_place: float = 0.3
    """Overlap of two closer looks from which they show one face."""
    stays: float = 0.4
    """Overlap with where a face should be from which a detection is nobody's who was lost."""
    look_for: float = 1.5
    """How long a lost face is looked for where it was."""
    look_turns: tuple[float, ...] = (0.0, 30.0, -30.0, 60.0, -60.0)
    """Degrees from what is known of its roll by which a face is turned back, one attempt after the other."""
    carry: float = 1.5
    """How long the carrier alone may hold a face."""
    carry_evidence: float = 1.5
    """The least evidence of a face that is carried: what was hardly there is not held on to."""
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


@dataclass(eq=False)
class Track:
    """One face over time."""

    box: Box
    score: float
    """Of the detection in the latest frame; 0 where it was carried."""
    time: float
    seen: float
    """Time of its latest detection."""
    looks: Looks
    """Over the last frames."""
    latest: Looks
    evidence: float
    scale: float
    """Of the picture in which it was last detected, over the frame."""
    state: State = State.TENTATIVE
    face_id: int = 0
    """1, 2, … once confirmed; an ended track has one where it turned out to be somebody who came back."""
    person: Person = field(default_factory=Person)
    look_again: float = 0.0
    """When who it is will next be looked at..."""
    patience: float = 0.0
    """... so long after the time before."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Pixels a second."""
    carrier: Carrier | None = None
    roll: float = 0.0
    """Degrees by which the head is turned in the picture, clockwise, as far as is known."""
    is_turned: bool = False
    """Whether it was looked at from all sides, so that its roll is known."""
    looked: float = -math.inf
    """When it was last looked at closely."""
    close: bool = False
    """Whether it was a closer look that showed it last."""
    attempts: int = 0
    """Closer looks in a row that did not show it."""
    unplaced: bool = False
    """A cut came after it was last seen: its box says nothing about where it is."""

    def unseat(self) -> None:
        """Somebody else is in its place, or everybody's is another."""
        self.state = State.ENDED if self.state is State.TENTATIVE else State.LOST
        self.carrier, self.unplaced = None, True

    def seen_closely(self, time: float, first_and_most: tuple[float, float]) -> None:
        """Sets when it will next be looked at who it is, after it was at `time`."""
        first, most = first_and_most
        self.patience = min(max(2 * self.patience, first), most)
        self.look_again = time + self.patience

    def predicted(self, time: float) -> Box:
        """Where it should be at `time`, moving on as it did; a long way back it is a guess."""
        ahead = min(time - self.time, 0.3)
        dx, dy = self.velocity[0] * ahead, self.velocity[1] * ahead
        return Box(self.box.left + dx, self.box.top + dy, self.box.right + dx, self.box.bottom + dy)
