"""Crops of which it is known what they show: composed from faces, and from pictures without people.

Whether somebody's mouth or half of the face is covered is known because it was covered here; whether it is a
face seen upright, because it was turned here. Eyes were looked at: `eyes_ferplus.csv` holds what one person
saw in some hundred faces of FER+ (training split), those who were not sure left out.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference import Aligner
from inference.attributes import Attributes
from training.datasets.covers import beside, over_mouth, over_side
from training.datasets.pictures import color, gray

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Random = np.random.Generator

EYES = Path(__file__).with_name("eyes_ferplus.csv")
_HELD_OUT = 0.3
"""Share of those who were looked at that is kept for the figures."""
_BORDER = 0.6
"""Of a face that is turned, in sides of its picture: what turns into view."""
_UPRIGHT, _TURNED = 25.0, 50.0
"""Degrees by which an upright face may be turned in its crop, and from which it is none."""
_PLACED, _MISPLACED = 0.3, 0.7
"""Distances of the points from where the crop wants them, in distances of the eyes: as far as a crop is good,
and from where it shows no face as a whole."""


@dataclass(frozen=True)
class Shown:
    """n crops and what they show."""

    crops: Gray
    """(n, side, side)."""
    truth: npt.NDArray[np.float32]
    """(n, len(Attributes._fields)): 1 or 0, nan where nothing is known."""
    kinds: npt.NDArray[np.str_]
    """(n,) what was done."""

    def __len__(self) -> int:
        return len(self.crops)


@dataclass(frozen=True)
class Faces:
    """Grey pictures with one upright face each."""

    pictures: Sequence[Gray]
    boxes: Floats
    """(n, 4)."""
    points: Floats
    """(n, 5, 2), as the landmark network sees them."""
    closed: npt.NDArray[np.float32]
    """(n,) whether its eyes are closed: 1 or 0, nan where nobody looked."""

    def __len__(self) -> int:
        return len(self.pictures)


def marked(
    pictures: Sequence[Gray], boxes: Floats, closed: npt.NDArray[np.float32], aligner: Aligner
) -> Faces:
    """Faces with their points."""
    found = [aligner.align(color(p), [b])[0].landmarks for p, b in zip(pictures, boxes, strict=True)]
    return Faces(pictures, boxes, np.array(found, np.float64), closed)


def eyes(held_out: bool) -> dict[str, int]:
    """FER+'s picture names and whether the eyes in them are closed; those to learn from, or those held
    out."""
    with EYES.open(newline="") as file:
        rows = [(row["name"], int(row["closed"])) for row in csv.DictReader(file)]
    kept = np.random.default_rng(0).random(len(rows)) < _HELD_OUT
    return {name: closed for (name, closed), out in zip(rows, kept, strict=True) if bool(out) is held_out}


def compose(
    faces: Faces, textures: Sequence[Gray], aligner: Aligner, count: int, rng: Random, eyed: float = 0.2
) -> Shown:
    """`count` crops of `faces`, turned, covered, lit and blurred at random; a share of `eyed` is of faces of
    which it is known whether their eyes are closed."""
    known = np.flatnonzero(~np.isnan(faces.closed))
    made: list[tuple[Gray, npt.NDArray[np.float32], str]] = []
    while len(made) < count:
        only_eyes = len(known) > 0 and rng.random() < eyed
        row = int(rng.choice(known) if only_eyes else rng.integers(len(faces)))
        one = _face(faces, row, textures, aligner, rng, turned=not only_eyes)
        made.append(one)
    crops, truth, kinds = zip(*made, strict=True)
    return Shown(np.stack(crops), np.stack(truth), np.array(kinds))


def faceless(pictures: Sequence[Gray], aligner: Aligner, count: int, rng: Random) -> Shown:
    """`count` crops at random places of pictures without people, and of noise."""
    crops = []
    for _ in range(count):
        picture = _noise(rng) if rng.random() < 0.08 else pictures[int(rng.integers(len(pictures)))]
        side = int(np.exp(rng.uniform(np.log(16), np.log(max(24, min(picture.shape) * 0.9)))))
        y, x = (int(rng.integers(0, max(1, extent - side))) for extent in picture.shape)
        crops.append(_crop(picture, np.array([x, y, x + side, y + side], np.float64), aligner, rng))
    truth = np.full((count, len(Attributes._fields)), np.nan, np.float32)
    truth[:, 0] = 0
    return Shown(np.stack(crops), truth, np.full(count, "no face"))


def at_boxes(
    pictures: Sequence[Gray], boxes: Sequence[Floats], aligner: Aligner, count: int, rng: Random
) -> Shown:
    """`count` crops at boxes (of `pictures`, one each) where there is something like a face that is none."""
    crops = []
    for _ in range(count):
        row = int(rng.integers(len(pictures)))
        picture, box = pictures[row], boxes[row]
        if rng.random() < 0.5:
            picture = np.ascontiguousarray(picture[:, ::-1])
            box = np.array([picture.shape[1] - box[2], box[1], picture.shape[1] - box[0], box[3]])
        crops.append(_crop(picture, box, aligner, rng))
    truth = np.full((count, len(Attributes._fields)), np.nan, np.float32)
    truth[:, 0] = 0
    return Shown(np.stack(crops), truth, np.full(count, "like a face"))


def together(parts: Sequence[Shown]) -> Shown:
    return Shown(
        np.concatenate([p.crops for p in parts]),
        np.concatenate([p.truth for p in parts]),
        np.concatenate([p.kinds for p in parts]),
    )


def _face(
    faces: Faces, row: int, textures: Sequence[Gray], aligner: Aligner, rng: Random, *, turned: bool
) -> tuple[Gray, npt.NDArray[np.float32], str]:
    picture, box, points = faces.pictures[row], faces.boxes[row], faces.points[row]
    scale = max(1.0, 72 / float(box[2] - box[0]))
    face = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    box, points = box * scale, points * scale
    mouth, half, kind = 0.0, 0.0, "plain"
    closed = float(faces.closed[row])
    chance = rng.random() if turned else 0.0
    if chance > 0.8:
        face, mouth, kind = over_mouth(face, points, textures, rng), 1.0, "mouth"
    elif chance > 0.62:
        face, mouth, half, kind = over_side(face, points, textures, rng), np.nan, 1.0, "side"
        closed = np.nan
    elif chance > 0.48:
        face, kind = beside(face, points, textures, rng), "beside"
        closed = np.nan
    angle = float(rng.normal(0, 12))
    if turned and kind != "side" and rng.random() < 0.3:
        angle = float(rng.uniform(-180, 180))
    border = round(_BORDER * max(face.shape))
    wide = cv2.copyMakeBorder(face, border, border, border, border, cv2.BORDER_REFLECT_101)
    box, points = box + border, points + border
    centre = (box[:2] + box[2:]) / 2
    matrix = cv2.getRotationMatrix2D(tuple(centre.tolist()), -angle, 1.0)
    wide = cv2.warpAffine(wide, matrix, wide.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    points = points @ matrix[:, :2].T + matrix[:, 2]
    known = angle + float(rng.normal(0, 10)) if rng.random() < 0.4 else 0.0
    pixels, seen = _aligned(np.asarray(wide, np.uint8), box, aligner, rng, known, points)
    truth = np.array([_is_face(seen, aligner), closed, mouth, half], np.float32)
    if truth[0] != 1:
        truth[1:] = np.nan
    return pixels, truth, kind if abs(angle) < 40 or truth[0] == 1 else "turned"


def _is_face(seen: Floats, aligner: Aligner) -> float:
    """Whether points, as they lie in the crop, are those of a face seen upright: 1, 0, or nan between the
    two."""
    wanted = aligner.template
    across, right = seen[1] - seen[0], wanted[1] - wanted[0]
    eyes = float(np.hypot(*right))
    angle = abs(float(np.rad2deg(np.arctan2(across[1], across[0]))))
    off = float(np.hypot(*(seen - wanted).T).mean()) / eyes
    if angle > _TURNED or off > _MISPLACED:
        return 0.0
    return 1.0 if angle < _UPRIGHT and off < _PLACED else float("nan")


def _crop(picture: Gray, box: Floats, aligner: Aligner, rng: Random) -> Gray:
    return _aligned(picture, box, aligner, rng, 0.0, np.zeros((5, 2)))[0]


def _aligned(
    picture: Gray, box: Floats, aligner: Aligner, rng: Random, roll: float, points: Floats
) -> tuple[Gray, Floats]:
    """The crop at about the box, after what cameras do, and where `points` of the picture lie in it."""
    side, centre = float(box[2] - box[0] + box[3] - box[1]) / 2, (box[:2] + box[2:]) / 2
    reach = 1.3 * side
    x0, y0 = (int(max(0, np.floor(c - reach))) for c in centre)
    near = picture[y0 : int(centre[1] + reach) + 1, x0 : int(centre[0] + reach) + 1]
    face = float(np.exp(rng.uniform(np.log(20), np.log(90))))
    scale = min(1.0, face / side)
    if scale < 1:
        near = np.asarray(cv2.resize(near, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    changed = _camera(near, rng)
    at = (box - np.array([x0, y0, x0, y0])) * scale
    at = at + np.tile(rng.normal(0, 0.05, 2) * side * scale, 2)
    (crop,) = aligner.align(color(changed), [at], [roll])
    seen = ((points - [x0, y0]) * scale) @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    return gray(crop.pixels), seen


def _camera(picture: Gray, rng: Random) -> Gray:
    """Light, blur, a sensor's noise, compression."""
    light = picture.astype(np.float32)
    if rng.random() < 0.5:
        light = 255 * np.power(light / 255, float(np.exp(rng.normal(0, 0.3))))
        light = (light - 128) * float(np.exp(rng.normal(0, 0.25))) + 128 + float(rng.normal(0, 20))
    if rng.random() < 0.3:
        slope = rng.uniform(-0.7, 0.7) * np.linspace(-1, 1, picture.shape[1], dtype=np.float32)
        light = light * (1 + slope)
    if rng.random() < 0.3:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.4, 1.5))), np.float32)
    if rng.random() < 0.15:
        light = np.round(light * float(rng.uniform(0.05, 0.3)))
    elif rng.random() < 0.1:
        light = light * float(rng.uniform(1.5, 2.4)) + 20
    if rng.random() < 0.4:
        light = light + rng.standard_normal(picture.shape, np.float32) * float(rng.uniform(0.5, 6))
    changed = np.asarray(np.clip(light, 0, 255), np.uint8)
    if rng.random() < 0.2:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))]
        decoded = cv2.imdecode(cv2.imencode(".jpg", changed, quality)[1], cv2.IMREAD_GRAYSCALE)
        changed = changed if decoded is None else np.asarray(decoded, np.uint8)
    return changed


def _noise(rng: Random) -> Gray:
    """Grain of some size, or stripes."""
    cells = int(rng.integers(3, 64))
    coarse = rng.integers(0, 256, (cells, cells)).astype(np.uint8)
    if rng.random() < 0.3:
        coarse[:] = coarse[:, :1]
    smooth = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(coarse, (96, 96), interpolation=smooth), np.uint8)
