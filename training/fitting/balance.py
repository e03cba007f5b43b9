"""Rare expressions met more often: how often each face is shown in an epoch.

In crowd-sourced collections disgust, fear and contempt are a few faces in a hundred. A network that hardly
meets them reads them like the milder faces around them. Drawing them more often (a power of how rare they
are: Mikolov et al. 2013 do so with words) trades a little of the mean error for their bias.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MOST = 6.0
"""How often a face may be shown for every time that the commonest are."""


def frequencies(votes: npt.NDArray[np.float32], power: float) -> npt.NDArray[np.float64]:
    """(n,) how often each face is shown an epoch, 1 on average.

    Args:
        votes: (n, 8) shares of the emotions; rows of nan where nobody voted, which count as the mean face.
        power: 0: every face once; 1: every emotion as often as every other, as far as MOST allows.
    """
    voted = np.isfinite(votes).all(axis=1)
    if not power or not voted.any():
        return np.ones(len(votes))
    common = votes[voted].sum(axis=0, dtype=np.float64)
    often = np.divide(common.max(), common, out=np.ones(len(common)), where=common > 0)
    weights = np.full(len(votes), np.nan)
    weights[voted] = votes[voted] @ np.minimum(often**power, MOST)
    weights[~voted] = weights[voted].mean()
    return np.asarray(weights / weights.mean(), np.float64)


def drawn(frequencies: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """(n,) rows in random order, each as often as its frequency says, rounded up or down at random."""
    size = len(frequencies)
    # Systematic sampling: no face comes more often or seldomer than it must.
    order = rng.permutation(size)
    ends = np.cumsum(frequencies[order]) * size / frequencies.sum()
    rows = order[np.minimum(np.searchsorted(ends, np.arange(size) + rng.random()), size - 1)]
    return np.asarray(rng.permutation(rows), np.intp)
