"""What TensorBoard shows of a run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from training.datasets.faces import FaceSet
from training.errors import TrainingError
from training.fitting.recipe import Recipe
from training.scoring.figures import error_histogram, face_sheet, scatter
from training.scoring.metrics import Scores

NAMES = {"ccc": "CCC", "pcc": "PCC", "rmse": "RMSE", "sagr": "SAGR"}
"""Of the scores, as TensorBoard shows them."""


FACES = "best and worst faces"
"""The picture that shows people."""


class Board:
    """The events of one run: scalars named ``<what>/train`` and ``<what>/validation``."""

    def __init__(self, folder: Path, purge: int | None = None) -> None:
        """Events go into `folder`; older ones from step `purge` on are hidden."""
        # TensorBoard would take a purge step of 0 for a resumed run and hide a run's first steps.
        self._writer: Any = SummaryWriter(str(folder), purge_step=purge or None)

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def epoch(
        self, epoch: int, rate: float, train: tuple[float, Scores], validation: tuple[float, Scores]
    ) -> None:
        """Loss and scores of both splits, each over the whole split, and the learning rate."""
        for split, (loss, scores) in (("train", train), ("validation", validation)):
            self._writer.add_scalar(f"Loss/{split}", loss, epoch)
            for name, value in asdict(scores).items():
                self._writer.add_scalar(f"{NAMES[name]}/{split}", value, epoch)
        self._writer.add_scalar("Learning rate", rate, epoch)
        self._writer.flush()

    def scores(self, split: str, scores: Scores, step: int = 0) -> None:
        """The scores of one split by itself."""
        for name, value in asdict(scores).items():
            self._writer.add_scalar(f"{NAMES[name]}/{split}", value, step)

    def text(self, title: str, text: str, step: int = 0) -> None:
        """Text as it stands, in one block."""
        self._writer.add_text(title, "\n".join(f"    {line}" for line in text.splitlines()), step)

    def markdown(self, title: str, text: str, step: int = 0) -> None:
        """Text in Markdown, such as a table."""
        self._writer.add_text(title, text, step)

    def predictions(
        self, step: int, faces: FaceSet, predicted: npt.NDArray[np.floating], split: str = "validation"
    ) -> None:
        """Scatter, error histogram, best and worst faces."""
        figures = {
            "predicted against true": scatter(faces.valence, predicted),
            "errors": error_histogram(faces.valence, predicted),
            FACES: face_sheet(faces, predicted),
        }
        for title, picture in figures.items():
            self._writer.add_image(f"{split}/{title}", picture, step, dataformats="HWC")

    def hyperparameters(self, recipe: Recipe, scores: Scores) -> None:
        """A row of the hparams table."""
        values = {name: value for name, value in flat(asdict(recipe)).items() if value != ""}
        metrics = {f"best/{NAMES[name]}": value for name, value in asdict(scores).items()}
        self._writer.add_hparams(values, metrics, run_name=".")


def curve(folder: Path, tag: str) -> tuple[list[int], list[float]]:
    """Steps and values of the scalar `tag` in the events in `folder`.

    Raises:
        TrainingError: there are none.
    """
    events = EventAccumulator(str(folder)).Reload()
    if tag not in events.Tags()["scalars"]:
        raise TrainingError(f"{folder} has no curve {tag!r}")
    scalars = events.Scalars(tag)
    return [s.step for s in scalars], [s.value for s in scalars]


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as one level: ``{"losses": {"mse": 2}}`` becomes ``{"losses.mse": 2}``."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[prefix + name] = value
    return result
