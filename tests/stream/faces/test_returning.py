"""Who went missing and comes back half hidden is neither somebody new nor somebody else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stream.faces.closer import Look
from stream.faces.detection import Detection
from stream.faces.looks import Image
from stream.faces.track import Rules
from stream.faces.tracking import Tracker
from stream.frames import Box

RATE = 30.0
HERE, BESIDE = Box(100, 100, 160, 160), Box(135, 100, 195, 160)


class Glances(Look):
    """Sees `shown` closely, or `echoes` where it looks, and knows whether what the view shows is whole."""

    def __init__(self, whole: bool = True, shown: Detection | None = None, echoes: bool = False) -> None:
        self.whole, self.shown, self.echoes = whole, shown, echoes

    def at(self, box: Box, roll: float) -> Detection | None:
        return Detection(box, 0.9) if self.echoes else self.shown

    def around(self, box: Box) -> Detection | None:
        return self.at(box, 0.0)

    def is_human(self, found: Detection) -> bool:
        return True

    def is_whole(self, found: Detection) -> bool:
        return self.whole


class Watch:
    """A tracker, frame by frame."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._tracker, self._frame = Tracker(rules), 0
        random = np.random.default_rng(0)
        self._looks = random.integers(0, 255, (2, 60, 60, 3)).astype(np.uint8)

    def see(
        self,
        *boxes: Box,
        who: tuple[float, float] = (0, 0),
        score: float = 0.95,
        frames: int = 1,
        look: Glances | None = None,
        other: bool = False,
    ) -> list[int]:
        """The ids in the last of `frames` that show faces in `boxes`; `other`: they look unlike before."""
        for _ in range(frames):
            image = self._painted(boxes, other)
            found = [Detection(box, score) for box in boxes]
            time, self._frame = self._frame / RATE, self._frame + 1
            self.tracks = self._tracker.update(
                image, 1.0, found, time, lambda *_: _described(who), look or Glances()
            )
        return [track.face_id for track in self.tracks]

    def _painted(self, boxes: tuple[Box, ...], other: bool) -> Image:
        image = np.full((240, 480, 3), 90, np.uint8)
        for box in boxes:
            left, top, right, bottom = (round(side) for side in box)
            image[top:bottom, left:right] = self._looks[int(other)]
        return image


def _described(who: tuple[float, float]) -> npt.NDArray[np.float32]:
    return np.array(who, np.float32)


def test_half_a_face_where_somebody_is_missing_waits_until_it_is_a_whole_one() -> None:
    watch, half = Watch(), Glances(whole=False)
    assert watch.see(HERE, frames=20) == [1]
    watch.see(frames=30)
    assert watch.see(HERE, who=(0.8, 0), score=0.9, frames=30, look=half, other=True) == []
    assert watch.see(HERE, who=(0.1, 0), other=True) == [1]


def test_a_whole_face_of_somebody_else_waits_for_nobody() -> None:
    watch = Watch()
    assert watch.see(HERE, frames=20) == [1]
    watch.see(frames=30)
    assert watch.see(HERE, who=(0.8, 0), frames=10, other=True) == [2]


def test_half_a_face_that_stays_half_is_somebody_new_in_the_end() -> None:
    watch, half = Watch(), Glances(whole=False)
    assert watch.see(HERE, frames=20) == [1]
    watch.see(frames=30)
    seconds = Rules().keep_place
    assert watch.see(HERE, who=(0.8, 0), frames=round(seconds * RATE), look=half, other=True) == [2]


def test_who_is_seen_elsewhere_while_they_are_carried_is_themselves() -> None:
    """What is under the box still looks like them; a board before them may have taken it away."""
    watch = Watch(Rules(carry_confidence=0.0, carry_alike=-1.0))
    assert watch.see(HERE, frames=60) == [1]
    assert watch.see() == [1], "carried"
    far = Box(400, 20, 460, 80)
    assert watch.see(far, frames=10) == [1]


def test_a_close_look_at_one_does_not_take_the_face_of_another_for_theirs() -> None:
    watch = Watch()
    assert watch.see(HERE, BESIDE, frames=20) == [1, 2]
    watch.see(HERE, BESIDE, score=0.6, frames=2, look=Glances(echoes=True))
    assert watch.see(HERE, BESIDE, score=0.6, look=Glances(shown=Detection(BESIDE, 0.95))) == [1, 2]
    assert [track.box for track in watch.tracks] == [HERE, BESIDE]
