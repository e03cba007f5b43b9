"""The manifest (see `inference.manifest`) of a network of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from inference import Calibration
from training.datasets.collect import Cropping
from training.fitting.recipe import Recipe
from training.shipping import onnxfile
from training.shipping.beside import ENTRIES

MODEL, MANIFEST, FLOAT32, INT8 = "valence.onnx", "valence.json", "valence.float32.onnx", "valence.int8.onnx"
SCALE = 1 / 127.5


def manifest(
    *,
    name: str,
    version: str,
    sha256: str,
    cropping: Cropping,
    precision: str,
    calibration: Calibration,
    beside: Sequence[str],
    variants: dict[str, Any],
    training: dict[str, Any],
    metrics: dict[str, Any],
) -> dict[str, Any]:
    """All of it; `beside`: which of `onnxfile.BESIDE` it has, `variants`: by device, as from `variant_of`."""
    alignment: dict[str, Any] = {"method": cropping.alignment.method}
    if cropping.landmarks is not None:
        alignment |= {
            "template": [list(point) for point in cropping.alignment.template],
            "landmarks": cropping.landmarks.name,
        }
    else:
        alignment |= {"scale": cropping.alignment.scale, "shift": cropping.alignment.shift}
    return {
        "name": name,
        "version": version,
        "file": MODEL,
        "sha256": sha256,
        "precision": precision,
        "variants": variants,
        "input": {
            "name": onnxfile.INPUT,
            "side": cropping.side,
            "channels": 1,
            "color": "gray",
            "layout": "nchw",
            "mean": [127.5],
            "scale": SCALE,
        },
        "alignment": alignment,
        "output": {
            "valence": onnxfile.VALENCE,
            "spread": onnxfile.SPREAD,
            "range": [-1, 1],
            "calibration": asdict(calibration),
            **{name: told for name, told in ENTRIES.items() if name in beside},
        },
        "training": training,
        "metrics": metrics,
    }


def variant_of(file: Path, line: Calibration) -> dict[str, Any]:
    """The entry of the float32 `file` among a manifest's variants."""
    return {
        "file": file.name,
        "precision": "float32",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "calibration": asdict(line),
    }


def described(recipe: Recipe) -> dict[str, Any]:
    """The recipe for the manifest, without paths of the machine that trained."""
    return asdict(replace(recipe, start=Path(recipe.start).name))
