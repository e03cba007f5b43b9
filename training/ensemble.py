"""Several trained networks as one: what they read off a face is averaged.

Networks that began differently err differently, and the mean of their readings errs less than each of
them (Hansen & Salamon, "Neural network ensembles", 1990). It costs what all of them cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from training.checkpoints import trained
from training.layers import FaceNetwork, Outputs
from training.recipe import Recipe


class Ensemble(FaceNetwork):
    """The mean of its members' outputs."""

    def __init__(self, members: Sequence[FaceNetwork]) -> None:
        nn.Module.__init__(self)  # no trunk and heads of its own
        self.members = nn.ModuleList(members)

    def forward(self, faces: Tensor) -> Outputs:
        said = [member(faces) for member in self.members]
        return Outputs(*(torch.stack(column).mean(dim=0) for column in zip(*said, strict=True)))


def together(runs: Sequence[Path]) -> tuple[FaceNetwork, list[Recipe]]:
    """The best network of one run, or the ensemble of several, ready to predict, and the recipes.

    Raises:
        TrainingError: one of the folders holds no finished epoch.
    """
    networks, recipes = zip(*(trained(run) for run in runs), strict=True)
    return (networks[0] if len(networks) == 1 else Ensemble(networks).eval()), list(recipes)
