"""The constants of the analysis as plain data, for pages that do it in the browser: one source for both."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from inference import ValenceModel, alignment, attributes, detector, landmarks, manifest, outputs, pose
from stream.faces import analyzer, humans, quality, sides, smoothing, views
from stream.faces.detection import MINIMUM
from stream.faces.track import Rules
from web.edge.fetch import VERSION

NETWORKS: Mapping[str, Path] = {
    "detector": detector.DEFAULT,
    "landmarks": landmarks.DEFAULT,
    "attributes": attributes.DEFAULT,
}
"""Beside the valence network, which its manifest names."""


class NotInBrowsersError(ValueError):
    """A network that pages cannot run; the text says why."""


def files(model: ValenceModel) -> dict[str, Path]:
    """The networks' files by name; those that belong to the CPU, for browsers have no other device here."""
    return {"valence": model.for_cpu.path, **NETWORKS}


def settings(model: ValenceModel, time_constant: float) -> dict[str, Any]:
    """All constants, and the addresses of the networks with their sizes in bytes.

    Raises:
        NotInBrowsersError: the network takes colour, or is not aligned by landmarks.
    """
    known = model.for_cpu
    if known.input.color != "gray" or known.alignment.method != "landmarks" or known.input.layout != "nchw":
        raise NotInBrowsersError(
            f"{known.name} wants its faces in another way than pages cut them (grey, aligned by landmarks)"
        )
    return {
        "version": _version(known, time_constant),
        "model": {"name": known.name, "version": known.version, "sha256": known.sha256},
        "runtime": f"/edge/runtime/{VERSION}/",
        "networks": {
            name: {"address": address(name, path), "bytes": path.stat().st_size}
            for name, path in files(model).items()
        },
        **_constants(known, time_constant),
    }


def address(name: str, path: Path) -> str:
    """Where a network's file is: with its checksum, so that browsers keep it."""
    return f"/edge/networks/{name}-{_sha256(path, path.stat().st_mtime_ns)[:16]}.onnx"


def _constants(known: manifest.Manifest, time_constant: float) -> dict[str, Any]:
    return {
        "input": {
            "name": known.input.name,
            "mean": known.input.mean[0],
            "scale": known.input.scale[0],
        },
        "inputs": {"landmarks": landmarks.INPUT, "attributes": attributes.INPUT},
        "output": _output(known.output),
        "alignment": {
            "template": known.alignment.template,
            "side": known.input.side,
            "patch": alignment.PATCH,
            "turned_patch": alignment.TURNED_PATCH,
            "face_pixels": alignment.FACE_PIXELS,
            "tilted": alignment.TILTED,
            "landmark_side": landmarks.LandmarkModel.side,
            "landmark_context": landmarks.LandmarkModel.context,
        },
        "detector": {
            "strides": detector.STRIDES,
            "overlap": detector.OVERLAP,
            "minimum": MINIMUM,
        },
        "views": {
            "coarse": views.COARSE,
            "sweeps": views.SWEEPS,
            "mirrored": sides.MIRRORED,
            "beyond": sides.MOST_BEYOND,
            "face_pixels": views.FACE_PIXELS,
        },
        "rules": dataclasses.asdict(Rules()),
        "human": humans.HUMAN,
        "look_every": analyzer.LOOK_EVERY,
        "pose": pose.AFFINE.tolist(),
        "quality": {
            "doubts": {name: doubt._asdict() for name, doubt in quality.DOUBTS.items()},
            "carried": quality.CARRIED,
        },
        "smoothing": {
            "time_constant": time_constant,
            "restart": smoothing.RESTART,
            "rest": smoothing.REST,
            "haste": smoothing.HASTE,
            "most": smoothing.MOST,
        },
    }


def _output(output: outputs.Output) -> dict[str, Any]:
    return dataclasses.asdict(output)


def _version(known: manifest.Manifest, time_constant: float) -> str:
    """Of everything that decides what is read: samples of another one are another program's."""
    parts = [known.sha256, VERSION, repr(_constants(known, time_constant))]
    parts += [_sha256(path, path.stat().st_mtime_ns) for path in NETWORKS.values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _sha256(path: Path, changed: int) -> str:
    """`changed`: when it was, so that changes are noticed."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
