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
    """How right the outputs `beside` are on `faces`, where these are labelled. said: (n, columns) of all."""
    told: dict[str, Any] = {}
    for name in beside:
        if name == onnxfile.AROUSAL:
            own, said = said[:, 0], said[:, 1:]
            told[name] = _of_arousal(own, faces.arousal)
        else:
            own, said = said[:, : len(EXPRESSIONS)], said[:, len(EXPRESSIONS) :]
            told[name] = _of_shares(own, faces.votes)
    return {name: figures for name, figures in told.items() if figures}


def _of_arousal(said: npt.NDArray[np.float32], true: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Scores, as of valence."""
    known = np.isfinite(true)
    return assess(true[known], said[known]).to_dict() if known.any() else {}


def _of_shares(said: npt.NDArray[np.float32], votes: npt.NDArray[np.float32]) -> dict[str, Any]:
    """``alike``: which part of the shares network and raters share out alike (mean; 1: all, 0: nothing);
    ``accuracy``: how often the likeliest is the raters' likeliest."""
    voted = np.isfinite(votes).all(axis=1)
    if not voted.any():
        return {}
    said, votes = said[voted], votes[voted]
    return {
        "n": len(votes),
        "alike": round(float(np.minimum(votes, said).sum(axis=1).mean()), 4),
        "accuracy": round(float((votes.argmax(axis=1) == said.argmax(axis=1)).mean()), 4),
    }
