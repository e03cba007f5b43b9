"""Random changes to training faces, so that the network learns faces and not pictures.

The source is a wide aligned face: the crop in its middle, the surroundings kept, so that shifts and
turns bring in real pixels. What each change stands for is said beside it; the strengths were chosen
on the validation split together with the robustness table in the model card.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
_Picture = cv2.typing.MatLike


@dataclass(frozen=True)
class Augmentation:
    """Standard deviations of the geometry, probabilities of the rest."""

    roll: float = 8.0
    """Degrees."""
    zoom: float = 0.08
    """Natural logarithm of the scale."""
    stretch: float = 0.04
    """Natural logarithm of width over height: yaw, lenses."""
    tilt: float = 0.08
    """How much nearer one edge of the face is than the middle, as a fraction: heads that turn and nod."""
    shift: float = 0.035
    """Fractions of the crop's side: landmarks that are off."""
    light: float = 0.8
    """Contrast, brightness and gamma."""
    side_light: float = 0.25
    blur: float = 0.15
    sharpen: float = 0.15
    """Pictures larger, and cameras keener, than those that were learnt from."""
    low_resolution: float = 0.15
    compression: float = 0.25
    noise: float = 0.15
    occlusion: float = 0.2
    """Of a patch anywhere."""
    covered: float = 0.3
    """Of a part of the face that is hidden as a whole: the mouth, the eyes, one side."""


def augment(face: Gray, side: int, rng: np.random.Generator, a: Augmentation) -> Gray:
    """A changed crop (side, side) of the wide aligned `face` (W, W), W >= side."""
    covered = rng.random() < a.covered
    # Where much is hidden, the points by which a face is aligned are guessed.
    crop: _Picture = _geometry(
        face, side, rng, replace(a, shift=2 * a.shift, zoom=1.5 * a.zoom) if covered else a
    )
    if rng.random() < a.low_resolution:
        small = int(rng.integers(side // 4, side * 3 // 4))
        crop = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
        crop = cv2.resize(crop, (side, side), interpolation=cv2.INTER_LINEAR)
    if rng.random() < a.blur:
        crop = _blur(crop, rng)
    elif rng.random() < a.sharpen:
        crop = _sharpen(crop, rng)
    if covered:
        crop = _cover(crop, rng)
    elif rng.random() < a.occlusion:
        crop = _occlude(crop, rng)
    light = crop.astype(np.float32)
    if rng.random() < a.light:
        light = 255 * np.power(light / 255, float(np.exp(rng.normal(0, 0.25))))
        light = (light - 128) * float(np.exp(rng.normal(0, 0.28))) + 128 + float(rng.normal(0, 20))
    if rng.random() < a.side_light:
        light = light * _ramp(side, rng)
    if rng.random() < a.noise:
        light = light + rng.standard_normal((side, side), np.float32) * float(rng.uniform(2, 14))
    crop = np.clip(light, 0, 255).astype(np.uint8)
    if rng.random() < a.compression:
        crop = np.asarray(_compress(crop, rng), np.uint8)
    return np.asarray(crop, np.uint8)


def _geometry(face: Gray, side: int, rng: np.random.Generator, a: Augmentation) -> _Picture:
    angle = np.deg2rad(np.clip(rng.normal(0, a.roll), -3 * a.roll, 3 * a.roll))
    zoom = np.exp(np.clip(rng.normal(0, a.zoom), -0.25, 0.25))
    stretch = np.exp(rng.normal(0, a.stretch) / 2)
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = zoom * turn @ np.diag([stretch * mirror, 1 / stretch])
    middle = (face.shape[0] - 1) / 2
    centre = (side - 1) / 2 + rng.normal(0, a.shift, 2) * side
    matrix = np.vstack([np.column_stack([linear, centre - linear @ np.array([middle, middle])]), [0, 0, 1]])
    tilt = np.clip(rng.normal(0, a.tilt, 2), -2 * a.tilt, 2 * a.tilt) / (side / 2)
    # Seen from nearer on one side: divided by 1 + tilt . (x - centre), so that the centre stays.
    seen = np.eye(3) + np.outer([*centre, 1], [*tilt, -tilt @ centre])
    return cv2.warpPerspective(face, seen @ matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)


def _blur(crop: _Picture, rng: np.random.Generator) -> _Picture:
    """Out of focus, or moved while the shutter was open."""
    if rng.random() < 0.6:
        return cv2.GaussianBlur(crop, (0, 0), float(rng.uniform(0.5, 2.2)))
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    along = np.array([np.cos(angle), np.sin(angle)]) * middle
    start, end = np.rint(middle - along).astype(int), np.rint(middle + along).astype(int)
    cv2.line(kernel, start.tolist(), end.tolist(), 1.0)
    return cv2.filter2D(crop, -1, kernel / kernel.sum())


def _sharpen(crop: _Picture, rng: np.random.Generator) -> _Picture:
    """An unsharp mask."""
    amount = float(rng.uniform(0.2, 1.2))
    return cv2.addWeighted(crop, 1 + amount, cv2.GaussianBlur(crop, (0, 0), 1.0), -amount, 0)


def _compress(crop: _Picture, rng: np.random.Generator) -> _Picture:
    """JPEG, of a picture in which the face was as large as here or smaller: its blocks grow with the face."""
    side = crop.shape[0]
    size = int(rng.integers(side // 2, side + 1))
    small = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 60))]
    decoded = cv2.imdecode(cv2.imencode(".jpg", small, quality)[1], cv2.IMREAD_GRAYSCALE)
    return cv2.resize(small if decoded is None else decoded, (side, side), interpolation=cv2.INTER_LINEAR)


def _cover(crop: _Picture, rng: np.random.Generator) -> _Picture:
    """A mask, a scarf or a hand over the mouth; dark glasses, a visor or a fringe over the eyes; half a face
    behind somebody. Where it ends differs, and so does what it looks like."""
    side = crop.shape[0]
    crop = crop.copy()
    part = rng.choice(3, p=(0.3, 0.55, 0.15))
    if part == 0:
        area = crop[int(rng.uniform(0.5, 0.72) * side) :]
    elif part == 1:
        area = crop[int(rng.uniform(0, 0.25) * side) : int(rng.uniform(0.42, 0.56) * side)]
    else:
        edge = int(rng.uniform(0.4, 0.6) * side)
        area = crop[:, :edge] if rng.random() < 0.5 else crop[:, edge:]
    plain = float(rng.integers(0, 256))
    grain = rng.standard_normal(area.shape) * float(rng.choice((0, 4, 30)))
    area[:] = np.clip(plain + grain, 0, 255).astype(np.uint8)
    return crop


def _occlude(crop: _Picture, rng: np.random.Generator) -> _Picture:
    """Hands, hair, microphones, masks, the edge of the picture."""
    side = crop.shape[0]
    crop = crop.copy()
    w, h = rng.integers(side // 8, side // 2, 2)
    x, y = rng.integers(-w // 3, side - w * 2 // 3), rng.integers(-h // 3, side - h * 2 // 3)
    area = crop[max(y, 0) : y + h, max(x, 0) : x + w]
    if rng.random() < 0.5:
        area[:] = rng.integers(0, 256)
    else:
        area[:] = rng.integers(0, 256, area.shape)
    return crop


def _ramp(side: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Light from one side: brightness that changes linearly across the face."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    slope = rng.uniform(0.2, 0.8)
    return np.asarray(1 + slope * (np.cos(angle) * x + np.sin(angle) * y), np.float32)
