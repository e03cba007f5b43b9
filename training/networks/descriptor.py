"""dlib's face-recognition network (King 2017): a face to 128 numbers, near to each other for one person.

`load` fills it from the file that dlib keeps it in; it is in the public domain (CC0).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.networks.dlibfile import read_convolutions, read_projection
from training.networks.layers import PlainResidual

SIZE = 128
"""Numbers that describe a face."""
_MEAN = (122.782, 117.001, 104.298)
"""Of the red, green and blue pixels that it was trained on; they are divided by 256 afterwards."""
# Outputs and stride of each block.
_BLOCKS = (
    *((32, 1), (32, 1), (32, 1)),
    *((64, 2), (64, 1), (64, 1), (64, 1)),
    *((128, 2), (128, 1), (128, 1)),
    *((256, 2), (256, 1), (256, 1)),
    (256, 2),
)


class Descriptor(nn.Module):
    """BGR faces (n, 3, side, side), pixels 0..255, to (n, SIZE) numbers, as dlib computes them."""

    def __init__(self) -> None:
        super().__init__()
        trunk = [_convolution(3, 32, 7, 2, 0), nn.ReLU(), nn.MaxPool2d(3, 2)]
        inputs = 32
        for outputs, stride in _BLOCKS:
            block = PlainResidual(inputs, outputs, stride)
            # What dlib's file holds is a scale and an offset; they go into the convolution.
            block.body = nn.Sequential(
                _convolution(inputs, outputs, 3, stride, 1 if stride == 1 else 0),
                nn.ReLU(),
                _convolution(outputs, outputs, 3, 1, 1),
            )
            trunk.append(block)
            inputs = outputs
        self.trunk = nn.Sequential(*trunk, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.project = nn.Linear(inputs, SIZE, bias=False)

    def forward(self, faces: Tensor) -> Tensor:
        projected: Tensor = self.project(self.trunk(faces))
        return projected


def load(path: Path) -> Descriptor:
    """The network with the weights of dlib's ``dlib_face_recognition_resnet_model_v1.dat`` at `path`.

    Raises:
        TrainingError: there is no such file, or it holds another network.
    """
    network = Descriptor()
    kernels = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    theirs = read_convolutions(path)
    projection = torch.from_numpy(read_projection(path))
    shapes = [tuple(kernel.weight.shape) for kernel in kernels]
    if shapes != [c.weights.shape for c in theirs] or projection.shape != network.project.weight.shape:
        raise TrainingError(f"{path} is not dlib's face-recognition network")
    with torch.no_grad():
        for kernel, given in zip(kernels, theirs, strict=True):
            assert kernel.bias is not None
            kernel.weight.copy_(torch.from_numpy(given.weights * given.scale[:, None, None, None]))
            kernel.bias.copy_(torch.from_numpy(given.offset))
        _take_pixels(kernels[0])
        network.project.weight.copy_(projection)
    return network.eval()


def _take_pixels(first: nn.Conv2d) -> None:
    """Puts dlib's normalisation of the pixels, and the order of their colours, into the first convolution.

    Exact because that convolution adds no border of zeros.
    """
    assert first.bias is not None
    mean = torch.tensor(_MEAN)[None, :, None, None]
    first.bias.sub_((first.weight * mean).sum(dim=(1, 2, 3)) / 256)
    first.weight.copy_(first.weight.flip(1) / 256)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding)
