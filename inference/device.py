"""Where a network runs: ONNX Runtime sessions with an explicit execution provider."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import onnxruntime as ort

DEVICES = ("auto", "cpu", "cuda")


class DeviceError(RuntimeError):
    """The device that was asked for cannot run the model."""


def open_session(
    path: Path, device: str = "auto", threads: int = 1, *, sizes: Literal["few", "many"] = "few"
) -> ort.InferenceSession:
    """A session for the ONNX file at `path` on `device`: ``cpu``, ``cuda``, or ``auto``.

    ``auto`` takes CUDA where it really works. ``cuda`` raises `DeviceError` where it does not:
    ONNX Runtime would fall back to the CPU with no more than a log line. `threads` is the number
    of CPU threads for one run. `sizes` is how many different ones come in: ONNX Runtime keeps a plan of
    its memory for each that it meets, and never forgets one.
    """
    if device not in DEVICES:
        raise DeviceError(f"unknown device {device!r}; choose one of {', '.join(DEVICES)}")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = sizes == "few"
    options.log_severity_level = 4 if device == "auto" else 3
    # Threads that wait for work by spinning take the cores from decoding and tracking.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")

    if device != "cpu" and cuda_is_offered():
        # An exhaustive search for every new batch size would stall the stream.
        cuda = ("CUDAExecutionProvider", {"cudnn_conv_algo_search": "HEURISTIC"})
        try:
            session = ort.InferenceSession(path, options, providers=[cuda, "CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises many kinds when a driver is missing
            if device == "cuda":
                raise DeviceError(f"CUDA cannot run {path.name}: {error}") from error
        else:
            if device == "auto" or running_on(session) == "cuda":
                return session
    if device == "cuda":
        raise DeviceError(
            "CUDA was asked for, but ONNX Runtime finds no working GPU here; install the 'gpu' "
            "extra and a driver, or use --device cpu"
        )
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def cuda_is_offered() -> bool:
    """Whether ONNX Runtime was built for CUDA; whether that works shows when a session is opened."""
    return "CUDAExecutionProvider" in ort.get_available_providers()


def running_on(session: ort.InferenceSession) -> str:
    """The device that really runs the session: ``cuda`` or ``cpu``."""
    return "cuda" if session.get_providers()[0] == "CUDAExecutionProvider" else "cpu"
