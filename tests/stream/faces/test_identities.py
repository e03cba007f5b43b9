"""Who is who across cuts, absences and changes of place: real faces, the whole way of a file's frame."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from benchmarks.identities import (
    Photograph,
    Scene,
    Shown,
    Truth,
    Verdict,
    compare,
    drawn,
    photograph,
    photographs,
)
from inference import ValenceModel
from stream.faces.analyzer import Analyzer
from stream.faces.detection import open_detector
from stream.faces.track import Rules
from stream.frames import Frame, Sample
from stream.pipelines.files import run
from stream.sources.files import Kind
from tests import MEDIA, ROOT

PORTRAITS = ROOT.parent / "shared" / "media" / "portraits"
SIZE = (640, 480)


@dataclass
class Drawn:
    """A scene as a source."""

    scene: Scene
    truth: Truth
    rate: float
    kind: Kind = "video"
    name: str = "scene"
    frames_expected: int | None = None
    duration: float | None = None
    warnings: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(drawn(self.scene, self.truth)):
            yield Frame(image, index, index / self.rate)


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


@pytest.fixture(scope="module")
def people() -> list[Photograph]:
    found = [photograph(MEDIA / name) for name in ("one_face.jpg", "neutral_face.jpg")]
    return [who for who in found if who is not None]


def _judged(
    model: ValenceModel, frames: Sequence[Sequence[Shown]], rate: float = 10.0, keep: float | None = None
) -> Verdict:
    truth: Truth = []
    seen: list[list[Sample]] = []
    source = Drawn(Scene("", SIZE, frames, (90, 150)), truth, rate)
    analyzer = Analyzer(open_detector(), rules=None if keep is None else Rules(keep=keep))
    asyncio.run(run(source, analyzer, model, lambda _, samples: seen.append(samples)))
    return compare(truth, seen)


def _right(verdict: Verdict, people: int, ids: int | None = None) -> bool:
    return (verdict.people, verdict.ids, verdict.wrong) == (people, ids or people, 0)


def test_one_after_the_other_in_the_same_place_are_two(model: ValenceModel, people: list[Photograph]) -> None:
    shots = [[Shown(who, 80, 0, 480)] for who in (*people, *people, *people)]
    verdict = _judged(model, [shot for shot in shots for _ in range(10)])
    assert _right(verdict, 2)
    assert verdict.missed == 0


def test_one_person_cut_to_themselves_is_one(model: ValenceModel, people: list[Photograph]) -> None:
    rng = np.random.default_rng(3)
    frames: list[list[Shown]] = []
    for _ in range(20):
        side = int(rng.integers(260, 460))
        x, y = rng.integers(0, SIZE[0] - side), rng.integers(0, SIZE[1] - side)
        frames += [[Shown(people[0], int(x), int(y), side, float(rng.uniform(1, 1.4)))]] * 6
    assert _right(_judged(model, frames), 1)


def test_two_who_change_places_across_a_cut_keep_their_ids(
    model: ValenceModel, people: list[Photograph]
) -> None:
    left, right = Shown(people[0], 20, 100, 280), Shown(people[1], 340, 100, 280)
    other = [Shown(people[1], 20, 100, 280), Shown(people[0], 340, 100, 280)]
    assert _right(_judged(model, [[left, right]] * 15 + [other] * 15), 2)


@pytest.mark.parametrize(("keep", "ids"), [(None, 2), (5.0, 3)])
def test_who_was_away_for_twelve_seconds_is_known_for_as_long_as_is_set(
    model: ValenceModel, people: list[Photograph], keep: float | None, ids: int
) -> None:
    left, right = Shown(people[0], 20, 100, 280), Shown(people[1], 340, 100, 280)
    elsewhere = Shown(people[0], 60, 180, 240)
    frames = [[left, right]] * 10 + [[right]] * 60 + [[elsewhere, right]] * 10
    assert _right(_judged(model, frames, rate=5, keep=keep), 2, ids)


def test_after_a_cut_small_faces_are_seen_at_once(model: ValenceModel, people: list[Photograph]) -> None:
    """Too small for the picture in which the large face before was followed."""
    large, small = Shown(people[0], 80, 0, 480), Shown(people[1], 300, 200, 110)
    verdict = _judged(model, [[large]] * 40 + [[small]] * 20, rate=30)
    assert _right(verdict, 2)
    assert verdict.missed == 0


@pytest.mark.parametrize("rate", [0.2, 1.0, 30.0])
def test_a_face_has_samples_from_its_first_frame(
    model: ValenceModel, people: list[Photograph], rate: float
) -> None:
    """It comes when others are there already, so that one detection is not enough to be sure."""
    left, right = Shown(people[0], 20, 100, 280), Shown(people[1], 340, 100, 280)
    verdict = _judged(model, [[left]] * 4 + [[left, right]] * 8, rate)
    assert verdict.missed == 0
    assert _right(verdict, 2)


def test_a_face_that_only_sweeps_see_is_followed(model: ValenceModel, people: list[Photograph]) -> None:
    """Beside a large face it is too small for the picture in which that one is followed."""
    large, small = Shown(people[0], 0, 60, 420), Shown(people[1], 520, 300, 72)
    verdict = _judged(model, [[large]] * 20 + [[large, small]] * 60, rate=30)
    assert _right(verdict, 2)
    assert verdict.missed < 30


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="the shared portraits are not on this machine")
def test_twenty_people_one_after_another_are_twenty(model: ValenceModel) -> None:
    shots = [[Shown(who, 80, 0, 480)] for who in photographs(PORTRAITS)]
    verdict = _judged(model, [shot for shot in shots for _ in range(6)])
    assert (verdict.people, verdict.mixed, verdict.wrong) == (20, 0, 0)
    assert abs(verdict.ids - 20) <= 1


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="the shared portraits are not on this machine")
def test_in_talks_cut_back_and_forth_everybody_has_one_id(model: ValenceModel) -> None:
    cast = photographs(PORTRAITS)[:4]
    verdict = _judged(model, [[Shown(cast[i // 6 % 4], 80, 40, 400)] for i in range(72)])
    assert _right(verdict, 4)
