"""How good predictions on one split are, with how sure that is."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from inference import ValenceModel
from training.datasets.faces import FaceSet
from training.datasets.files import defused, write_bytes
from training.datasets.pictures import Image, color
from training.errors import TrainingError
from training.fitting.checkpoints import trained
from training.fitting.loop import predict
from training.scoring.metrics import Scores, calibration_slope, confidence_intervals, score

Values = npt.NDArray[np.float32]
Predict = Callable[[Image], Values]
"""Grey crops (n, side, side) to valence (n,)."""


@dataclass(frozen=True)
class Assessment:
    n: int
    scores: Scores
    ci95: dict[str, tuple[float, float]]
    slope: float
    """Of the least-squares line from predicted to true valence; 1 is perfect."""
    intercept: float

    def to_dict(self) -> dict[str, Any]:
        """Flat, with rounded numbers, as it is stored and shown."""
        scores = {name: round(value, 4) for name, value in asdict(self.scores).items()}
        ci95 = {name: [round(v, 4) for v in pair] for name, pair in self.ci95.items()}
        calibration = {"slope": round(self.slope, 4), "intercept": round(self.intercept, 4)}
        return {"n": self.n, **scores, "ci95": ci95, "calibration": calibration}


def assess(true: Values, predicted: Values, groups: Sequence[str] | None = None) -> Assessment:
    """Scores of `predicted` (n,) against `true` (n,); intervals over `groups` (n,) where given."""
    varied = len(true) > 1 and float(np.ptp(predicted)) > 1e-6
    slope, intercept = calibration_slope(true, predicted) if varied else (float("nan"), float("nan"))
    intervals = confidence_intervals(true, predicted, groups=groups)
    return Assessment(len(true), score(true, predicted), intervals, slope, intercept)


def groups_of(faces: FaceSet) -> list[str] | None:
    """The people of `faces`, where they are all known."""
    return faces.subjects.tolist() if len(faces) and (faces.subjects != "").all() else None


def of_run(run: Path) -> tuple[Predict, str]:
    """The best network in the folder `run`, uncalibrated, and its name."""
    network, recipe = trained(run)
    return lambda crops: predict(network, crops, torch.device("cpu"))[:, 0], recipe.network


def of_model(path: Path) -> tuple[Predict, str]:
    """The ONNX model of the manifest `path`, as it is served, and its name."""
    try:
        model = ValenceModel.open(path)
    except ValueError as error:
        raise TrainingError(str(error)) from error

    def valence(crops: Image) -> Values:
        return model.read_pixels([color(c) for c in crops]).valence

    return valence, model.manifest.name


def open_predictor(source: Path) -> tuple[Predict, str]:
    """A training run's folder, or the manifest (.json) or file (.onnx) of an exported model."""
    return of_model(source) if source.suffix in (".json", ".onnx") else of_run(source)


def write_predictions(path: Path, faces: FaceSet, predicted: Iterable[float]) -> None:
    """A CSV file with the columns name, subject, valence, predicted."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["name", "subject", "valence", "predicted"])
    for name, subject, true, value in zip(faces.names, faces.subjects, faces.valence, predicted, strict=True):
        rows.writerow([defused(name), defused(subject), f"{true:.4f}", f"{value:.4f}"])
    write_bytes(path, text.getvalue().encode())
