"""Everything that decides how a network is trained, in one small, storable object."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from training.fitting.augmentation import Augmentation
from training.fitting.settings import from_dict


@dataclass(frozen=True)
class Losses:
    """Weights of the parts of the loss."""

    mse: float = 2.0
    ccc: float = 1.0
    """1 - concordance over the batch."""
    emotions: float = 0.6
    """Cross-entropy against the shares of the votes; left out where a data set has none."""
    arousal: float = 0.3
    """Mean squared error; left out where a data set has none."""
    spread: float = 0.1
    """Gaussian negative log-likelihood of the error (Nix & Weigend 1994), on frozen features."""
    steady: float = 0.0
    """Squared difference of the valence of a face and of the same, moved as a camera's noise moves it."""


@dataclass(frozen=True)
class Recipe:
    network: str = "residual"
    options: dict[str, float] = field(default_factory=dict)
    epochs: int = 40
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    warmup: float = 0.05
    """Share of all steps in which the learning rate rises; then it falls as a cosine."""
    average: float = 0.998
    """Decay of the exponential moving average of the weights, which is what gets evaluated."""
    patience: int = 0
    """Epochs without a better validation CCC before training stops; 0: never early."""
    balance: float = 0.0
    """Power of how rare an emotion is, by which its faces are shown more often; 0: each once an epoch."""
    seed: int = 0
    start: str = ""
    """What to start from instead of random weights: a checkpoint of the same network, an ONNX file that
    was exported from it, or, for the network recognition, dlib's file (.dat)."""
    losses: Losses = field(default_factory=Losses)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """The recipe with `values` over the defaults. Raises TrainingError for an unknown name."""
        return from_dict(cls, values, "recipe")
