"""Room above a smile: labels that tell intensities apart where votes cannot.

Ten people who vote for an emotion say which it is, not how strong it is: a smile and a roar of laughter get
the same label. A network that has learnt to tell the emotions apart says more: the evidence that it finds for
one, its log odds, grows with the expression. Here that evidence orders the faces of a direction, the positive
or the negative emotions, and their labels are spread over a width by that order. On average the labels of a
direction stay where they were, and a face half of whose votes are for it moves half as far.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from training.datasets.faces import FaceSet
from training.datasets.ferplus import VALENCE

Floats = npt.NDArray[np.float32]

_POSITIVE, _NEGATIVE = VALENCE > 0.5, VALENCE < -0.3
"""The emotions of each direction."""
_MOSTLY = 0.5
"""Share of the votes from which a face counts among those that are ordered."""


@dataclass(frozen=True)
class Headroom:
    """Widths, in valence, over which the labels of each direction are spread; 0: not at all."""

    positive: float = 0.0
    negative: float = 0.0


def spread_out(faces: FaceSet, logits: Floats, headroom: Headroom) -> FaceSet:
    """`faces` with labels spread by the evidence in a teacher's `logits` (n, 8); those without votes keep
    theirs."""
    voted = np.isfinite(faces.votes).all(axis=1)
    valence = faces.valence.copy()
    for width, emotions, sign in ((headroom.positive, _POSITIVE, 1), (headroom.negative, _NEGATIVE, -1)):
        share = np.where(voted, faces.votes[:, emotions].sum(axis=1), 0)
        if width and (share >= _MOSTLY).any():
            valence += sign * width * share * (_ranks(evidence(logits, emotions), share >= _MOSTLY) - 0.5)
    return replace(faces, valence=np.clip(valence, -1, 1).astype(np.float32))


def evidence(logits: Floats, emotions: npt.NDArray[np.bool_]) -> Floats:
    """(n,) log odds of `emotions` (8,) against the others, from `logits` (n, 8)."""
    mine, others = logits[:, emotions], logits[:, ~emotions]
    return np.asarray(np.logaddexp.reduce(mine, axis=1) - np.logaddexp.reduce(others, axis=1), np.float32)


def _ranks(values: Floats, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(n,) the share of the `values` of those `among` that lie below each, 0 to 1."""
    ordered = np.sort(values[among])
    return (
        (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right"))
        / 2
        / len(ordered)
    )
