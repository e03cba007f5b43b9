"""`valence train-landmarks`: the network that finds eyes, nose and mouth before a face is cropped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from stream.faces.detection import locate_in_crop, open_detector
from valence.errors import ValenceError, how_to_get
from valence.printing import say


def train_landmarks(
    data: Annotated[Path, typer.Argument(help="The FER+ folder.", show_default=False)],
    teacher: Annotated[Path, typer.Option(help="YuNet's weights (ONNX), which mark the points to learn.")],
    out: Annotated[Path, typer.Option(help="Where the network goes.")] = Path("models/landmarks.onnx"),
    epochs: Annotated[int, typer.Option(min=1)] = 35,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the landmark network on FER+'s faces, with points that YuNet marks."""
    try:
        from training.datasets import ferplus
        from training.networks import landmarks
    except ImportError as error:
        raise ValenceError(f"training needs more packages ({error}): {how_to_get('training')}") from error
    if not teacher.is_file():
        raise ValenceError(f"there is no teacher at {teacher}")
    detector = open_detector()
    marked = {}
    faces = list(ferplus.read(data))
    for part in ("train", "validation"):
        pictures = [picture for _, split, _, picture in faces if split == part]
        boxes = [locate_in_crop(detector, np.dstack([p] * 3)) for p in pictures]
        marked[part] = landmarks.mark(pictures, np.array(boxes, np.float64), teacher)
        say(f"{part}: {len(marked[part])} of {len(pictures)} faces have points")
    network = landmarks.fit(marked["train"], epochs, seed=seed)
    for name, disturbed in (("plain", False), ("changed", True)):
        errors = landmarks.assess(network, marked["validation"], disturbed=disturbed)
        say(
            f"validation, {name} views: mean error {errors.mean():.3f}, median {np.median(errors):.3f} "
            "of the distance between the eyes"
        )
    landmarks.export(network, out)
    say(f"written to {out}")
