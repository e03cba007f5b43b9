"""The weights of dlib's face-recognition network, read from the file that dlib keeps it in.

The file is the network layer by layer, first layer first: a name, the layer's settings, its numbers. A
convolution (``con_4``) is followed by the scale and offset that its batch normalisation became
(``affine_``). Integers are a byte with their length and sign, then their bytes; tensors are a 2, four
lengths and the numbers as float32, least significant byte first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError

Array = npt.NDArray[np.float32]

_CONVOLUTION, _AFFINE, _PROJECTION = b"\x01\x05con_4", b"\x01\x07affine_", b"\x01\x04fc_2"
_COLORS = 3


@dataclass(frozen=True)
class Convolution:
    """y = scale * (weights * x) + offset, channel by channel."""

    weights: Array
    """(outputs, inputs, k, k)."""
    scale: Array
    """(outputs,)."""
    offset: Array
    """(outputs,)."""


def read_convolutions(path: Path) -> list[Convolution]:
    """Every convolution in the file at `path`, in the order of the network.

    Raises:
        TrainingError: there is no such file, or it does not hold such a network.
    """
    if not path.is_file():
        raise TrainingError(f"there is no file {path}")
    data = path.read_bytes()
    found: list[Convolution] = []
    inputs, at = _COLORS, data.find(_CONVOLUTION)
    try:
        while at >= 0:
            kernel, at = _tensor(data, at + len(_CONVOLUTION))
            affine, at = _tensor(data, data.index(_AFFINE, at) + len(_AFFINE))
            scale, offset = np.split(affine, 2)
            outputs = len(scale)
            weights, bias = kernel[:-outputs], kernel[-outputs:]
            side = math.isqrt(len(weights) // (outputs * inputs))
            weights = weights.reshape(outputs, inputs, side, side)
            found.append(Convolution(weights, scale, offset + scale * bias))
            inputs, at = outputs, data.find(_CONVOLUTION, at)
    except (ValueError, IndexError) as error:
        raise TrainingError(f"{path} is not a face-recognition network of dlib's ({error})") from error
    if not found:
        raise TrainingError(f"{path} is not a face-recognition network of dlib's: it has no convolution")
    return found


def read_projection(path: Path) -> Array:
    """The matrix (outputs, inputs) of the layer in which every number of a face is a sum of all features.

    Raises:
        TrainingError: there is no such file, or it does not hold such a layer.
    """
    if not path.is_file():
        raise TrainingError(f"there is no file {path}")
    data = path.read_bytes()
    try:
        at = data.index(_PROJECTION) + len(_PROJECTION)
        outputs, at = _integer(data, at)
        inputs, at = _integer(data, at)
        matrix, _ = _tensor(data, at)
        return np.ascontiguousarray(matrix.reshape(inputs, outputs).T)
    except (ValueError, IndexError) as error:
        raise TrainingError(f"{path} is not a face-recognition network of dlib's ({error})") from error


def _tensor(data: bytes, at: int) -> tuple[Array, int]:
    """The numbers of the tensor at `at`, in a row, and where it ends."""
    numbers = []
    for _ in range(5):
        number, at = _integer(data, at)
        numbers.append(number)
    version, size = numbers[0], math.prod(numbers[1:])
    if version != 2 or not 0 < 4 * size <= len(data) - at:
        raise ValueError("a tensor is damaged")
    return np.frombuffer(data, "<f4", size, at).astype(np.float32), at + 4 * size


def _integer(data: bytes, at: int) -> tuple[int, int]:
    length, negative = data[at] & 0x0F, bool(data[at] & 0x80)
    value = int.from_bytes(data[at + 1 : at + 1 + length], "little")
    return -value if negative else value, at + 1 + length
