"""The shipped ONNX file is a place to start from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import ValenceModel
from inference.manifest import DEFAULT, load
from training.datasets.pictures import color
from training.datasets.prepare import Prepared
from training.errors import TrainingError
from training.fitting.batches import normalised
from training.fitting.checkpoints import trained
from training.fitting.loop import fit
from training.fitting.recipe import Recipe
from training.networks.families import NETWORKS, FaceNetwork, build
from training.networks.transfer import start_from_dlib, start_from_onnx
from training.shipping import onnxfile
from training.shipping.ensemble import Ensemble

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


def test_an_ensemble_is_the_mean_of_its_members_and_gives_them_back(
    faces: torch.Tensor, tmp_path: Path
) -> None:
    members = [used("residual", faces), used("recognition", faces)]
    for member in members:  # trained on the same faces, they would agree more than by chance
        member.valence.weight.data *= 0.1
        member.valence.bias.data *= 0.1
    onnxfile.write_onnx(Ensemble(members, 0.3), tmp_path / "both.onnx", 64)
    with torch.no_grad():
        apart = [member(faces) for member in members]
    a, b = apart
    mean = 0.3 * a.valence + 0.7 * b.valence
    variance = 0.3 * (2 * a.spread).exp() + 0.7 * (2 * b.spread).exp() + 0.21 * (a.valence - b.valence) ** 2
    said = onnxfile.run(tmp_path / "both.onnx", faces.numpy())
    assert np.allclose(said, np.stack([mean, variance.log() / 2], axis=1), atol=1e-4)
    for name, outputs in zip(("residual", "recognition"), apart, strict=True):
        copy = build(name, width=0.25)
        start_from_onnx(copy, tmp_path / "both.onnx", faces.numpy())
        with torch.no_grad():
            assert torch.allclose(copy(faces).valence, outputs.valence, atol=1e-3)
    with pytest.raises(TrainingError, match="was not exported"):
        start_from_onnx(build("mobilenet", width=0.25), tmp_path / "both.onnx", faces.numpy())


def manifest_shares() -> list[float]:
    shares: list[float] = json.loads(DEFAULT.read_text())["training"]["shares"]
    return shares


def test_the_shipped_model_can_be_trained_on(prepared: Prepared) -> None:
    """Each of its two networks; in eight bits or not, made by whatever version of the export."""
    crops = prepared.collected.faces.crops
    members = [build("recognition"), build("residual")]
    for member in members:
        start_from_onnx(
            member, DEFAULT.with_suffix(".onnx"), normalised(torch.from_numpy(crops), CPU).numpy()
        )
    network = Ensemble(members, manifest_shares()[0]).eval()
    manifest = load(DEFAULT)
    served = ValenceModel(manifest, "cpu").read_pixels([color(c) for c in crops]).valence
    with torch.no_grad():
        mine = network(normalised(torch.from_numpy(crops), CPU)).valence.numpy()
    mine = manifest.output.calibration.of(mine)
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


def integer(value: int) -> bytes:
    length = (abs(value).bit_length() + 7) // 8 or 1
    return bytes([length | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(length, "little")


def tensor(values: np.ndarray) -> bytes:
    header = b"".join(integer(n) for n in (2, values.size, 1, 1, 1))
    return header + values.astype("<f4").tobytes()


def dlib_file(path: Path, shapes: list[tuple[int, int, int]], seed: int = 0) -> list[list[np.ndarray]]:
    """A file as dlib writes it, of convolutions (outputs, inputs, k); returns what is in it."""
    rng = np.random.default_rng(seed)
    data, kept = integer(1) + b"\x01\x0dloss_metric_2", []
    for outputs, inputs, k in shapes:
        weights = rng.normal(0, 0.01, (outputs, inputs, k, k)).astype(np.float32)
        bias, offset = rng.normal(0, 0.1, (2, outputs)).astype(np.float32)
        scale = rng.uniform(2, 5, outputs).astype(np.float32)
        kept.append([weights, bias, scale, offset])
        data += b"\x01\x05con_4" + tensor(np.concatenate([weights.ravel(), bias])) + integer(-1)
        data += b"\x01\x07affine_" + tensor(np.concatenate([scale, offset])) + b"\x01\x06relu_1"
    path.write_bytes(data)
    return kept


def shapes_of(network: FaceNetwork) -> list[tuple[int, int, int]]:
    kernels = [m.weight for m in network.trunk.modules() if isinstance(m, torch.nn.Conv2d)]
    return [(k.shape[0], 3 if i == 0 else k.shape[1], k.shape[2]) for i, k in enumerate(kernels)]


def test_a_network_of_dlibs_computes_here_what_it_does_there(faces: torch.Tensor, tmp_path: Path) -> None:
    network = build("recognition", width=0.25, dropout=0.0)
    last_stage = [(64, 64, 3), (64, 64, 3)]
    kept = dlib_file(tmp_path / "net.dat", shapes_of(network) + last_stage)
    start_from_dlib(network, tmp_path / "net.dat", faces.numpy())
    seen: list[torch.Tensor] = []
    first = network.trunk[2]
    assert isinstance(first, torch.nn.ReLU)
    first.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    with torch.no_grad():
        network.eval()(faces)
        in_use = seen.pop()
        network.train()(faces)
        in_training = seen.pop()
        standard = faces - faces.mean((2, 3), keepdim=True)
        standard = standard / (standard.square().mean((2, 3), keepdim=True).sqrt() + 0.05)
        weights, bias, scale, offset = (torch.from_numpy(a) for a in kept[0])
        grey = network.trunk[0](0.22 * standard).expand(-1, 3, -1, -1)
        convolved = torch.nn.functional.conv2d(grey, weights, bias, stride=2)
        there = convolved * scale[:, None, None] + offset[:, None, None]
    assert torch.allclose(in_use, there, atol=1e-3 * float(there.abs().max()))
    assert torch.allclose(in_training, there, atol=0.01 * float(there.abs().max())), "not unfolded"
    for m in network.trunk.modules():
        if isinstance(m, torch.nn.Conv2d):
            usual = (2 / m.weight[0].numel()) ** 0.5
            assert float(m.weight.detach().std()) == pytest.approx(usual, rel=1e-3)


def test_training_starts_from_a_network_of_dlibs(prepared: Prepared, tmp_path: Path) -> None:
    options = {"width": 0.25, "side": 64}
    dlib_file(tmp_path / "net.dat", shapes_of(build("recognition", **options)))
    recipe = Recipe(
        network="recognition", options=options, epochs=1, batch=16, start=str(tmp_path / "net.dat")
    )
    train, validation = prepared.part("train"), prepared.part("validation")
    fit(train, validation, recipe, tmp_path / "run", workers=0)
    assert trained(tmp_path / "run")[1].start.endswith("net.dat")
    with pytest.raises(TrainingError, match="choose the network recognition"):
        fit(train, validation, replace(recipe, network="residual", options={}), tmp_path / "r", workers=0)


@pytest.mark.parametrize("end", [0, 30, 700, 20_000])
def test_a_damaged_network_of_dlibs_is_one_line(end: int, faces: torch.Tensor, tmp_path: Path) -> None:
    network = build("recognition", width=0.25)
    dlib_file(tmp_path / "net.dat", shapes_of(network))
    (tmp_path / "cut.dat").write_bytes((tmp_path / "net.dat").read_bytes()[:end])
    with pytest.raises(TrainingError, match=r"cut\.dat (is not a face-recog|does not belong)"):
        start_from_dlib(network, tmp_path / "cut.dat", faces.numpy())
    with pytest.raises(TrainingError, match="there is no file"):
        start_from_dlib(network, tmp_path / "none.dat", faces.numpy())


def test_wrong_files_are_one_line(faces: torch.Tensor, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    network = build("residual", width=0.25)
    with pytest.raises(TrainingError, match=r"bad\.onnx is not a readable ONNX file|was not exported"):
        start_from_onnx(network, tmp_path / "bad.onnx", np.zeros((1, 1, 64, 64), np.float32))
    with pytest.raises(TrainingError, match="there is no model"):
        start_from_onnx(network, tmp_path / "none.onnx", np.zeros((1, 1, 64, 64), np.float32))
