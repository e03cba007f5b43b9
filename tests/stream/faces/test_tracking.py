"""Tracking: identities survive crossings, gaps and shaking boxes."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.faces.analyzer import Analyzer
from stream.faces.cuts import is_cut, outline
from stream.faces.detection import Detection, open_detector
from stream.faces.looks import likeness, looks_of
from stream.faces.track import Rules, State
from stream.faces.tracking import Tracker
from stream.frames import Box, iou
from stream.sources.files import open_source
from tests import MEDIA

RATE = 30.0
SIZE = 60
SAMPLE = MEDIA / "sample.mp4"


def _face(colour: tuple[int, int, int], seed: int) -> npt.NDArray[np.uint8]:
    """A patterned patch: something that looks like itself and like nobody else."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 120, (6, 6, 3)).repeat(SIZE // 6, 0).repeat(SIZE // 6, 1)
    return np.clip(coarse + np.array(colour), 0, 255).astype(np.uint8)


class Scene:
    """Faces on a grey field, drawn in the order given: the last stands in front."""

    def __init__(self) -> None:
        self.faces = [_face((120, 20, 20), 1), _face((10, 100, 130), 2)]

    def frame(
        self, places: list[tuple[float, float] | None]
    ) -> tuple[npt.NDArray[np.uint8], list[Detection]]:
        """The picture, and what an honest detector sees: nothing that is mostly covered."""
        image = np.full((240, 480, 3), 90, np.uint8)
        boxes: list[Box] = []
        for face, place in zip(self.faces, places, strict=True):
            if place is not None:
                x, y = round(place[0]), round(place[1])
                image[y : y + SIZE, x : x + SIZE] = face
                boxes.append(Box(x, y, x + SIZE, y + SIZE))
        seen = [b for i, b in enumerate(boxes) if all(iou(b, front) < 0.35 for front in boxes[i + 1 :])]
        return image, [Detection(b, 0.9) for b in seen]


def _follow(path: list[list[tuple[float, float] | None]]) -> list[dict[int, Box]]:
    """The confirmed faces of every frame, by id."""
    scene, tracker = Scene(), Tracker()
    result = []
    for i, places in enumerate(path):
        image, detections = scene.frame(places)
        tracks = tracker.update(image, 1.0, detections, i / RATE)
        result.append({t.face_id: t.box for t in tracks})
    return result


def _who(boxes: dict[int, Box], place: tuple[float, float]) -> int | None:
    """The id of the face at `place`."""
    truth = Box(place[0], place[1], place[0] + SIZE, place[1] + SIZE)
    best = max(boxes, key=lambda i: iou(boxes[i], truth), default=None)
    return best if best is not None and iou(boxes[best], truth) > 0.5 else None


@pytest.mark.parametrize("frames", [40, 90, 180])
def test_two_faces_that_cross_keep_their_ids(frames: int) -> None:
    def places(i: int) -> list[tuple[float, float] | None]:
        along = i / (frames - 1)
        return [(20 + 380 * along, 90), (400 - 380 * along, 96)]

    path = [places(i) for i in range(frames)]
    found = _follow(path)

    for i in (0, frames - 1):
        assert _who(found[i], path[i][0]) == 1  # type: ignore[arg-type]
        assert _who(found[i], path[i][1]) == 2  # type: ignore[arg-type]
    assert set().union(*found) == {1, 2}


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.5])
def test_a_face_that_was_away_comes_back_as_itself(seconds: float) -> None:
    away = round(seconds * RATE)
    stay: tuple[float, float] = (100, 80)
    other: tuple[float, float] = (330, 80)
    path: list[list[tuple[float, float] | None]] = (
        [[stay, other]] * 15 + [[None, other]] * away + [[stay, other]] * 10
    )

    found = _follow(path)

    assert _who(found[-1], stay) == 1
    assert _who(found[-1], other) == 2
    assert all(_who(boxes, other) == 2 for boxes in found)


def test_a_stranger_at_the_same_place_is_somebody_new() -> None:
    scene, tracker = Scene(), Tracker()
    for i in range(15):
        image, detections = scene.frame([(100, 80), None])
        tracker.update(image, 1.0, detections, i / RATE)
    empty = scene.frame([None, None])[0]
    for i in range(15, 45):
        tracker.update(empty, 1.0, [], i / RATE)
    for i in range(45, 60):
        image, detections = scene.frame([None, (100, 80)])
        tracks = tracker.update(image, 1.0, detections, i / RATE)

    assert [t.face_id for t in tracks] == [2]


def test_who_comes_out_from_behind_somebody_is_still_the_same() -> None:
    """First comes a weak detection beside the true face, as ears and shoulders give; then half the face."""
    scene, tracker = Scene(), Tracker()
    front, behind = (200.0, 90.0), [(140.0 + 2 * min(i, 30), 90.0) for i in range(60)]
    for i in range(60):
        image, detections = scene.frame([behind[i], front])
        tracker.update(image, 1.0, detections, i / RATE)
    assert [t.state for t in tracker.tracks] == [State.LOST, State.CONFIRMED]
    false = Detection(Box(245, 120, 295, 170), 0.45)
    ids = set()
    for i in range(60, 90):
        x = 200 + 4 * (i - 60)
        image, detections = scene.frame([(x, 90), front])
        half = Detection(Box(max(x, 262), 90, x + SIZE, 90 + SIZE), 0.7)
        seen = [d for d in detections if d.box.left == 200] + ([half] if x > 224 else [])
        tracks = tracker.update(image, 1.0, [*seen, *([false] if i < 68 else [])], i / RATE)
        ids |= {t.face_id for t in tracks}
    assert ids == {1, 2}
    assert _who({t.face_id: t.box for t in tracks}, (x, 90)) == 1


def test_after_a_cut_people_are_known_by_their_looks() -> None:
    """As where a clip begins again: two have changed places, before the same background."""
    here, there = (60.0, 60.0), (300.0, 120.0)
    found = _follow([[here, there]] * 20 + [[there, here]] * 10)
    for boxes in found[20:]:
        assert _who(boxes, there) == 1
        assert _who(boxes, here) == 2
    assert set().union(*found) == {1, 2}


def test_after_a_cut_a_stranger_in_the_same_place_is_somebody_new() -> None:
    found = _follow([[(200, 80), None]] * 20 + [[None, (200, 80)]] * 10)
    assert _who(found[19], (200, 80)) == 1
    assert _who(found[-1], (200, 80)) == 2


def _shot(seed: int, *faces: tuple[npt.NDArray[np.uint8], Box]) -> npt.NDArray[np.uint8]:
    """Faces before a background of their own."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 12, 3))
    image = coarse.repeat(40, 0).repeat(40, 1).astype(np.uint8)
    for face, box in faces:
        x, y, margin = int(box.left), int(box.top), SIZE // 5  # a head is larger than its face
        head = cv2.resize(face, (SIZE + 2 * margin, SIZE + 2 * margin), interpolation=cv2.INTER_NEAREST)
        image[y - margin : y + SIZE + margin, x - margin : x + SIZE + margin] = head
    return image


def test_a_cut_to_somebody_a_little_alike_is_another_face_and_back_is_the_first() -> None:
    here, there = Box(130, 90, 130 + SIZE, 90 + SIZE), Box(330, 90, 330 + SIZE, 90 + SIZE)
    first, other, always = _face((120, 20, 20), 1), _face((10, 100, 130), 2), _face((60, 90, 10), 3)
    second = np.asarray(cv2.addWeighted(first, 0.48, other, 0.52, 0), np.uint8)
    shots = [_shot(seed, (face, here), (always, there)) for seed, face in ((7, first), (8, second))]
    assert is_cut(*(outline(shot) for shot in shots))
    assert 0.4 < likeness(*(looks_of(shot, here) for shot in shots)) < 0.6
    tracker, seen = Tracker(), []
    for i, shot in enumerate([shots[0]] * 15 + [shots[1]] * 15 + [shots[0]] * 15):
        tracks = tracker.update(shot, 1.0, [Detection(here, 0.9), Detection(there, 0.9)], i / RATE)
        seen.append({t.box.left: t.face_id for t in tracks})
    assert seen[:15] == [{130: 1, 330: 2}] * 15 == seen[30:]
    assert seen[16:30] == [{130: 3, 330: 2}] * 14


def test_a_jump_in_the_recording_of_one_person_keeps_them() -> None:
    """Another light, another room, and a face that is only a little alike: but the only one, in its place."""
    box = Box(200, 90, 200 + SIZE, 90 + SIZE)
    face, other = _face((120, 20, 20), 1), _face((10, 100, 130), 2)
    later = np.asarray(cv2.addWeighted(face, 0.48, other, 0.52, 0), np.uint8)
    shots = [_shot(7, (face, box)), _shot(8, (later, box))]
    assert is_cut(*(outline(shot) for shot in shots))
    tracker = Tracker()
    for i, shot in enumerate([shots[0]] * 15 + [shots[1]] * 15):
        tracks = tracker.update(shot, 1.0, [Detection(box, 0.9)], i / RATE)
        assert [t.face_id for t in tracks] == [1]


def test_a_clip_that_begins_again_shows_the_same_two_people() -> None:
    """At its end the people of the sample clip have changed places; a looped camera shows the jump."""
    analyzer = Analyzer(open_detector())
    frames = list(open_source(SAMPLE))
    truth = json.loads(SAMPLE.with_name("sample_truth.json").read_text())["frames"]
    ids: dict[str, set[int]] = {"astronaut": set(), "hopper": set()}
    for i, frame in enumerate([*frames[-30:], *frames[:200]]):
        located = analyzer.locate(replace(frame, index=i, time=i / RATE))
        for face in truth[frame.index]["faces"]:
            box = Box(*face["box"])
            if face["visible"]:
                ids[face["person"]] |= {found.face_id for found in located if iou(found.box, box) > 0.5}
    assert sorted(map(sorted, ids.values())) == [[1], [2]]


def test_light_and_motion_are_no_cut() -> None:
    scene = Scene()
    before = outline(scene.frame([(100, 80), (300, 80)])[0])
    assert not is_cut(before, outline(scene.frame([(130, 80), (290, 90)])[0]))
    assert not is_cut(before, before * 0.4 + 90)
    assert not is_cut(before, np.full_like(before, 30.0))
    assert is_cut(before, outline(scene.frame([(300, 20), (100, 20)])[0]))


def test_the_carrier_holds_a_face_that_the_detector_misses() -> None:
    scene, tracker = Scene(), Tracker()
    for i in range(40):
        place = (60 + 3.0 * i, 90.0)
        image, detections = scene.frame([place, None])
        tracks = tracker.update(image, 1.0, [] if 15 <= i < 30 else detections, i / RATE)
        truth = Box(place[0], place[1], place[0] + SIZE, place[1] + SIZE)
        assert [t.face_id for t in tracks] == [1]
        assert iou(tracks[0].box, truth) > 0.6
        assert (tracks[0].score == 0) == (15 <= i < 30)


def test_one_doubtful_detection_is_no_face() -> None:
    scene, tracker = Scene(), Tracker()
    image, _ = scene.frame([None, None])
    flash = Detection(Box(50, 50, 90, 90), 0.7)
    seen = [tracker.update(image, 1.0, [flash] if i == 5 else [], i / RATE) for i in range(30)]
    assert not any(seen)
    assert not tracker.tracks


def test_a_lost_face_ends() -> None:
    rules = Rules(keep=1.0)
    scene, tracker = Scene(), Tracker(rules)
    image, detections = scene.frame([(100, 80), None])
    tracker.update(image, 1.0, detections, 0.0)
    empty, _ = scene.frame([None, None])
    for i in range(1, 45):
        tracker.update(empty, 1.0, [], i / RATE)
    assert not tracker.tracks


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_ids_are_unique_and_rise_whatever_the_detections(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracker, first_seen = Tracker(), []
    image = rng.integers(0, 255, (240, 320, 3)).astype(np.uint8)
    for i in range(25):
        detections = []
        for _ in range(rng.integers(0, 5)):
            x, y, w, h = rng.uniform((-20, -20, 5, 5), (300, 220, 80, 80))
            detections.append(Detection(Box(x, y, x + w, y + h), float(rng.uniform(0.3, 1))))
        tracks = tracker.update(image, 1.0, detections, i / RATE)
        ids = [t.face_id for t in tracks]
        assert len(set(ids)) == len(ids)
        first_seen += [f for f in ids if f not in first_seen]
    assert all(f > 0 for f in first_seen)
    assert all(a != b for a, b in pairwise(first_seen))


def _known(*where: float) -> npt.NDArray[np.float32]:
    """A description that is near to itself only."""
    return np.array(where, np.float32)


def test_two_who_have_changed_places_unseen_get_their_own_ids_back() -> None:
    """What they look like coarsely does not tell; who they are is looked at now and then."""
    scene, tracker = Scene(), Tracker()
    here, there = (60.0, 60.0), (300.0, 120.0)
    image, detections = scene.frame([here, there])
    for i in range(200):
        changed = i >= 40

        def describe(box: Box, _: float, changed: bool = changed) -> npt.NDArray[np.float32]:
            return _known(1, 0) if (box.left == here[0]) != changed else _known(0, 1)

        tracks = tracker.update(image, 1.0, detections, i / RATE, describe)
    assert {t.face_id: t.box.left for t in tracks} == {1: there[0], 2: here[0]}


def test_a_face_that_turns_away_slowly_stays_itself() -> None:
    """Its description wanders off, but nobody else is there whose it would be."""
    scene, tracker = Scene(), Tracker()
    image, detections = scene.frame([(60, 60), None])
    asked: list[float] = []
    for i in range(600):

        def describe(_: Box, __: float, at: float = i / 600) -> npt.NDArray[np.float32]:
            asked.append(at)
            return _known(np.cos(3 * at), np.sin(3 * at))

        tracks = tracker.update(image, 1.0, detections, i / RATE, describe)
        assert [t.face_id for t in tracks] == [1]
    assert 3 <= len(asked) <= 8, "as rarely as will do"


def test_who_is_begun_before_it_is_clear_who_it_is_comes_back_with_all_its_frames() -> None:
    """The first look after an absence says little; the second is sure."""
    scene, tracker = Scene(), Tracker()
    image, detections = scene.frame([(60, 60), None])
    empty, _ = scene.frame([None, None])
    image_again, again = scene.frame([(300, 120), None])

    def described(*where: float) -> npt.NDArray[np.float32]:
        return _known(*where)

    for i in range(20):
        tracker.update(image, 1.0, detections, i / RATE, lambda *_: described(0, 0))
    for i in range(20, 320):
        tracker.update(empty, 1.0, [], i / RATE, lambda *_: described(0, 0))
    assert not tracker.update(image_again, 1.0, again, 320 / RATE, lambda *_: described(0.7, 0))
    (begun,) = tracker.undecided(320 / RATE)
    tracks = tracker.update(image_again, 1.0, again, 321 / RATE, lambda *_: described(0.2, 0))
    assert [t.face_id for t in tracks] == [1]
    assert (begun.state, begun.face_id) == (State.ENDED, 1)


def test_a_weak_detection_beside_a_face_does_not_keep_it_from_being_known() -> None:
    scene, tracker = Scene(), Tracker()
    image, detections = scene.frame([(60, 60), None])
    for i in range(20):
        tracker.update(image, 1.0, detections, i / RATE, lambda *_: _known(0, 0))
    beside = Detection(Box(100, 60, 160, 120), 0.4)
    other, _ = scene.frame([None, (60, 60)])
    for i in range(20, 30):
        tracks = tracker.update(other, 1.0, [*detections, beside], i / RATE, lambda *_: _known(1, 0))
    assert [t.face_id for t in tracks] == [2]
