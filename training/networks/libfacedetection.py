"""The weights of libfacedetection's network, read from the compiled library that carries them.

The library (Wu, Peng & Yu 2023; BSD) keeps each layer's numbers under a name of its own: ``…_pw_weight`` of
a pointwise convolution (outputs, inputs), ``…_dw_weight`` of a depthwise one (9 places, channels), and the
``…_bias`` of each. The first convolution is written as a pointwise one, too: 27 numbers that are 3 x 3 places
of 3 colours, and five zeros.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array]
"""By name: pointwise ones (outputs, inputs, k, k), depthwise ones (channels, 1, 3, 3), biases (outputs,)."""

STEM = "backbone__model0"
BODY = (
    ("backbone__model0_dp", 16, 16),
    ("backbone__model1_dp1", 16, 16),
    ("backbone__model1_dp2", 16, 32),
    ("backbone__model2_dp1", 32, 32),
    ("backbone__model2_dp2", 32, 64),
    *((f"backbone__model{stage}_dp{half}", 64, 64) for stage in (3, 4, 5) for half in (1, 2)),
)
"""Pairs of a pointwise and a depthwise convolution: name, inputs, outputs; in the order of the network."""
NECK = tuple(f"neck__lateral_convs__{level}" for level in range(3))
_SAID = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
HEADS = tuple(
    tuple((f"bbox_head__multi_level_{kind}__{level}", size) for kind, size in _SAID) for level in range(3)
)
"""By level, the pairs that say face, object, box and points: name, outputs."""
_COLORS = 27


def read(library: Path) -> dict[str, Array]:
    """All weights of the network in the library file at `library`, made for this machine.

    Raises:
        TrainingError: there is no such file, or it is not libfacedetection with this network.
    """
    if not library.is_file():
        raise TrainingError(f"there is no file {library}")
    try:
        loaded = ctypes.CDLL(str(library.resolve()))
        return _read(loaded)
    except (OSError, ValueError) as error:
        raise TrainingError(f"{library} is not libfacedetection with its network ({error})") from error


def _read(library: ctypes.CDLL) -> dict[str, Array]:
    def numbers(name: str, *shape: int) -> Array:
        held = (ctypes.c_float * int(np.prod(shape))).in_dll(library, name)
        return np.array(held, np.float32).reshape(shape)

    stem = numbers(f"{STEM}_pw_weight", 16, _COLORS + 5)[:, :_COLORS]
    weights = {
        f"{STEM}_pw_weight": np.ascontiguousarray(stem.reshape(16, 3, 3, 3).transpose(0, 3, 1, 2)),
        f"{STEM}_pw_bias": numbers(f"{STEM}_pw_bias", 16),
    }
    heads = [(name, 64, size) for level in HEADS for name, size in level]
    for name, inputs, outputs in (*BODY, *((name, 64, 64) for name in NECK), *heads):
        depth = numbers(f"{name}_dw_weight", 9, outputs)
        weights |= {
            f"{name}_pw_weight": numbers(f"{name}_pw_weight", outputs, inputs, 1, 1),
            f"{name}_pw_bias": numbers(f"{name}_pw_bias", outputs),
            f"{name}_dw_weight": np.ascontiguousarray(depth.T).reshape(outputs, 1, 3, 3),
            f"{name}_dw_bias": numbers(f"{name}_dw_bias", outputs),
        }
    return weights
