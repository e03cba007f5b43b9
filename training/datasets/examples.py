"""Labelled pictures: what every data set is before its faces are aligned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.datasets.pictures import Image
from training.datasets.splits import Splits

Shares = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One labelled picture."""

    name: str
    """Unique in its data set."""
    clip: str
    """What is assigned to a split as a whole: a video clip, or a single picture."""
    subject: str
    """Who is shown; "" where unknown."""
    valence: float
    """In [-1, 1]."""
    read: Callable[[], Image | None]
    """The BGR picture, or None where it is missing or cannot be decoded."""
    shares: Shares | None = None
    """(8,) shares of the emotions, where people voted on them."""
    arousal: float | None = None
    """In [-1, 1], where it is known."""
    near: tuple[float, float, float, float] | None = None
    """Where the labelled face is (left, top, right, bottom in pixels), roughly, where that is known."""


@dataclass(frozen=True)
class DataSet:
    """A collection of labelled pictures as it lies on the disk."""

    title: str
    examples: tuple[Example, ...]
    fingerprint: str
    """Changes when the files change."""
    notes: tuple[str, ...] = ()
    """What was left out, in sentences with the numbers in them."""
    official: Splits | None = None
    """The splits that its authors made, if any."""
    target: str = "valence in [-1, 1], as given"
    """How the valence came about, for the model card."""
    arousal: str = ""
    """How the arousal came about, likewise; empty where there is none."""
    licence: str = ""
    """What its authors allow, for the model card."""
