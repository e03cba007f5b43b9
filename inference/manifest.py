"""The manifest: all that is needed to run an ONNX valence model, as data.

It lies beside the model (``valence.json`` beside ``valence.onnx``). ``models/README.md`` shows how
to describe a model from elsewhere: input size, colour order, normalisation, crop, and which outputs
hold what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inference.alignment import Alignment
from inference.outputs import EXPRESSIONS, Calibration, ErrorBar, Output, Scalar, Shares

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
class Variant:
    """The same network in another file, for the device that runs it better."""

    path: Path
    precision: str
    """What it computes in, in words: float32, float16, int8."""
    sha256: str
    calibration: Calibration
    """Of its own: rounding moves readings a little."""


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
    precision: str = ""
    """What the file computes in, in words; empty where the manifest does not say."""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """By device (``cuda``): what runs there instead."""
    metrics: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)

    def on(self, device: str) -> Manifest:
        """The manifest of what is to run on `device`: this one, or that of a variant which is there.

        Raises:
            ManifestError: the variant's file is another one than the manifest describes.
        """
        variant = self.variants.get(device)
        if variant is None or not variant.path.is_file():
            return self
        if hashlib.sha256(variant.path.read_bytes()).hexdigest() != variant.sha256:
            raise ManifestError(
                f"{variant.path.name} is not the file that the manifest describes (sha256 differs)"
            )
        return replace(
            self,
            path=variant.path,
            sha256=variant.sha256,
            precision=variant.precision,
            output=replace(self.output, calibration=variant.calibration),
        )

    def lacks(self, device: str) -> str:
        """What to know of a variant for `device` that is named and missing; empty where none is."""
        variant = self.variants.get(device)
        if variant is None or variant.path.is_file():
            return ""
        return (
            f"for {device} the manifest names {variant.path.name} ({variant.precision}), which is not here: "
            f"{self.path.name}{f' ({self.precision})' if self.precision else ''} runs there, slower; "
            "`valence export` writes both"
        )


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
        output=_output(values["output"]),
        precision=str(values.get("precision", "")),
        variants={
            _choice(device, ("cuda",), "variants"): _variant(given, folder, f"variants.{device}")
            for device, given in values.get("variants", {}).items()
        },
        metrics=values.get("metrics", {}),
        training=values.get("training", {}),
    )


def _output(given: dict[str, Any]) -> Output:
    error, shares = given.get("error"), given.get("expressions")
    valence = {"name": given["valence"], "index": given.get("index"), "range": given.get("range", (-1, 1))}
    arousal = given.get("arousal")
    return Output(
        valence=_scalar(valence, "output"),
        calibration=_calibration(given.get("calibration", {})),
        spread=given.get("spread"),
        error=None if error is None else ErrorBar(*(_three(error, part) for part in ("offset", "power"))),
        arousal=None if arousal is None else _scalar(arousal, "output.arousal"),
        expressions=None if shares is None else _shares(shares),
    )


def _three(given: dict[str, Any], name: str) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in given[name])
    if len(numbers) != 3:
        raise ValueError(f"output.error.{name} needs three numbers, it has {len(numbers)}")
    return numbers


def _scalar(given: str | dict[str, Any], name: str) -> Scalar:
    """An output by its name alone, or with its column and range."""
    if isinstance(given, str):
        return Scalar(given)
    low, high = (float(v) for v in given.get("range", (-1.0, 1.0)))
    if not low < high:
        raise ValueError(f"{name}.range must rise, it is [{low}, {high}]")
    return Scalar(given["name"], given.get("index"), (low, high))


def _shares(given: dict[str, Any]) -> Shares:
    names = tuple(given["expressions"])
    unknown = [name for name in names if name not in EXPRESSIONS]
    if unknown or not names or len(set(names)) < len(names):
        raise ValueError(
            f"output.expressions.expressions must be some of {', '.join(EXPRESSIONS)}, each once, "
            f"it is {', '.join(map(str, names)) or 'empty'}"
        )
    return Shares(given["name"], names, int(given.get("index", 0)), bool(given.get("logits", False)))


def _calibration(given: dict[str, Any]) -> Calibration:
    return Calibration(
        *(float(given.get(part, usual)) for part, usual in (("slope", 1), ("intercept", 0), ("below", 1)))
    )


def _variant(given: dict[str, Any], folder: Path, name: str) -> Variant:
    return Variant(
        path=folder / given["file"],
        precision=str(given["precision"]),
        sha256=str(given["sha256"]),
        calibration=_calibration(given.get("calibration", {})),
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
