"""The shipped ONNX file is a place to start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import ValenceModel
from inference.manifest import DEFAULT, load
from training import onnxfile
from training.batches import normalised
from training.checkpoints import trained
from training.errors import TrainingError
from training.loop import fit
from training.networks import NETWORKS, FaceNetwork, build
from training.pictures import color
from training.prepare import Prepared
from training.recipe import Recipe
from training.transfer import start_from_onnx

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def faces(prepared: Prepared) -> torch.Tensor:
    crops = torch.from_numpy(prepared.collected.faces.crops)
    return normalised(crops, torch.device("cpu")).contiguous()


def used(name: str, faces: torch.Tensor) -> FaceNetwork:
    """A network whose normalisations have seen faces and whose scales are not all one."""
    torch.manual_seed(0)
    network = build(name, width=0.25)
    for parameter in network.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.2 * torch.randn_like(parameter)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0  # remember the last batch, exactly
    with torch.no_grad():
        network.train()(faces)
    return network.eval()


@pytest.mark.parametrize("name", NETWORKS)
def test_it_computes_the_same_in_use_and_nearly_the_same_in_training(
    name: str, faces: torch.Tensor, tmp_path: Path
) -> None:
    original = used(name, faces)
    onnxfile.write_onnx(original, tmp_path / "a.onnx", 64)
    copy = build(name, width=0.25, dropout=0.0)
    start_from_onnx(copy, tmp_path / "a.onnx", faces.numpy())
    original.dropout.p = 0.0
    with torch.no_grad():
        assert torch.allclose(copy(faces).valence, original(faces).valence, atol=1e-3)
        assert torch.allclose(copy(faces).spread, original(faces).spread, atol=1e-2)
        in_training = [net.train()(faces).valence for net in (copy, original)]
    assert torch.allclose(*in_training, atol=0.02), "the normalisations were not unfolded"


def test_the_shipped_model_can_be_trained_on(prepared: Prepared) -> None:
    """In eight bits or not, made by whatever version of the export."""
    crops = prepared.collected.faces.crops
    network = build("residual")
    start_from_onnx(network, DEFAULT.with_suffix(".onnx"), normalised(torch.from_numpy(crops), CPU).numpy())
    manifest = load(DEFAULT)
    served = ValenceModel(manifest, "cpu").read_pixels([color(c) for c in crops]).valence
    with torch.no_grad():
        mine = network(normalised(torch.from_numpy(crops), CPU)).valence.numpy()
    mine = manifest.output.slope * mine + manifest.output.intercept
    assert np.corrcoef(mine, served)[0, 1] > 0.99
    assert np.abs(mine - served).mean() < 0.05


def test_training_goes_on_from_it(prepared: Prepared, tmp_path: Path) -> None:
    train, validation = prepared.part("train"), prepared.part("validation")
    recipe = Recipe(epochs=12, batch=16, average=0.5, options={"width": 0.25}, learning_rate=2e-3)
    first = fit(train, validation, recipe, tmp_path / "first", workers=0)
    onnxfile.write_onnx(trained(tmp_path / "first")[0], tmp_path / "a.onnx", 64)
    short = replace(recipe, epochs=1, learning_rate=1e-5, start=str(tmp_path / "a.onnx"))
    second = fit(train, validation, short, tmp_path / "second", workers=0)
    assert second.ccc == pytest.approx(first.ccc, abs=0.05)
    for other in (replace(short, network="mobilenet"), replace(short, options={"width": 0.5})):
        with pytest.raises(TrainingError, match="was not exported"):
            fit(train, validation, other, tmp_path / "third", workers=0)


def test_wrong_files_are_one_line(faces: torch.Tensor, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    network = build("residual", width=0.25)
    with pytest.raises(TrainingError, match=r"bad\.onnx is not a readable ONNX file|was not exported"):
        start_from_onnx(network, tmp_path / "bad.onnx", np.zeros((1, 1, 64, 64), np.float32))
    with pytest.raises(TrainingError, match="there is no model"):
        start_from_onnx(network, tmp_path / "none.onnx", np.zeros((1, 1, 64, 64), np.float32))
