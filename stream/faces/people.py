"""Who somebody is, for as long as one recording lasts: a face as a recognition network describes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from stream.frames import Box

Description = npt.NDArray[np.float32]
"""One view of a face (`inference.recognition`); Euclidean distance compares two of them."""
Describe = Callable[[Box, float], Description]
"""Describes the face in a box of the frame that is being looked at, turned by so many degrees."""

_VIEWS = 6
"""Views that are remembered of one person..."""
_NEW = 0.25
"""... each at least so far from the others."""
_MIXED = 0.3
"""Share of the latest view in the one that it is nearest to."""


class Person:
    """A face from several sides."""

    def __init__(self) -> None:
        self._views: list[Description] = []

    def distance(self, description: Description) -> float | None:
        """To the nearest of the views; None where there is none yet."""
        if not self._views:
            return None
        return float(np.linalg.norm(np.stack(self._views) - description, axis=1).min())

    def learn(self, description: Description) -> None:
        """Takes a view in: as a new one, or mixed into the nearest where it says little new."""
        if self._views:
            distances = np.linalg.norm(np.stack(self._views) - description, axis=1)
            nearest = int(distances.argmin())
            if distances[nearest] < _NEW or len(self._views) == _VIEWS:
                mixed = (1 - _MIXED) * self._views[nearest] + _MIXED * description
                self._views[nearest] = np.asarray(mixed, np.float32)
                return
        self._views.append(description)
