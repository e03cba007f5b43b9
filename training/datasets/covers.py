"""Things before faces: masks, hands, cups, boards, drawn into a grey picture in many shapes and fillings."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Random = np.random.Generator


def over_mouth(face: Gray, points: Floats, textures: Sequence[Gray], rng: Random) -> Gray:
    """The face with its mouth covered: a mask, a hand, a cup, a phone, a scarf. points: (5, 2)."""
    across, down, mouth = _axes(points)
    kind = rng.random()
    if kind < 0.4:
        seen = _mask(face.shape, points, rng)
    elif kind < 0.65:
        seen = _hand(face.shape, mouth, across, down, rng)
    elif kind < 0.8:
        size = np.array([rng.uniform(0.62, 1.0), rng.uniform(0.42, 0.75)]) * np.hypot(*across)
        seen = _ellipse(face.shape, mouth + rng.uniform(-0.1, 0.3) * down, size, rng.uniform(-20, 20))
    else:
        top, bottom = rng.uniform(-0.45, -0.3), rng.uniform(0.35, 1.2)
        half = rng.uniform(0.6, 1.3)
        corners = [(-half, top), (half, top), (half, bottom), (-half, bottom)]
        jitter = rng.normal(0, 0.06, (4, 2))
        seen = _polygon(face.shape, [mouth + (x * across + y * down) for x, y in corners + jitter])
    return _laid(face, seen, _filling(face, textures, rng), rng)


def over_side(face: Gray, points: Floats, textures: Sequence[Gray], rng: Random) -> Gray:
    """The face with its left or right half covered, from brow to chin."""
    across, down, _ = _axes(points)
    side = 1.0 if rng.random() < 0.5 else -1.0
    middle = (points[2] + points[:2].mean(axis=0)) / 2
    edge = middle - side * rng.uniform(-0.12, 0.22) * across
    lean = rng.uniform(-0.25, 0.25) * across
    far = side * rng.uniform(1.6, 3.0) * across
    corners = [edge - 2 * down - lean, edge + 2.4 * down + lean]
    seen = _polygon(face.shape, [*corners, corners[1] + far, corners[0] + far])
    return _laid(face, seen, _filling(face, textures, rng), rng)


def beside(face: Gray, points: Floats, textures: Sequence[Gray], rng: Random) -> Gray:
    """Something before forehead, cheek, eyes or chin: the mouth and most of the face are seen."""
    across, down, mouth = _axes(points)
    eyes = points[:2].mean(axis=0)
    length = float(np.hypot(*across))
    places = (
        eyes - rng.uniform(0.6, 1.0) * down,
        mouth + rng.uniform(0.55, 0.8) * down,
        mouth + rng.choice([-1, 1]) * rng.uniform(0.95, 1.4) * across - rng.uniform(-0.2, 0.5) * down,
        eyes,
    )
    size = np.array([rng.uniform(0.25, 0.5), rng.uniform(0.15, 0.35)]) * length
    place = places[rng.integers(len(places))]
    seen = _ellipse(face.shape, place, size, float(rng.uniform(0, 180)))
    return _laid(face, seen, _filling(face, textures, rng), rng)


def _axes(points: Floats) -> tuple[Floats, Floats, Floats]:
    """From eye to eye, as far downwards, and the mouth's middle."""
    across = points[1] - points[0]
    return across, np.array([-across[1], across[0]]), points[3:].mean(axis=0)


def _mask(shape: tuple[int, ...], points: Floats, rng: Random) -> Gray:
    across, down, mouth = _axes(points)
    nose = points[2]
    high, wide = rng.uniform(-0.45, 0.12), rng.uniform(0.75, 1.05)
    outline = [
        nose + high * down,
        nose - wide * across + rng.uniform(-0.15, 0.2) * down,
        mouth - rng.uniform(0.65, 0.9) * across + 0.3 * down,
        mouth + rng.uniform(0.6, 0.95) * down,
        mouth + rng.uniform(0.65, 0.9) * across + 0.3 * down,
        nose + wide * across + rng.uniform(-0.15, 0.2) * down,
    ]
    return _polygon(shape, outline)


def _hand(shape: tuple[int, ...], mouth: Floats, across: Floats, down: Floats, rng: Random) -> Gray:
    """Fingers side by side across the mouth, from one side."""
    seen = np.zeros(shape[:2], np.uint8)
    length, side = float(np.hypot(*across)), 1.0 if rng.random() < 0.5 else -1.0
    lean = rng.uniform(-0.5, 0.5)
    thick = rng.uniform(0.22, 0.32)
    for number in range(4):
        start = mouth + (number - 1.5) * thick * 0.85 * down - side * rng.uniform(0.5, 0.75) * across
        end = start + side * (1.9 * across) + lean * down
        cv2.line(seen, _pixel(start), _pixel(end), 255, max(2, round(thick * length)))
    return seen


def _ellipse(shape: tuple[int, ...], centre: Floats, size: Floats, angle: float) -> Gray:
    seen = np.zeros(shape[:2], np.uint8)
    axes = max(1, round(float(size[0]))), max(1, round(float(size[1])))
    cv2.ellipse(seen, _pixel(centre), axes, angle, 0, 360, 255, -1)
    return seen


def _polygon(shape: tuple[int, ...], corners: Sequence[Floats]) -> Gray:
    seen = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(seen, [np.round(corners).astype(np.int32)], (255,))
    return seen


def _pixel(point: Floats) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _filling(face: Gray, textures: Sequence[Gray], rng: Random) -> npt.NDArray[np.float32]:
    """What covers: of one colour, shaded, striped, of skin, or a piece of a photograph."""
    height, width = face.shape
    kind = rng.random()
    if kind < 0.3 and len(textures):
        texture = textures[int(rng.integers(len(textures)))]
        scale = float(np.exp(rng.uniform(-1.2, 0.6)))
        side = min(*texture.shape, max(12, round(max(height, width) * scale)))
        y, x = (int(rng.integers(0, extent - side + 1)) for extent in texture.shape)
        piece = cv2.resize(texture[y : y + side, x : x + side], (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(piece, np.float32)
    level = float(np.median(face)) * rng.uniform(0.75, 1.2) if kind < 0.6 else float(rng.uniform(5, 250))
    filling = np.full((height, width), level, np.float32)
    down, right = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * right + np.sin(angle) * down
    filling = filling * (1 + rng.uniform(0, 0.8) * along)
    if rng.random() < 0.4:
        filling = filling + rng.uniform(4, 40) * np.sin(along * rng.uniform(15, 90))
    return np.asarray(filling + rng.normal(0, rng.uniform(0, 6), filling.shape), np.float32)


def _laid(face: Gray, seen: Gray, filling: npt.NDArray[np.float32], rng: Random) -> Gray:
    """`filling` before the face, where `seen`, with an edge more or less sharp, and sometimes its shadow."""
    alpha = seen.astype(np.float32) / 255
    if rng.random() < 0.7:
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.4, 1.5))), np.float32)
    result = face.astype(np.float32)
    if rng.random() < 0.3:
        shadow = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(1.5, 4)))
        result = result * (1 - rng.uniform(0.1, 0.5) * shadow)
    return np.asarray(np.clip(result * (1 - alpha) + filling * alpha, 0, 255), np.uint8)
