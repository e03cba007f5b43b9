"""The networks that can be trained, by name: `build("residual")`.

Every network takes aligned faces (n, 1, side, side) in [-1, 1] and returns an `Outputs`: it learns
the emotion votes beside the valence (a label distribution says more than its mean), and how far its
own valence is likely to be off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

EMOTIONS = 8


class Outputs(NamedTuple):
    valence: Tensor
    """(n,), in (-1, 1)."""
    emotions: Tensor
    """(n, EMOTIONS), logits."""
    spread: Tensor
    """(n,), log of the standard deviation of the valence's error."""


class FaceNetwork(nn.Module):
    """A trunk of features with the three heads on top."""

    def __init__(self, trunk: nn.Module, features: int, dropout: float) -> None:
        super().__init__()
        self.trunk = trunk
        self.dropout = nn.Dropout(dropout)
        self.valence = nn.Linear(features, 1)
        self.emotions = nn.Linear(features, EMOTIONS)
        self.spread = nn.Sequential(nn.Linear(features, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, faces: Tensor) -> Outputs:
        # Every face at one brightness and contrast: light is not expression.
        centred = faces - faces.mean(dim=(2, 3), keepdim=True)
        deviation = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
        features = self.trunk(centred / (deviation + 0.05))
        dropped = self.dropout(features)
        return Outputs(
            torch.tanh(self.valence(dropped)).squeeze(1),
            self.emotions(dropped),
            # What it learns about its own errors must not bend the features that cause them.
            self.spread(features.detach()).squeeze(1),
        )


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al. 2018)."""

    def __init__(self, channels: int, reduced: int, gate: nn.Module | None = None) -> None:
        super().__init__()
        self.weights = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, reduced, 1),
            nn.ReLU(),
            nn.Conv2d(reduced, channels, 1),
            gate or nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weights(x)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with squeeze-excitation (He et al. 2016, Hu et al. 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _conv(inputs, outputs, 3, stride),
            nn.ReLU(),
            _conv(outputs, outputs, 3),
            SqueezeExcite(outputs, outputs // 8),
        )
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            pool: list[nn.Module] = [nn.AvgPool2d(2)] if stride == 2 else []
            self.skip = nn.Sequential(*pool, _conv(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.skip(x))


def residual(width: float = 1.0, dropout: float = 0.3) -> FaceNetwork:
    """Ours: few, wide stages for a small grey face; made for one CPU thread."""
    stem, a, b, c = (int(round(n * width / 8)) * 8 for n in (32, 64, 128, 192))
    trunk = nn.Sequential(
        _conv(1, stem, 5, 2),
        nn.ReLU(),
        ResidualBlock(stem, a, 2),
        ResidualBlock(a, a, 1),
        ResidualBlock(a, b, 2),
        ResidualBlock(b, b, 1),
        ResidualBlock(b, c, 2),
        ResidualBlock(c, c, 1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    return FaceNetwork(trunk, c, dropout)


NETWORKS: dict[str, Callable[..., FaceNetwork]] = {"residual": residual}


def build(name: str, **options: float) -> FaceNetwork:
    """The network `name`, with fresh weights. Raises ValueError for a name that is not known."""
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}; there are: {', '.join(NETWORKS)}")
    return NETWORKS[name](**options)
