"""One person before a background as conditions want it: tilted, small, dark, covered, half out of it.

Everything is drawn from a portrait and a seed, so that two runs see the same pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from inference import ValenceModel
from media.crowd import FPS
from stream.faces.detection import Detector
from stream.faces.stills import find_in_still
from stream.frames import Box

Image = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 640, 480
FRAMES = 60
_TILT = (15, 60, 90)
"""Of a face that tilts its head: frames upright, until it is tilted, and in all."""
_REACH = 2.0
"""Of the head that is shown, in faces: hair, neck, and some of what was behind it."""
_COVERS = 2.1
"""Of the head that is shown as good as opaque, in half faces."""
NOISE = 2.0
"""Standard deviation of a dark sensor's noise, in levels."""


@dataclass(frozen=True)
class Condition:
    """What a face comes under. Without one, nobody is there."""

    name: str
    size: float = 150.0
    """Side of the face's box in pixels (geometric mean of width and height)."""
    roll: float = 0.0
    """Degrees; every other person tilts to the other side."""
    tilts: bool = False
    """Upright first, then slowly to `roll`, and held there; only the frames held are counted."""
    light: Literal["room", "dark", "bright"] = "room"
    """``dark``: 7 % of the light, and a sensor's noise; ``bright``: 2.2 times as much and 30 levels, cut at
    white."""
    cover: Literal["", "side", "mask"] = ""
    """``side``: a plain board over the left half of the face; ``mask``: over nose, mouth and chin."""
    border: bool = False
    """The face's middle is on the picture's left border."""
    wall: bool = False
    """Before a plain wall."""
    nobody: bool = False


CONDITIONS: Sequence[Condition] = (
    Condition("upright"),
    Condition("upright before a wall", wall=True),
    *(Condition(f"roll {angle}", roll=angle) for angle in (30, 45, 60, 90, 180)),
    *(Condition(f"tilting to {angle}", roll=angle, tilts=True) for angle in (30, 45, 60, 90)),
    *(Condition(f"{size} px", size=size) for size in (48, 32, 24, 20)),
    Condition("7 % light", light="dark"),
    Condition("bright", light="bright"),
    Condition("half out", border=True),
    Condition("side covered", cover="side"),
    Condition("masked mouth", cover="mask"),
    Condition("nobody", nobody=True),
)


@dataclass(frozen=True)
class Person:
    """Somebody in a portrait."""

    number: int
    """Seeds the background and how the person moves."""
    picture: Image
    face: Box
    points: npt.NDArray[np.float64]
    """(5, 2): eyes, nose and mouth corners."""


@dataclass(frozen=True)
class Shot:
    """One frame."""

    image: Image
    face: Box | None
    """What is in the picture of the face: the box around its ellipse as it is turned."""
    counted: bool = True


def people(
    paths: Sequence[Path], detector: Detector, model: ValenceModel, count: int | None = None
) -> list[Person]:
    """The largest face of each portrait; pictures without one are left out."""
    found: list[Person] = []
    for path in paths:
        picture = cv2.imread(str(path))
        if picture is None or len(found) == count:
            continue
        image = np.asarray(picture, np.uint8)
        faces = find_in_still(detector, image)
        if faces:
            box = max((face.box for face in faces), key=lambda b: b.area)
            (crop,) = model.align(image, [box])
            assert crop.landmarks is not None
            found.append(Person(len(found), image, box, crop.landmarks))
    return found


class Scene:
    """A person under a condition."""

    def __init__(self, person: Person, condition: Condition) -> None:
        self._person, self._condition = person, condition
        self._head = Head(person, condition)
        self._background = _wall(person.number) if condition.wall else room(person.number)
        self._random = np.random.default_rng(person.number)
        noise = self._random.normal(0, NOISE, (HEIGHT, WIDTH, 3)) if condition.light == "dark" else 0
        self._noise = np.round(noise).astype(np.int8)
        self.length = _TILT[2] if condition.tilts else FRAMES

    def shots(self) -> Iterator[Shot]:
        """The clip."""
        for number in range(self.length):
            yield self.shot(number)

    def shot(self, number: int) -> Shot:
        """Its frame `number`: the person sways, and comes and goes a little."""
        condition, phase = self._condition, number / FPS + self._person.number
        canvas = self._background.copy()
        box: Box | None = None
        if not condition.nobody:
            x = 0.0 if condition.border else WIDTH * (0.5 + 0.12 * math.sin(2.4 * self._person.number))
            x += condition.size * 0.06 * math.sin(1.9 * phase)
            y = HEIGHT / 2 + condition.size * 0.04 * math.sin(1.3 * phase)
            scale = 1 + 0.02 * math.sin(1.1 * phase)
            roll = self._roll(number) + 1.5 * math.sin(1.6 * phase)
            box = self._head.paint(canvas, (x, y), scale, roll)
        return Shot(self._lit(canvas), box, counted=not self._condition.tilts or number >= _TILT[1])

    def _roll(self, number: int) -> float:
        side = 1 if self._person.number % 2 else -1
        share = 1.0
        if self._condition.tilts:
            share = min(1.0, max(0.0, (number - _TILT[0]) / (_TILT[1] - _TILT[0])))
        return side * share * self._condition.roll

    def _lit(self, image: Image) -> Image:
        if self._condition.light == "room":
            return image
        if self._condition.light == "bright":
            return np.asarray(cv2.convertScaleAbs(image, alpha=2.2, beta=30), np.uint8)
        # Random numbers are dear: one picture of them serves all frames, each time from another place.
        shift = tuple(self._random.integers((HEIGHT, WIDTH)).tolist())
        return darkened(image, np.roll(self._noise, shift, (0, 1)))


class Head:
    """The head of a person under a condition, to be drawn."""

    def __init__(self, person: Person, condition: Condition) -> None:
        self._head, self._middle, self._half = _head(person, condition)

    def paint(self, canvas: Image, at: tuple[float, float], scale: float = 1.0, roll: float = 0.0) -> Box:
        """Draws it on `canvas` with the face's middle at `at`; the box around the face's ellipse as it is
        turned by `roll` degrees (counter-clockwise), within the picture."""
        matrix = cv2.getRotationMatrix2D(self._middle, roll, scale)
        matrix[:, 2] += np.subtract(at, self._middle)
        reach = 1.05 * _REACH * float(max(self._half)) * scale
        left, right = (int(np.clip(at[0] + side * reach, 0, WIDTH)) for side in (-1, 1))
        top, bottom = (int(np.clip(at[1] + side * reach, 0, HEIGHT)) for side in (-1, 1))
        matrix[:, 2] -= (left, top)
        head = cv2.warpAffine(self._head, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
        alpha = head[..., 3].astype(np.float32) / 255
        area = canvas[top:bottom, left:right]
        area[:] = cv2.blendLinear(np.ascontiguousarray(head[..., :3]), area, alpha, 1 - alpha)
        return _around(at, self._half * scale, roll)

    def face(self, at: tuple[float, float], roll: float = 0.0) -> npt.NDArray[np.bool_]:
        """(HEIGHT, WIDTH): where the face is."""
        return self._ellipse(at, roll, 1.0)

    def all_of_it(self, at: tuple[float, float], roll: float = 0.0) -> npt.NDArray[np.bool_]:
        """(HEIGHT, WIDTH): what the head covers."""
        return self._ellipse(at, roll, _COVERS)

    def _ellipse(self, at: tuple[float, float], roll: float, size: float) -> npt.NDArray[np.bool_]:
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        axes = (size * self._half).round().astype(int).tolist()
        cv2.ellipse(mask, (round(at[0]), round(at[1])), axes, -roll, 0, 360, (1,), -1)
        return mask.astype(bool)


def darkened(image: Image, noise: npt.NDArray[np.int8]) -> Image:
    """The picture at 7 % of its light, with a sensor's noise in levels."""
    return np.asarray(cv2.add(cv2.convertScaleAbs(image, alpha=0.07), noise, dtype=cv2.CV_8U), np.uint8)


def _around(at: tuple[float, float], half: npt.NDArray[np.float64], roll: float) -> Box:
    """The box around an ellipse with half axes `half` that is turned by `roll`, within the picture."""
    turn = math.radians(roll)
    across = math.hypot(half[0] * math.cos(turn), half[1] * math.sin(turn))
    down = math.hypot(half[0] * math.sin(turn), half[1] * math.cos(turn))
    x, y = at
    return Box(max(0.0, x - across), max(0.0, y - down), min(WIDTH, x + across), min(HEIGHT, y + down))


def _head(person: Person, condition: Condition) -> tuple[Image, tuple[float, float], npt.NDArray[np.float64]]:
    """The head at its size, BGRA, where the face's middle is in it, and half the face's width and height."""
    face, cover = person.face, person.picture.copy()
    seen = np.full(cover.shape[:2], 255, np.uint8)
    reach = np.array([0.575 * face.width, 0.525 * face.height]) * _REACH
    y, x = np.ogrid[: cover.shape[0], : cover.shape[1]]
    distance = np.hypot((x - face.centre[0]) / reach[0], (y - face.centre[1]) / reach[1])
    seen = np.asarray(np.clip((1 - distance) / 0.15, 0, 1) * 255, np.uint8)
    shape = _cover(person, condition)
    if shape is not None:
        cv2.fillPoly(cover, [shape], (180, 160, 120))
        cv2.fillPoly(seen, [shape], (255,))
    bgra = np.dstack([cover, seen])
    scale = condition.size / math.sqrt(face.area)
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(bgra, None, fx=scale, fy=scale, interpolation=smooth), np.uint8)
    middle = face.centre[0] * scale, face.centre[1] * scale
    return small, middle, np.array([face.width, face.height]) * scale / 2


def _cover(person: Person, condition: Condition) -> npt.NDArray[np.int32] | None:
    """The outline (n, 2) of what covers the face."""
    if condition.cover == "side":
        face = person.face
        left, right = face.left - 0.5 * face.width, face.centre[0]
        top, bottom = face.top - 0.3 * face.height, face.bottom + 0.3 * face.height
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return np.array(corners).round().astype(np.int32)
    if condition.cover == "mask":
        eyes, nose, mouth = person.points[:2], person.points[2], person.points[3:].mean(axis=0)
        across = eyes[1] - eyes[0]
        down = np.array([-across[1], across[0]])
        outline = [
            nose - 0.30 * down,
            nose - 0.95 * across - 0.10 * down,
            mouth - 0.80 * across + 0.30 * down,
            mouth + 0.85 * down,
            mouth + 0.80 * across + 0.30 * down,
            nose + 0.95 * across - 0.10 * down,
        ]
        return np.array(outline).round().astype(np.int32)
    return None


def _wall(number: int) -> Image:
    """A plain wall, lit a little from one side."""
    shade = np.linspace(170, 140, WIDTH)[None, :, None] * np.array([0.94, 0.97, 1.0])
    return np.broadcast_to(shade - 3 * (number % 10), (HEIGHT, WIDTH, 3)).astype(np.uint8)


def room(number: int) -> Image:
    """Edges and patches of many colours and sizes, as of furniture, and a sensor's grain."""
    random = np.random.default_rng(1000 + number)
    coarse = random.integers(60, 190, (5, 7, 3)).astype(np.uint8)
    image = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)
    for _ in range(40):
        size = random.integers(10, 180, 2)
        corner = random.integers((-60, -60), (WIDTH, HEIGHT))
        colour = tuple(int(c) for c in random.integers(20, 235, 3))
        cv2.rectangle(image, corner.tolist(), (corner + size).tolist(), colour, -1)
        cv2.line(image, corner.tolist(), (corner + 2 * size[::-1]).tolist(), colour[::-1], 2, cv2.LINE_AA)
    blurred = cv2.GaussianBlur(image, (0, 0), 1.2).astype(np.float32)
    return np.clip(blurred + random.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
