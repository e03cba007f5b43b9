"""How large a network is and how long it takes for a face, where it is served."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from inference.device import open_session
from training.networks.layers import FaceNetwork
from training.shipping.onnxfile import write_onnx

BATCHES = (1, 8)


def milliseconds_per_face(path: Path, side: int, batch: int, repeats: int = 60, channels: int = 1) -> float:
    """Of the ONNX file at `path` on one CPU thread: the lower quartile over `repeats` runs, for what
    else the computer does makes some of them slower and none of them faster."""
    session = open_session(path, "cpu", threads=1)
    faces = np.random.default_rng(0).normal(0, 0.5, (batch, channels, side, side)).astype(np.float32)
    feed = {session.get_inputs()[0].name: faces}
    times = []
    for _ in range(repeats + 3):
        began = time.perf_counter()
        session.run(None, feed)
        times.append(time.perf_counter() - began)
    # The first runs allocate.
    return float(np.percentile(times[3:], 25)) * 1000 / batch


def figures(path: Path, side: int) -> dict[str, Any]:
    """Size and speed of the ONNX file at `path`."""
    speeds = {f"ms_batch_{n}": round(milliseconds_per_face(path, side, n), 3) for n in BATCHES}
    return {"bytes": path.stat().st_size, **speeds}


def measure(network: FaceNetwork, side: int) -> dict[str, Any]:
    """Parameters, and size and speed of `network` as an ONNX file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        write_onnx(network, path, side)
        return {"parameters": sum(p.numel() for p in network.parameters()), **figures(path, side)}
