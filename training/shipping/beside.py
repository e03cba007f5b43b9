"""What a network of ours says beside valence: whether it has learnt it, and how right it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from inference import EXPRESSIONS
from training.datasets.faces import FaceSet
from training.networks.layers import FaceNetwork
from training.scoring.assessment import assess
from training.shipping import onnxfile

ENTRIES: dict[str, Any] = {
    onnxfile.AROUSAL: onnxfile.AROUSAL,
    onnxfile.EXPRESSIONS: {"name": onnxfile.EXPRESSIONS, "expressions": list(EXPRESSIONS)},
}
"""Of a manifest."""


def learnt(network: FaceNetwork, labelled: FaceSet) -> tuple[str, ...]:
    """What of `onnxfile.BESIDE` the network has learnt, by the labels of such data."""
    known = {
        onnxfile.AROUSAL: bool(network.arousal_learnt) and bool(np.isfinite(labelled.arousal).any()),
        onnxfile.EXPRESSIONS: bool(np.isfinite(labelled.votes).all(axis=1).any()),
    }
    return tuple(name for name in onnxfile.BESIDE if known[name])


def told_beside(beside: Sequence[str], said: npt.NDArray[np.float32], faces: FaceSet) -> dict[str, Any]:
    """How right the outputs `beside` are on `faces`. said: (n, columns) of all of them.

    ``arousal``: as of valence; ``expressions``: which part of the shares network and raters share out alike
    (mean; 1: all, 0: nothing), and how often the likeliest is the raters' likeliest.
    """
    told: dict[str, Any] = {}
    for name in beside:
        width = 1 if name == onnxfile.AROUSAL else len(EXPRESSIONS)
        own, said = said[:, :width], said[:, width:]
        if name == onnxfile.AROUSAL:
            known = np.isfinite(faces.arousal)
            told[name] = assess(faces.arousal[known], own[known, 0]).to_dict() if known.any() else None
        else:
            known = np.asarray(np.isfinite(faces.votes).all(axis=1))
            votes, shares = faces.votes[known], own[known]
            told[name] = {
                "n": int(known.sum()),
                "alike": round(float(np.minimum(votes, shares).sum(axis=1).mean()), 4),
                "accuracy": round(float((votes.argmax(axis=1) == shares.argmax(axis=1)).mean()), 4),
            }
    return told
