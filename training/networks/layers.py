"""What the networks are made of: the heads, and the blocks that families share."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

EMOTIONS = 8
REACH = 1.25
"""Where valence saturates: beyond the ends of the scale, so that readings near them still tell apart."""


class Outputs(NamedTuple):
    valence: Tensor
    """(n,), in (-REACH, REACH): to be cut to [-1, 1] where it is read."""
    emotions: Tensor
    """(n, EMOTIONS), logits."""
    spread: Tensor
    """(n,), log of the standard deviation of the valence's error."""
    arousal: Tensor
    """(n,), in (-1, 1)."""


class FaceNetwork(nn.Module):
    """A trunk of features with the heads on top."""

    arousal_learnt: Tensor
    """Whether the arousal's head has met labels: a bool, kept with the weights."""

    def __init__(self, trunk: nn.Module, features: int, dropout: float) -> None:
        super().__init__()
        self.trunk = trunk
        self.dropout = nn.Dropout(dropout)
        self.valence = nn.Linear(features, 1)
        self.emotions = nn.Linear(features, EMOTIONS)
        self.spread = nn.Sequential(nn.Linear(features, 32), nn.ReLU(), nn.Linear(32, 1))
        self.arousal = nn.Linear(features, 1)
        self.register_buffer("arousal_learnt", torch.tensor(False))

    def forward(self, faces: Tensor) -> Outputs:
        # Every face at one brightness and contrast: light is not expression.
        centred = faces - faces.mean(dim=(2, 3), keepdim=True)
        deviation = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
        features = self.trunk(centred / (deviation + 0.05))
        dropped = self.dropout(features)
        return Outputs(
            REACH * (self.valence(dropped) / REACH).tanh().squeeze(1),
            self.emotions(dropped),
            # What it learns about its own errors must not bend the features that cause them.
            self.spread(features.detach()).squeeze(1),
            self.arousal(dropped).tanh().squeeze(1),
        )


def conv(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, padding: int | None = None
) -> nn.Sequential:
    """Convolution and batch normalisation; unless told otherwise the same size where the stride is 1."""
    padding = kernel // 2 if padding is None else padding
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


def rounded(channels: float) -> int:
    """The nearest multiple of 8 (at least 8), as vector units like it."""
    return max(8, round(channels / 8) * 8)


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
        weights: Tensor = self.weights(x)
        return x * weights


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with squeeze-excitation (He et al. 2016, Hu et al. 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(inputs, outputs, 3, stride),
            nn.ReLU(),
            conv(outputs, outputs, 3),
            SqueezeExcite(outputs, outputs // 8),
        )
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            pool: list[nn.Module] = [nn.AvgPool2d(2)] if stride == 2 else []
            self.skip = nn.Sequential(*pool, conv(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.body(x) + self.skip(x))


class PlainResidual(nn.Module):
    """Two 3x3 convolutions beside a way through without weights, as in dlib's networks (King 2017).

    Where the block halves, the way through is the mean of 2x2; channels and edges that one of the two
    does not have are zeros.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(inputs, outputs, 3, stride, padding=1 if stride == 1 else 0),
            nn.ReLU(),
            conv(outputs, outputs, 3),
        )
        self._halves = stride == 2
        self._more = outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        computed: Tensor = self.body(x)
        if self._halves:
            x = functional.avg_pool2d(x, 2)
        edge = x.shape[-1] - computed.shape[-1]
        return functional.relu(
            functional.pad(computed, (0, edge, 0, edge)) + functional.pad(x, (0, 0, 0, 0, 0, self._more))
        )


class Enlarge(nn.Module):
    """Pictures at another side length, bilinear."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self._side = side

    def forward(self, x: Tensor) -> Tensor:
        size = (self._side, self._side)
        return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, narrow (Sandler et al. 2018).

    With squeeze-excitation in the middle it is the block of MobileNetV3 (Howard et al. 2019) and of
    EfficientNet (Tan & Le 2019); they differ in activation and gate.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        expansion: float,
        kernel: int,
        stride: int,
        activation: type[nn.Module],
        squeeze: SqueezeExcite | None = None,
    ) -> None:
        super().__init__()
        hidden = rounded(inputs * expansion)
        widen = [conv(inputs, hidden, 1), activation()] if expansion != 1 else []
        self.body = nn.Sequential(
            *widen,
            conv(hidden, hidden, kernel, stride, groups=hidden),
            activation(),
            squeeze or nn.Identity(),
            conv(hidden, outputs, 1),
        )
        self._joined = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.body(x)
        return x + result if self._joined else result
