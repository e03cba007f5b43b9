"""dlib's recognition network, from a file as dlib writes it to the file that ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from inference.recognition import SIDE
from tests.training.networks.test_transfer import dlib_file, integer
from training.errors import TrainingError
from training.networks.descriptor import Descriptor, load
from training.shipping.recognition import check_parity, describe, ship, tensors, write_onnx

pytestmark = pytest.mark.slow


def _file(path: Path) -> list[np.ndarray]:
    """A whole network of random numbers; returns its first convolution and its projection."""
    kernels = [m.weight for m in Descriptor().modules() if isinstance(m, torch.nn.Conv2d)]
    kept = dlib_file(path, [(k.shape[0], k.shape[1], k.shape[2]) for k in kernels])
    projection = np.random.default_rng(1).normal(0, 0.1, (256, 128)).astype(np.float32)
    header = b"\x01\x04fc_2" + integer(128) + integer(256)
    path.write_bytes(path.read_bytes() + header + integer(2) + _shape(256, 128) + projection.tobytes())
    return [*kept[0], projection]


def _shape(*sizes: int) -> bytes:
    return b"".join(integer(n) for n in (*sizes, 1, 1))


def _crops(n: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 255, (n, SIDE, SIDE, 3)).astype(np.uint8)


def test_pixels_go_in_as_they_are_and_come_out_as_dlib_sees_them(tmp_path: Path) -> None:
    weights, bias, scale, offset, projection = _file(tmp_path / "net.dat")
    network = load(tmp_path / "net.dat")
    faces = torch.from_numpy(tensors(_crops(2)))
    mean = torch.tensor([122.782, 117.001, 104.298])[None, :, None, None]
    rgb = (faces.flip(1) - mean) / 256
    convolved = torch.nn.functional.conv2d(rgb, torch.from_numpy(weights), torch.from_numpy(bias), stride=2)
    there = convolved * torch.from_numpy(scale)[:, None, None] + torch.from_numpy(offset)[:, None, None]
    with torch.no_grad():
        here = network.trunk[0](faces)
        features = network.trunk(faces)
        described = network(faces)
    assert torch.allclose(here, there, atol=1e-3 * float(there.abs().max()))
    assert torch.allclose(described, features @ torch.from_numpy(projection), rtol=1e-4, atol=1e-4)


def test_what_ships_says_nearly_the_same(tmp_path: Path) -> None:
    _file(tmp_path / "net.dat")
    network = load(tmp_path / "net.dat")
    crops = _crops(6)
    ship(tmp_path / "net.dat", tmp_path / "small.onnx", crops)
    with torch.no_grad():
        expected = network(torch.from_numpy(tensors(crops))).numpy()
    found = describe(tmp_path / "small.onnx", tensors(crops))
    assert found.shape == (6, 128)
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected).max()
    assert (tmp_path / "small.onnx").stat().st_size < 7e6


def test_a_file_that_computes_something_else_is_refused(tmp_path: Path) -> None:
    _file(tmp_path / "net.dat")
    network = load(tmp_path / "net.dat")
    write_onnx(network, tmp_path / "net.onnx")
    with torch.no_grad():
        network.project.weight.mul_(1.5)
    with pytest.raises(TrainingError, match=r"net\.onnx differs from the network"):
        check_parity(network, tmp_path / "net.onnx", tensors(_crops(2)))


def test_another_network_of_dlibs_is_one_line(tmp_path: Path) -> None:
    dlib_file(tmp_path / "short.dat", [(32, 3, 7)])
    with pytest.raises(TrainingError, match=r"short\.dat is not a face-recognition network"):
        load(tmp_path / "short.dat")
    _file(tmp_path / "net.dat")
    (tmp_path / "cut.dat").write_bytes((tmp_path / "net.dat").read_bytes()[:-100])
    with pytest.raises(TrainingError, match=r"cut\.dat is not a face-recognition network"):
        load(tmp_path / "cut.dat")
