"""A sheet about predictions, to be printed: predicted against true values, and what is left between them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from training.datasets.files import write_bytes
from training.scoring.metrics import Values, calibration_slope, score


def write_sheet(path: Path, true: Values, predicted: Values) -> None:
    """Draws labels (n,) and predictions (n,), n at least 1, to a PNG, SVG or PDF file, as its name ends.

    Raises:
        TrainingError: it cannot be written.
    """
    t, p = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    figure = Figure(figsize=(10, 8), layout="constrained")
    agreement, residuals, errors, calibration = figure.subplots(2, 2).ravel()
    alpha = float(np.clip(300 / len(t), 0.08, 0.6))

    scores = score(t, p)
    agreement.plot([-1, 1], [-1, 1], color="0.6", linewidth=1)
    agreement.scatter(t, p, s=8, alpha=alpha, linewidths=0)
    agreement.set(xlim=(-1, 1), ylim=(-1, 1), xlabel="true valence", ylabel="predicted", aspect="equal")
    agreement.set_title(f"n {len(t)}   CCC {scores.ccc:.3f}   PCC {scores.pcc:.3f}   RMSE {scores.rmse:.3f}")

    residuals.axhline(0, color="0.6", linewidth=1)
    residuals.scatter(t, p - t, s=8, alpha=alpha, linewidths=0)
    residuals.set(xlim=(-1, 1), xlabel="true valence", ylabel="predicted - true", title="Residuals")

    errors.hist(p - t, bins=np.linspace(-1, 1, 41).tolist(), color="tab:blue")
    half = float(np.median(np.abs(p - t)))
    errors.set(xlim=(-1, 1), xlabel="predicted - true", ylabel="faces")
    errors.set_title(f"bias {float(np.mean(p - t)):+.3f}, half within {half:.3f}")

    calibration.plot([-1, 1], [-1, 1], color="0.6", linewidth=1)
    calibration.scatter(p, t, s=8, alpha=alpha, linewidths=0)
    if np.ptp(p) > 1e-6:
        slope, intercept = calibration_slope(t, p)
        ends = np.array([p.min(), p.max()])
        calibration.plot(ends, slope * ends + intercept, color="tab:red", linewidth=1.5)
        calibration.set_title(f"Calibration: slope {slope:.3f}, intercept {intercept:+.3f}")
    calibration.set(xlim=(-1, 1), ylim=(-1, 1), xlabel="predicted", ylabel="true valence", aspect="equal")

    data = BytesIO()
    figure.savefig(data, format=path.suffix[1:].lower(), dpi=150)
    write_bytes(path, data.getvalue())
