"""Aligned faces with labels: what every data set becomes before training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WIDE = 1.5
"""Side of a wide face over the side of the crop in its middle: room for shifts and turns."""

Locate = Callable[[npt.NDArray[np.uint8]], Sequence[float] | None]
"""Finds the face box (left, top, right, bottom) in a BGR picture, or None."""


@dataclass(frozen=True)
class FaceSet:
    """n labelled faces."""

    names: npt.NDArray[np.str_]
    crops: npt.NDArray[np.uint8]
    """(n, side, side), grey, exactly what the served model would see."""
    wide: npt.NDArray[np.uint8]
    """(n, WIDE * side, WIDE * side), the same with its surroundings, for augmentation."""
    valence: npt.NDArray[np.float32]
    """(n,), in [-1, 1]."""
    votes: npt.NDArray[np.float32]
    """(n, 8), shares of the emotions, rows of nan where a data set has none."""
    subjects: npt.NDArray[np.str_]
    """(n,), whose face it is; "" where unknown."""
    arousal: npt.NDArray[np.float32]
    """(n,), in [-1, 1]; nan where a data set has none."""

    def __len__(self) -> int:
        return len(self.valence)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> FaceSet:
        """The faces in `rows` only."""
        return FaceSet(
            self.names[rows],
            self.crops[rows],
            self.wide[rows],
            self.valence[rows],
            self.votes[rows],
            self.subjects[rows],
            self.arousal[rows],
        )
