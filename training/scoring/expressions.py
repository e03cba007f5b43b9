"""How faces of each expression are read, and whether smiles on which all agree are told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from inference import EXPRESSIONS
from training.scoring.groups import by_group

Values = npt.NDArray[np.float32]

_HAPPINESS = EXPRESSIONS.index("happiness")
_FEWEST = 10
"""Faces, below which a mean says nothing."""


def by_expression(true: Values, predicted: Values, votes: Values) -> list[dict[str, Any]]:
    """The scores (see `GroupScores.to_dict`) of each expression's faces: those with most votes for it.

    votes: (n, 8), rows of nan where nobody voted.
    """
    mostly = np.isfinite(votes).all(axis=1) & (votes.max(axis=1) > 0.5)
    names = np.array(EXPRESSIONS)[votes[mostly].argmax(axis=1)]
    found = {group.group: group for group in by_group(true[mostly], predicted[mostly], names.tolist())}
    known = (found[name] for name in EXPRESSIONS if name in found)
    return [group.to_dict() for group in known if group.n >= _FEWEST]


def smiles_apart(predicted: Values, votes: Values, shares: Values | None) -> dict[str, Any] | None:
    """Of faces that all voters call happy: the 5th and 95th percentile of what is read, and the rank
    correlation with the log odds of happiness in `shares` (n, 8) that the network finds; None for too few."""
    happy = np.isfinite(votes).all(axis=1) & (votes[:, _HAPPINESS] > 0.999)
    if happy.sum() < _FEWEST:
        return None
    low, high = np.percentile(predicted[happy], [5, 95])
    told: dict[str, Any] = {"n": int(happy.sum()), "low": round(float(low), 3), "high": round(float(high), 3)}
    if shares is not None:
        found = np.clip(shares[happy, _HAPPINESS].astype(np.float64), 1e-9, 1 - 1e-9)
        told["evidence"] = round(float(spearmanr(predicted[happy], np.log(found / (1 - found)))[0]), 3)
    return told
