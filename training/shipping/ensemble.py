"""Several trained networks as one: what they read off a face is averaged.

Networks that began differently err differently, and the mean of their readings errs less than each of
them (Hansen & Salamon, "Neural network ensembles", 1990). It costs what all of them cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.fitting.checkpoints import trained
from training.fitting.recipe import Recipe
from training.networks.layers import FaceNetwork, Outputs


class Ensemble(FaceNetwork):
    """The mean of its members' outputs; `first` is the share of the first."""

    def __init__(self, members: Sequence[FaceNetwork], first: float | None = None) -> None:
        nn.Module.__init__(self)  # no trunk and heads of its own
        self.members = nn.ModuleList(members)
        others = len(members) - 1
        first = 1 / len(members) if first is None else first
        learnt = [bool(member.arousal_learnt) for member in members]
        self.register_buffer("arousal_learnt", torch.tensor(all(learnt)))
        self.shares = [first, *[(1 - first) / others for _ in range(others)]]

    def forward(self, faces: Tensor) -> Outputs:
        said = [member(faces) for member in self.members]
        columns = zip(*said, strict=True)
        return Outputs(
            *(torch.stack([s * o for s, o in zip(self.shares, c, strict=True)]).sum(dim=0) for c in columns)
        )


def together(runs: Sequence[Path], first: float | None = None) -> tuple[FaceNetwork, list[Recipe]]:
    """The best network of one run, or the ensemble of several, ready to predict, and the recipes.

    Raises:
        TrainingError: one of the folders holds no finished epoch, or `first` is not a share.
    """
    if first is not None and not 0 < first < 1:
        raise TrainingError(f"a share in an ensemble lies between 0 and 1, it is {first}")
    networks, recipes = zip(*(trained(run) for run in runs), strict=True)
    return (networks[0] if len(networks) == 1 else Ensemble(networks, first).eval()), list(recipes)
