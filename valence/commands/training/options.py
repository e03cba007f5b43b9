"""What the commands of training share: their options, and how these change a file's settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from valence.printing import print_json

if TYPE_CHECKING:
    from training.fitting.config import Config

Network = Annotated[
    str | None, typer.Option(help="residual, mobilenet or efficientnet.", show_default="residual")
]
Fold = Annotated[int | None, typer.Option(min=1, help="The fold that validates.", show_default="1")]
Start = Annotated[
    Path | None,
    typer.Option(help="Start from these weights of the same network: best.pt, or an exported ONNX file."),
]
Source = Annotated[
    Path | None,
    typer.Argument(
        help="A training run's folder, or for evaluate-split a manifest.", show_default="the newest run"
    ),
]


@dataclass(frozen=True, kw_only=True)
class Common:
    """Options of every command: which data, and where results go."""

    config: Annotated[Path | None, typer.Option(help="A TOML file with settings.")] = None
    dataset: Annotated[str | None, typer.Option(help="afew-va, ferplus or csv.", show_default="afew-va")] = (
        None
    )
    data: Annotated[
        Path | None,
        typer.Option(help="Its folder or file.", show_default="data, data/ferplus or data/labels.csv"),
    ] = None
    crops: Annotated[bool, typer.Option("--crops", help="The pictures are face crops already.")] = False
    by_clip: Annotated[bool, typer.Option("--by-clip", help="Keep only clips apart, not people.")] = False
    runs: Annotated[Path, typer.Option(help="Where results and TensorBoard's logs go.")] = Path("runs")
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on the last line.")] = (
        False
    )

    def settings(self, *, fold: int | None = None, **recipe: object) -> Config:
        """The settings in the file, with the options that were given (not None) over them.

        Raises:
            TrainingError: the file cannot be read, or a value cannot be.
        """
        from training.fitting.config import config_from, read_config

        values = read_config(self.config).to_dict()
        values["recipe"] |= self._recipe(recipe)
        if self.dataset is not None:
            values["data"]["kind"] = self.dataset
        if self.data is not None:
            values["data"]["path"] = str(self.data)
        if self.by_clip:
            values["data"]["by_clip"] = True
        if fold is not None:
            values["fold"] = fold
        return config_from(values, str(self.config or "the command line"))

    def show(self, result: dict[str, Any]) -> None:
        """Print it, if it is asked for; the phases themselves say how they go."""
        if self.as_json:
            print_json(result, indent=None)

    def _recipe(self, given: dict[str, object]) -> dict[str, object]:
        return {name: str(v) if isinstance(v, Path) else v for name, v in given.items() if v is not None}


@dataclass(frozen=True, kw_only=True)
class Learning(Common):
    """Options of the commands that train."""

    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many.", show_default="40")] = None
    batch: Annotated[int | None, typer.Option(min=1, help="Faces in a batch.", show_default="128")] = None
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same model.")] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest run that was interrupted.")
    ] = False

    def _recipe(self, given: dict[str, object]) -> dict[str, object]:
        own = {"epochs": self.epochs, "batch": self.batch, "seed": self.seed}
        return super()._recipe(own | given)
