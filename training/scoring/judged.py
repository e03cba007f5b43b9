"""Faces as a camera may meet them, read and judged: what error bars are fitted to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference import Crop, Readings, ValenceModel
from training.datasets.examples import Example
from training.errors import TrainingError
from training.scoring.robustness import CORRUPTIONS, Box

Values = npt.NDArray[np.float64]
Judge = Callable[
    [Sequence[Crop], Sequence[Sequence[float]], Readings, Sequence[tuple[int, ...]]], Sequence[float]
]
"""The quality (0..1) of faces from their crops, boxes, readings and the shapes of their pictures."""


@dataclass(frozen=True)
class Judged:
    """Readings of n faces, each under the k `CORRUPTIONS`; the first of them changes nothing."""

    valence: Values
    """(n, k), as read."""
    error: Values
    """(n, k), that less the true one."""
    spread: Values
    """(n, k), the error that the network expects; nan where it does not say."""
    quality: Values
    """(n, k)."""


def judge(faces: Iterable[tuple[Example, Box]], model: ValenceModel, quality: Judge) -> Judged:
    """Reads each of `faces`, an example and where its face is, under every corruption.

    Raises:
        TrainingError: a picture cannot be read, or there is none.
    """
    valences, errors, spreads, qualities = [], [], [], []
    for row, (example, box) in enumerate(faces):
        picture = example.read()
        if picture is None:
            raise TrainingError(f"{example.name} cannot be read any more")
        rng = np.random.default_rng(row)
        made = [corrupt(picture, box, rng) for corrupt in CORRUPTIONS.values()]
        boxes = [moved.tolist() for _, moved in made]
        crops = [model.align(changed, [at])[0] for (changed, _), at in zip(made, boxes, strict=True)]
        readings = model.read(crops)
        valences.append(readings.valence)
        errors.append(readings.valence - example.valence)
        spreads.append(np.full(len(made), np.nan) if readings.spread is None else readings.spread)
        qualities.append(quality(crops, boxes, readings, [changed.shape for changed, _ in made]))
    if not valences:
        raise TrainingError("there is no face to read")
    return Judged(*(np.asarray(values, np.float64) for values in (valences, errors, spreads, qualities)))
