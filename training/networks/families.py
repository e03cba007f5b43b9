"""The networks that can be trained, by name: `build("residual")`.

Every network takes aligned grey faces (n, 1, side, side) in [-1, 1] and returns an `Outputs`: it
learns the emotion votes beside the valence (a label distribution says more than its mean), and how
far its own valence is likely to be off.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from training.errors import TrainingError
from training.networks.layers import (
    Enlarge,
    FaceNetwork,
    InvertedResidual,
    Outputs,
    PlainResidual,
    ResidualBlock,
    SqueezeExcite,
    conv,
    rounded,
)

__all__ = [
    "NETWORKS",
    "FaceNetwork",
    "Outputs",
    "build",
    "efficientnet",
    "mobilenet",
    "recognition",
    "residual",
]


def residual(width: float = 1.0, dropout: float = 0.3) -> FaceNetwork:
    """Ours: few, wide stages for a small grey face; made for one CPU thread."""
    stem, a, b, c = (rounded(n * width) for n in (32, 64, 128, 192))
    trunk = nn.Sequential(
        conv(1, stem, 5, 2),
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


# MobileNetV3-Large (Howard et al. 2019, table 1): kernel, expanded, out, squeeze, hard-swish, stride.
# Its second halving is left out: the faces are 64 pixels, not 224, and should end at 4x4, not 2x2.
_MOBILENET = (
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 1),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2),
    (5, 960, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
)


def mobilenet(width: float = 1.0, dropout: float = 0.3) -> FaceNetwork:
    """MobileNetV3-Large without its classifier, for small faces."""
    inputs = rounded(16 * width)
    trunk = nn.Sequential(conv(1, inputs, 3, 2), nn.Hardswish())
    for kernel, expanded, out, squeeze, hard, stride in _MOBILENET:
        outputs, hidden = rounded(out * width), rounded(expanded * width)
        trunk.append(
            InvertedResidual(
                inputs,
                outputs,
                expansion=hidden / inputs,
                kernel=kernel,
                stride=stride,
                activation=nn.Hardswish if hard else nn.ReLU,
                squeeze=SqueezeExcite(hidden, rounded(hidden / 4), nn.Hardsigmoid()) if squeeze else None,
            )
        )
        inputs = outputs
    features = rounded(960 * width)
    trunk.extend([conv(inputs, features, 1), nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    return FaceNetwork(trunk, features, dropout)


# EfficientNet-B0 (Tan & Le 2019, table 1): expansion, kernel, out, layers, stride. Its second
# halving is left out, as above.
_EFFICIENTNET = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 1),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)


def efficientnet(width: float = 1.0, dropout: float = 0.3) -> FaceNetwork:
    """EfficientNet-B0 without its classifier, for small faces."""
    inputs = rounded(32 * width)
    trunk = nn.Sequential(conv(1, inputs, 3, 2), nn.SiLU())
    for expansion, kernel, out, layers, first in _EFFICIENTNET:
        outputs = rounded(out * width)
        for layer in range(layers):
            hidden = rounded(inputs * expansion)
            trunk.append(
                InvertedResidual(
                    inputs,
                    outputs,
                    expansion=expansion,
                    kernel=kernel,
                    stride=first if layer == 0 else 1,
                    activation=nn.SiLU,
                    # A quarter of the block's input, not of its widened middle.
                    squeeze=SqueezeExcite(hidden, max(4, inputs // 4)),
                )
            )
            inputs = outputs
    features = rounded(1280 * width)
    trunk.extend([conv(inputs, features, 1), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    return FaceNetwork(trunk, features, dropout)


# The trunk of dlib's face-recognition network (King 2017): outputs, stride. Its last stage, which tells
# people apart, is left out.
_RECOGNITION = (
    *((32, 1), (32, 1), (32, 1)),
    *((64, 2), (64, 1), (64, 1), (64, 1)),
    *((128, 2), (128, 1), (128, 1)),
    *((256, 2), (256, 1), (256, 1)),
)


def recognition(width: float = 1.0, dropout: float = 0.4, side: int = 112) -> FaceNetwork:
    """dlib's face-recognition network without its last stage; `transfer.start_from_dlib` fills it.

    What it has learnt from millions of faces is a better start than nothing: see the model card. It
    wants faces of about its own size, so that they are enlarged to `side` pixels first.
    """
    inputs = rounded(32 * width)
    trunk = nn.Sequential(Enlarge(int(side)), conv(1, inputs, 7, 2, padding=0), nn.ReLU(), nn.MaxPool2d(3, 2))
    for out, stride in _RECOGNITION:
        outputs = rounded(out * width)
        trunk.append(PlainResidual(inputs, outputs, stride))
        inputs = outputs
    trunk.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    return FaceNetwork(trunk, inputs, dropout)


NETWORKS: dict[str, Callable[..., FaceNetwork]] = {
    "residual": residual,
    "mobilenet": mobilenet,
    "efficientnet": efficientnet,
    "recognition": recognition,
}


def build(name: str, **options: float) -> FaceNetwork:
    """The network `name`, with fresh weights. Raises TrainingError for a name or option that is unknown."""
    if name not in NETWORKS:
        raise TrainingError(f"unknown network {name!r}; there are: {', '.join(NETWORKS)}")
    try:
        return NETWORKS[name](**options)
    except TypeError as error:
        raise TrainingError(f"the network {name} cannot be built: {error}") from None
