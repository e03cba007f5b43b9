"""What is left of the scores when pictures get worse or boxes are off.

Whole pictures are corrupted, then aligned by the serving code, then read: so the alignment is
tested too. Strengths are in terms of the face, so that they mean the same for small and large ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inference import Aligner
from training.datasets.collect import Collected, Track
from training.datasets.examples import DataSet
from training.datasets.pictures import Image, gray
from training.errors import TrainingError
from training.scoring.assessment import Predict
from training.scoring.metrics import score

Box = npt.NDArray[np.float64]
"""(4,): left, top, right, bottom."""
Corruption = Callable[[Image, Box, np.random.Generator], tuple[Image, Box]]
"""Changes a BGR picture, the box of its face, or both."""


def _side(box: Box) -> float:
    return float(np.sqrt(max(box[2] - box[0], 1.0) * max(box[3] - box[1], 1.0)))


def _clipped(values: npt.NDArray[np.floating]) -> Image:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def clean(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """Nothing is changed."""
    return picture, box


def blur(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """Out of focus: a Gaussian of 3 % of the face."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.03 * _side(box)), np.uint8), box


def small(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """The face is 32 pixels large; smaller ones are left as they are."""
    scale = 32 / _side(box)
    if scale >= 1:
        return picture, box
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8), box * np.array([size[0] / width, size[1] / height] * 2)


def jpeg(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """JPEG at quality 20."""
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 20])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), box


def rolled(degrees: float) -> Corruption:
    """The head leans to a side; the detector's box stays upright."""

    def corrupt(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        height, width = picture.shape[:2]
        turn = cv2.getRotationMatrix2D(centre, degrees, 1.0)
        turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(turned, np.uint8), box

    return corrupt


def side_light(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """One cheek at 40 % of its brightness, the other at 160 %."""
    middle, half = (box[0] + box[2]) / 2, max((box[2] - box[0]) / 2, 1.0)
    across = np.clip((np.arange(picture.shape[1]) + 0.5 - middle) / half, -1.3, 1.3)
    direction = 1.0 if rng.random() < 0.5 else -1.0
    return _clipped(picture * (1 + 0.6 * direction * across)[None, :, None]), box


def brightness(factor: float) -> Corruption:
    """Every pixel times `factor`."""
    return lambda picture, box, rng: (_clipped(picture.astype(np.float32) * factor), box)


def covered(top: float, bottom: float, value: int) -> Corruption:
    """A plain patch over the face from `top` to `bottom`, in heights of its box."""

    def corrupt(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
        height = box[3] - box[1]
        y0, y1 = (max(0, round(float(box[1] + part * height))) for part in (top, bottom))
        x0, x1 = (max(0, round(float(v))) for v in (box[0], box[2]))
        result = picture.copy()
        result[y0:y1, x0:x1] = value
        return result, box

    return corrupt


def shifted(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """The box is off by a tenth of the face, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    return picture, box + 0.1 * _side(box) * np.array([np.cos(angle), np.sin(angle)] * 2)


def looser(picture: Image, box: Box, rng: np.random.Generator) -> tuple[Image, Box]:
    """The box is 20 % larger."""
    centre = (box[:2] + box[2:]) / 2
    return picture, np.concatenate([centre + 1.2 * (box[:2] - centre), centre + 1.2 * (box[2:] - centre)])


CORRUPTIONS: dict[str, Corruption] = {
    "clean": clean,
    "blur": blur,
    "32 px": small,
    "JPEG quality 20": jpeg,
    "roll +20°": rolled(20),
    "roll -20°": rolled(-20),
    "side light": side_light,
    "brightness +50 %": brightness(1.5),
    "brightness -50 %": brightness(0.5),
    "lower face covered": covered(0.62, 1.05, 180),
    "upper face covered": covered(0.15, 0.5, 40),
    "shifted box": shifted,
    "20 % looser box": looser,
}


def corrupted_crops(
    data: DataSet,
    collected: Collected,
    rows: npt.NDArray[np.intp],
    aligner: Aligner,
    track: Track = iter,
    seed: int = 0,
) -> dict[str, Image]:
    """Grey crops (len(rows), side, side) of the faces `rows` of `collected`, by corruption."""
    examples = {e.name: e for e in data.examples}
    chosen = [examples[str(name)] for name in collected.faces.names[rows]]
    crops: dict[str, list[Image]] = {name: [] for name in CORRUPTIONS}
    for row, example in zip(rows, track(chosen), strict=True):
        picture = example.read()
        if picture is None:
            raise TrainingError(f"{example.name} cannot be read any more")
        box = collected.boxes[row].astype(np.float64)
        rng = np.random.default_rng((seed, int(row)))
        for name, corrupt in CORRUPTIONS.items():
            changed, moved = corrupt(picture, box, rng)
            crops[name].append(gray(aligner.align(changed, [moved.tolist()])[0].pixels))
    return {name: np.stack(pictures) for name, pictures in crops.items()}


def robustness(
    data: DataSet,
    collected: Collected,
    rows: npt.NDArray[np.intp],
    aligner: Aligner,
    predict: Predict,
    track: Track = iter,
) -> list[dict[str, Any]]:
    """One row for each corruption, ``clean`` first: scores, and the CCC that is lost."""
    true = collected.faces.valence[rows]
    table: list[dict[str, Any]] = []
    for name, crops in corrupted_crops(data, collected, rows, aligner, track).items():
        scores = {m: round(v, 4) for m, v in asdict(score(true, predict(crops))).items()}
        lost = round((table[0] if table else scores)["ccc"] - scores["ccc"], 4)
        table.append({"corruption": name, **scores, "lost": lost})
    return table
