"""How faces of each expression are read, and whether smiles on which all agree are told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from inference import EXPRESSIONS

Values = npt.NDArray[np.float32]

_HAPPINESS = EXPRESSIONS.index("happiness")
_FEWEST = 10
"""Faces, below which a mean says nothing."""


def by_expression(true: Values, predicted: Values, votes: Values) -> list[dict[str, Any]]:
    """A row for each expression that has faces with most votes for it: their number, the mean valence that
    was read and the one that was voted, and the difference.

    votes: (n, 8), rows of nan where nobody voted.
    """
    voted = np.isfinite(votes).all(axis=1, keepdims=True)
    mostly = np.where(voted, votes, 0) > 0.5
    rows = []
    for column, name in enumerate(EXPRESSIONS):
        faces = mostly[:, column]
        if faces.sum() >= _FEWEST:
            read, told = float(predicted[faces].mean()), float(true[faces].mean())
            means = {"read": round(read, 3), "voted": round(told, 3), "bias": round(read - told, 3)}
            rows.append({"expression": name, "n": int(faces.sum()), **means})
    return rows


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
