"""The manifest: all that is needed to run an ONNX valence model, as data.

It lies beside the model (``valence.json`` beside ``valence.onnx``). ``models/README.md`` shows how
to describe a model from elsewhere: input size, colour order, normalisation, crop, and which output
is valence.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inference.alignment import Alignment

DEFAULT = Path(__file__).resolve().parent.parent / "models" / "valence.json"


class ManifestError(ValueError):
    """A manifest that cannot be used; the text says which entry is wrong."""


@dataclass(frozen=True)
class Input:
    """What the network is fed: ``x = (pixel - mean) * scale``, pixels 0..255."""

    name: str
    side: int
    color: Literal["gray", "rgb", "bgr"] = "gray"
    layout: Literal["nchw", "nhwc"] = "nchw"
    mean: tuple[float, ...] = (0.0,)
    """One value, or one a channel."""
    scale: tuple[float, ...] = (1 / 255,)
    """One value, or one a channel."""


@dataclass(frozen=True)
class Output:
    """Where the valence is among the network's outputs."""

    valence: str
    index: int | None = None
    """Its column, where the output has several."""
    range: tuple[float, float] = (-1.0, 1.0)
    """The raw output's range, mapped linearly onto -1..1."""
    slope: float = 1.0
    """Calibration, applied after `range`: ``valence = slope * value + intercept``."""
    intercept: float = 0.0
    spread: str | None = None
    """Output with the logarithm of the valence's expected error, for models that state it."""


@dataclass(frozen=True)
class Manifest:
    name: str
    version: str
    path: Path
    """The ONNX file."""
    sha256: str
    """Of the ONNX file that is there."""
    input: Input
    alignment: Alignment
    landmarks: Path | None
    """The landmark model, for alignment by landmarks."""
    output: Output
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)


def load(path: Path = DEFAULT) -> Manifest:
    """The manifest at `path`, checked.

    Raises:
        ManifestError: it is missing, is not JSON, lacks an entry, or does not fit its model file.
    """
    if path.suffix == ".onnx":
        path = path.with_suffix(".json")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError(f"no model manifest at {path}") from None
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path} is not a readable JSON manifest: {error}") from error
    try:
        return _parse(values, path.parent)
    except KeyError as error:
        raise ManifestError(f"{path} lacks the entry {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ManifestError(f"{path}: {error}") from error


def _parse(values: dict[str, Any], folder: Path) -> Manifest:
    file = folder / values["file"]
    if not file.is_file():
        raise ValueError(f"the model file {file} is missing")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if values.get("sha256", digest) != digest:
        raise ValueError(f"{file.name} is not the file that the manifest describes (sha256 differs)")

    given = values["input"]
    side = int(given["side"])
    color = _choice(given.get("color", "gray"), ("gray", "rgb", "bgr"), "input.color")
    layout = _choice(given.get("layout", "nchw"), ("nchw", "nhwc"), "input.layout")
    channels = 1 if color == "gray" else 3
    if side < 8:
        raise ValueError(f"input.side must be at least 8, it is {side}")
    source = Input(
        name=given["name"],
        side=side,
        color=color,  # type: ignore[arg-type]
        layout=layout,  # type: ignore[arg-type]
        mean=_per_channel(given.get("mean", 0.0), channels, "input.mean"),
        scale=_per_channel(given.get("scale", 1 / 255), channels, "input.scale"),
    )

    crop = values["alignment"]
    method = _choice(crop["method"], ("landmarks", "box"), "alignment.method")
    template = tuple((float(x), float(y)) for x, y in crop.get("template", ()))
    if method == "landmarks" and len(template) != 5:
        raise ValueError(f"alignment.template needs five points, it has {len(template)}")
    landmarks = folder / crop["landmarks"] if method == "landmarks" else None
    if landmarks is not None and not landmarks.is_file():
        raise ValueError(f"the landmark model {landmarks} is missing")

    result = values["output"]
    low, high = (float(v) for v in result.get("range", (-1.0, 1.0)))
    if not low < high:
        raise ValueError(f"output.range must rise, it is [{low}, {high}]")
    calibration = result.get("calibration", {})
    return Manifest(
        name=values["name"],
        version=str(values.get("version", "")),
        path=file,
        sha256=digest,
        input=source,
        alignment=Alignment(
            method,  # type: ignore[arg-type]
            template,
            float(crop.get("scale", 1.0)),
            float(crop.get("shift", 0.0)),
        ),
        landmarks=landmarks,
        output=Output(
            valence=result["valence"],
            index=result.get("index"),
            range=(low, high),
            slope=float(calibration.get("slope", 1.0)),
            intercept=float(calibration.get("intercept", 0.0)),
            spread=result.get("spread"),
        ),
        metrics=values.get("metrics", {}),
        training=values.get("training", {}),
    )


def _choice(value: str, allowed: tuple[str, ...], name: str) -> str:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, it is {value!r}")
    return value


def _per_channel(value: float | list[float], channels: int, name: str) -> tuple[float, ...]:
    numbers = tuple(float(v) for v in np.atleast_1d(np.asarray(value, np.float64)))
    if len(numbers) not in (1, channels):
        raise ValueError(f"{name} needs 1 or {channels} values, it has {len(numbers)}")
    return numbers
