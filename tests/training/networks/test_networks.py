"""Families of networks, all with the same heads and all exportable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from training.errors import TrainingError
from training.fitting.checkpoints import ADDED
from training.networks.families import NETWORKS, build
from training.networks.layers import REACH
from training.shipping import onnxfile

# Published for one colour input and 1000 classes: MobileNetV3-Large 5.4 M, of which its classifier
# (960 x 1280 + 1280 x 1000) 2.5 M; EfficientNet-B0 5.3 M, of which 1.3 M. dlib's network has 5.6 M, of
# which its last stage 1.2 M.
MILLIONS = {"residual": 1.94, "mobilenet": 3.0, "efficientnet": 4.0, "recognition": 4.4}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_the_heads_and_about_the_published_size(name: str) -> None:
    network = build(name).eval()
    with torch.no_grad():
        outputs = network(torch.randn(3, 1, 64, 64))
    assert outputs.valence.shape == outputs.spread.shape == (3,)
    assert outputs.emotions.shape == (3, 8)
    assert (outputs.valence.abs() < REACH).all()
    millions = sum(p.numel() for p in network.parameters()) / 1e6
    assert millions == pytest.approx(MILLIONS[name], rel=0.03)


@pytest.mark.parametrize("name", NETWORKS)
def test_brightness_and_contrast_change_nothing(name: str) -> None:
    network = build(name, width=0.25).eval()
    face = torch.randn(1, 1, 64, 64) * 0.3
    with torch.no_grad():
        plain, dim = network(face).valence, network(face * 0.8 - 0.1).valence
    assert torch.allclose(plain, dim, atol=0.02)


def test_what_residual_learnt_in_earlier_versions_still_fits() -> None:
    """The names of its weights are a contract: checkpoints outlive code."""
    names = build("residual").state_dict()
    assert names["trunk.0.0.weight"].shape == (32, 1, 5, 5)
    assert names["trunk.2.body.0.0.weight"].shape == (64, 32, 3, 3)
    assert names["trunk.2.body.3.weights.1.weight"].shape == (8, 64, 1, 1)
    assert names["trunk.2.skip.1.0.weight"].shape == (64, 32, 1, 1)
    assert names["spread.2.weight"].shape == (1, 32)
    assert len([name for name in names if not name.startswith(ADDED)]) == 128
    assert len(names) == 131


def test_an_unknown_network_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="unknown network 'vgg'; there are: residual, mobile"):
        build("vgg")


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_the_onnx_file_computes_the_same_at_every_batch_size(name: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = build(name, width=0.25)
    path = tmp_path / "valence.onnx"
    onnxfile.write_onnx(network, path, 64)
    faces = np.random.default_rng(0).normal(0, 0.5, (16, 1, 64, 64)).astype(np.float32)
    differences = onnxfile.check_parity(network, path, faces)
    assert set(differences) == {1, 3, 16}
    assert max(differences.values()) <= 1e-4
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [i.name for i in session.get_inputs()] == ["faces"]
    assert [o.name for o in session.get_outputs()] == ["valence", "spread"]
    assert [o.shape for o in session.get_outputs()] == [["batch"], ["batch"]]
    with torch.no_grad():
        network.valence.bias += 0.05
    with pytest.raises(TrainingError, match=r"valence\.onnx differs from the network by"):
        onnxfile.check_parity(network, path, faces)


@pytest.mark.slow
def test_what_is_learnt_beside_valence_can_be_exported_with_it(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = build("residual", width=0.25)
    path = tmp_path / "valence.onnx"
    onnxfile.write_onnx(network, path, 64, onnxfile.BESIDE)
    faces = np.random.default_rng(0).normal(0, 0.5, (3, 1, 64, 64)).astype(np.float32)
    assert max(onnxfile.check_parity(network, path, faces, onnxfile.BESIDE).values()) <= 1e-4
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [o.name for o in session.get_outputs()] == ["valence", "spread", "arousal", "expressions"]
    told = onnxfile.run(path, faces, onnxfile.BESIDE)
    np.testing.assert_allclose(told[:, 3:].sum(axis=1), 1, rtol=1e-5)
