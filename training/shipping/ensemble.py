"""Several trained networks as one: the mean of what they read off a face, less sure where they differ.

Networks that began differently err differently, and the mean of their readings errs less than each of
them (Hansen & Salamon, "Neural network ensembles", 1990); how far they are apart is part of the error to
expect (Lakshminarayanan et al. 2017). It costs what all of them cost.
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
        valence = self._mean([o.valence for o in said])
        # Of a mixture of normal distributions: what its members expect, and how far they are apart.
        variance = self._mean([(2 * o.spread).exp() + (o.valence - valence).square() for o in said])
        return Outputs(
            valence,
            self._mean([o.emotions for o in said]),
            variance.log() / 2,
            self._mean([o.arousal for o in said]),
        )

    def _mean(self, values: Sequence[Tensor]) -> Tensor:
        return torch.stack([s * v for s, v in zip(self.shares, values, strict=True)]).sum(dim=0)


class Surer(FaceNetwork):
    """A network whose expected errors are put through a line, in logarithms."""

    def __init__(self, network: FaceNetwork, intercept: float, slope: float) -> None:
        nn.Module.__init__(self)
        self.network = network
        self.register_buffer("arousal_learnt", network.arousal_learnt.clone())
        self._intercept, self._slope = intercept, slope

    def forward(self, faces: Tensor) -> Outputs:
        said: Outputs = self.network(faces)
        return said._replace(spread=self._intercept + self._slope * said.spread)


def together(runs: Sequence[Path], first: float | None = None) -> tuple[FaceNetwork, list[Recipe]]:
    """The best network of one run, or the ensemble of several, ready to predict, and the recipes.

    Raises:
        TrainingError: one of the folders holds no finished epoch, or `first` is not a share.
    """
    if first is not None and not 0 < first < 1:
        raise TrainingError(f"a share in an ensemble lies between 0 and 1, it is {first}")
    networks, recipes = zip(*(trained(run) for run in runs), strict=True)
    return (networks[0] if len(networks) == 1 else Ensemble(networks, first).eval()), list(recipes)
