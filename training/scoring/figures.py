"""Pictures about predictions, as uint8 RGB arrays (H, W, 3)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.datasets.faces import FaceSet
from training.datasets.pictures import Image
from training.scoring.metrics import score

Values = npt.NDArray[np.floating]


def scatter(true: Values, predicted: Values) -> Image:
    """Predicted against true valence, with the line on which they agree."""
    figure = Figure(figsize=(4, 4), dpi=80, layout="constrained")
    axes = figure.add_subplot()
    axes.plot([-1, 1], [-1, 1], color="0.7", linewidth=1)
    alpha = float(np.clip(300 / max(len(true), 1), 0.08, 0.6))
    axes.scatter(true, predicted, s=4, alpha=alpha, linewidths=0)
    axes.set(xlim=(-1, 1), ylim=(-1, 1), xlabel="true valence", ylabel="predicted")
    axes.set_title(_title(true, predicted), fontsize=10)
    return _drawn(figure)


def error_histogram(true: Values, predicted: Values) -> Image:
    """How often the prediction is how far off."""
    errors = np.asarray(predicted, np.float64) - np.asarray(true, np.float64)
    figure = Figure(figsize=(4, 3), dpi=80, layout="constrained")
    axes = figure.add_subplot()
    axes.hist(errors, bins=np.linspace(-1, 1, 41).tolist(), color="tab:blue")
    title = f"bias {errors.mean():+.3f}, half within {np.median(np.abs(errors)):.3f}"
    axes.set(xlim=(-1, 1), xlabel="predicted - true", ylabel="faces", title=title)
    return _drawn(figure)


def face_sheet(faces: FaceSet, predicted: Values, columns: int = 8, rows: int = 2) -> Image:
    """The best faces above, the worst below, each with true -> predicted valence under it."""
    order = np.argsort(np.abs(np.asarray(predicted) - faces.valence), kind="stable")
    count = min(columns * rows, len(order))
    blocks = [("best", order[:count]), ("worst", order[::-1][:count])]
    strips: list[Image] = []
    for title, chosen in blocks:
        strip = np.full((18, columns * 66, 3), 255, np.uint8)
        _write(strip, title, 2, 13, 0.45)
        strips.append(strip)
        for start in range(0, count, columns):
            strips.append(_row(faces, predicted, chosen[start : start + columns], columns))
    return np.concatenate(strips)


def _row(faces: FaceSet, predicted: Values, chosen: npt.NDArray[np.intp], columns: int) -> Image:
    strip = np.full((80, columns * 66, 3), 255, np.uint8)
    for column, i in enumerate(chosen):
        face = cv2.resize(faces.crops[i], (64, 64), interpolation=cv2.INTER_AREA)
        strip[:64, column * 66 : column * 66 + 64] = face[..., None]
        _write(strip, f"{faces.valence[i]:+.2f} > {predicted[i]:+.2f}", column * 66, 75, 0.3)
    return strip


def _write(picture: Image, text: str, x: int, y: int, size: float) -> None:
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 1, cv2.LINE_AA)


def _title(true: Values, predicted: Values) -> str:
    scores = score(true, predicted)
    return f"n {len(true)}  CCC {scores.ccc:.3f}  RMSE {scores.rmse:.3f}"


def _drawn(figure: Figure) -> Image:
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])
