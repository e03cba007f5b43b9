"""What training makes small."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from training.fitting.recipe import Losses
from training.networks.layers import Outputs


def concordance(true: Tensor, predicted: Tensor) -> Tensor:
    """Concordance correlation coefficient (Lin 1989) of a batch, differentiable."""
    t, p = true - true.mean(), predicted - predicted.mean()
    gap = (true.mean() - predicted.mean()) ** 2
    return 2 * (t * p).mean() / (t.square().mean() + p.square().mean() + gap + 1e-8)


class Labels(NamedTuple):
    """What is known of a batch of faces."""

    valence: Tensor
    """(n,)."""
    votes: Tensor
    """(n, 8), rows of nan where nobody voted."""
    arousal: Tensor
    """(n,), nan where it is not known."""


def loss(outputs: Outputs, labels: Labels, weights: Losses) -> Tensor:
    """The weighted sum of the parts named in `Losses`, all for one batch."""
    valence, votes, arousal = labels
    total = weights.mse * functional.mse_loss(outputs.valence, valence)
    total = total + weights.ccc * (1 - concordance(valence, outputs.valence))
    voted = torch.isfinite(votes).all(dim=1)
    if weights.emotions and bool(voted.any()):
        total = total + weights.emotions * functional.cross_entropy(outputs.emotions[voted], votes[voted])
    known = torch.isfinite(arousal)
    if weights.arousal and bool(known.any()):
        total = total + weights.arousal * functional.mse_loss(outputs.arousal[known], arousal[known])
    error = (outputs.valence.detach() - valence).square()
    log_spread = outputs.spread.clamp(-4, 1)
    likelihood = log_spread + 0.5 * error * torch.exp(-2 * log_spread)
    return total + weights.spread * likelihood.mean()
