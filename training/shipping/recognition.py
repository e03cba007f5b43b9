"""The recognition network as it ships: dlib's weights as an ONNX file, in eight bits.

`benchmarks.recognition` is the command: it finds the faces that this needs, and measures what comes out.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from inference.device import open_session
from inference.recognition import INPUT, SIDE
from training.datasets.pictures import Image
from training.errors import TrainingError
from training.networks.descriptor import Descriptor, load
from training.shipping import onnxfile
from training.shipping.onnxfile import PARITY, write_int8

OUTPUT = "descriptions"


def ship(weights: Path, path: Path, crops: Image) -> None:
    """Writes the eight-bit network to `path`.

    Args:
        weights: dlib's ``dlib_face_recognition_resnet_model_v1.dat``.
        crops: (n, SIDE, SIDE, 3), BGR: some hundreds of faces that show which values to expect.

    Raises:
        TrainingError: `weights` is another file, or the ONNX file does not compute the same.
    """
    network = load(weights)
    faces = tensors(crops)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "recognition.float32.onnx"
        write_onnx(network, whole)
        check_parity(network, whole, faces[:3])
        write_int8(whole, path, faces)


def write_onnx(network: Descriptor, path: Path) -> None:
    """Writes `network` to `path`: `INPUT` (n, 3, SIDE, SIDE) to `OUTPUT` (n, 128)."""
    onnxfile.export(network, path, (3, SIDE, SIDE), INPUT, (OUTPUT,))


def check_parity(network: Descriptor, path: Path, faces: npt.NDArray[np.float32]) -> None:
    """Raises TrainingError where the file at `path` says something else of `faces` than `network` does."""
    with torch.no_grad():
        expected = network(torch.from_numpy(faces)).numpy()
    worst = float(np.abs(describe(path, faces) - expected).max())
    if not worst <= PARITY:
        raise TrainingError(f"{path.name} differs from the network by {worst:.2g}, more than {PARITY}")


def describe(path: Path, faces: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n, 128) descriptions of `faces` (n, 3, SIDE, SIDE) by the ONNX file at `path`."""
    session = open_session(path, "cpu", threads=1)
    parts = [session.run(None, {INPUT: faces[i : i + 16]})[0] for i in range(0, len(faces), 16)]
    return np.concatenate(parts).astype(np.float32)


def tensors(crops: Image) -> npt.NDArray[np.float32]:
    """(n, 3, SIDE, SIDE) as the network takes them, from BGR crops (n, SIDE, SIDE, 3)."""
    return np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)
