"""Networks as ONNX files: exported, compared with the original, and in eight bits."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import Tensor, nn

from inference.device import open_session
from training.datasets.files import write_whole
from training.errors import TrainingError
from training.networks.layers import FaceNetwork

INPUT, VALENCE, SPREAD, AROUSAL, EXPRESSIONS = "faces", "valence", "spread", "arousal", "expressions"
BESIDE = (AROUSAL, EXPRESSIONS)
"""Outputs that are written where a network has learnt them."""
PARITY_BATCHES = (1, 3, 16)
PARITY = 1e-4
"""The largest difference between torch and ONNX that is let through."""
_LARGEST_BATCH = 256


class _Served(nn.Module):
    """A network with those outputs that are wanted: others only help it learn."""

    def __init__(self, network: FaceNetwork, beside: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self._beside = tuple(beside)

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        outputs = self.network(faces)
        told = {AROUSAL: outputs.arousal, EXPRESSIONS: outputs.emotions.softmax(dim=1)}
        return outputs.valence, outputs.spread, *(told[name] for name in self._beside)


def write_onnx(network: FaceNetwork, path: Path, side: int, beside: Sequence[str] = ()) -> None:
    """Writes `network` to `path`: ``faces`` (n, 1, side, side) to ``valence`` and ``spread`` (n,).

    beside: which others it has, ``arousal`` (n,) and ``expressions`` (n, 8), shares.
    """
    export(_Served(network, beside).cpu(), path, (1, side, side), INPUT, (VALENCE, SPREAD, *beside))


def export(network: nn.Module, path: Path, shape: Sequence[int], given: str, told: Sequence[str]) -> None:
    """Writes `network` to `path`: the input `given` (n, *shape) to the outputs `told`, n up to 256."""
    # Two faces: torch would take a batch of one for a constant.
    example = (torch.zeros(2, *shape),)
    batch = torch.export.Dim("batch", min=1, max=_LARGEST_BATCH)
    with quiet():
        program = torch.onnx.export(
            network.eval(),
            example,
            input_names=[given],
            output_names=list(told),
            dynamic_shapes=({0: batch},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = without_traces(program.model_proto)
    write_whole(path, lambda part: onnx.save(model, part))


def without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """`model` without the exporter's notes, which name files of the computer it ran on."""
    graph = model.graph
    functions = [node for function in model.functions for node in function.node]
    values = [*graph.input, *graph.output, *graph.value_info, *graph.initializer]
    for part in (model, graph, *model.functions, *graph.node, *functions, *values):
        part.doc_string = ""
        del part.metadata_props[:]
    return model


@contextmanager
def quiet() -> Iterator[None]:
    """Without the exporter's remarks about packages that we do not use and its own deprecations."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def run(path: Path, faces: npt.NDArray[np.float32], beside: Sequence[str] = ()) -> npt.NDArray[np.float32]:
    """(n, 2 or more): valence and log-spread of `faces` (n, 1, side, side) by the ONNX file at `path`, then
    the columns of the outputs `beside`."""
    session = open_session(path, "cpu", threads=1)
    parts = [
        np.column_stack(session.run([VALENCE, SPREAD, *beside], {INPUT: faces[i : i + 64]}))
        for i in range(0, len(faces), 64)
    ]
    return np.concatenate(parts).astype(np.float32)


def check_parity(
    network: FaceNetwork, path: Path, faces: npt.NDArray[np.float32], beside: Sequence[str] = ()
) -> dict[int, float]:
    """The largest difference between `network` and the file at `path`, which has `beside`, by batch size.

    Args:
        faces: (n, 1, side, side); repeated to fill the batches.

    Raises:
        TrainingError: it exceeds PARITY.
    """
    network = network.cpu().eval()
    differences = {}
    for size in PARITY_BATCHES:
        batch = np.resize(faces, (size, *faces.shape[1:]))
        with torch.no_grad():
            expected = np.column_stack(
                [told.numpy() for told in _Served(network, beside)(torch.from_numpy(batch))]
            )
        differences[size] = float(np.abs(run(path, batch, beside) - expected).max())
    worst = max(differences.values())
    if not worst <= PARITY:
        raise TrainingError(f"{path.name} differs from the network by {worst:.2g}, more than {PARITY}")
    return differences


def write_int8(source: Path, path: Path, faces: npt.NDArray[np.float32]) -> None:
    """Writes the ONNX file `source` with weights and activations in eight bits to `path`.

    Static quantisation (Jacob et al. 2018); `faces` (n, 1, side, side) show which values to expect. The
    heads stay as they are: they cost nothing, and what they round is the answer itself.
    """
    # Only exporting needs these packages.
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._batches = iter([faces[i : i + 32] for i in range(0, len(faces), 32)])

        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            batch = next(self._batches, None)
            return None if batch is None else {INPUT: batch}

    def write(part: Path) -> None:
        prepared = part.with_suffix(".prepared.onnx")
        try:
            quant_pre_process(source, prepared, skip_symbolic_shape=True)
            heads = [n.name for n in onnx.load(prepared).graph.node if n.op_type in ("Gemm", "MatMul")]
            quantize_static(
                prepared,
                part,
                Reader(),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                nodes_to_exclude=heads,
            )
        finally:
            prepared.unlink(missing_ok=True)

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it writes advice to the root logger
    try:
        write_whole(path, write)
    finally:
        root.setLevel(level)
