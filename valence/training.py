"""`valence train` and its companions. They need the ``training`` extra; nothing else does."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import typer

from inference.manifest import DEFAULT
from valence.errors import FAILED, ValenceError

if TYPE_CHECKING:
    from training.commands import Order
    from training.config import Config
    from training.faces import Locate

_LARGEST_SIDE = 640
"""Pixels to which larger training pictures are shrunk for the detector."""

app = typer.Typer(help="Train, compare, tune, evaluate and export models.", no_args_is_help=True)

Settings = Annotated[Path | None, typer.Option("--config", help="A TOML file with settings.")]
Kind = Annotated[
    str | None, typer.Option("--dataset", help="afew-va, ferplus or csv.", show_default="afew-va")
]
Where = Annotated[
    Path | None,
    typer.Option("--data", help="Its folder or file.", show_default="data, data/ferplus or data/labels.csv"),
]
Crops = Annotated[bool, typer.Option("--crops", help="The pictures are face crops already.")]
ByClip = Annotated[bool, typer.Option("--by-clip", help="Keep only clips apart, not people.")]
Network = Annotated[
    str | None, typer.Option(help="residual, mobilenet or efficientnet.", show_default="residual")
]
Epochs = Annotated[int | None, typer.Option(min=1, help="At most so many.", show_default="40")]
Batch = Annotated[int | None, typer.Option(min=1, help="Faces in a batch.", show_default="128")]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same model.")]
Fold = Annotated[int | None, typer.Option(min=1, help="The fold that validates.", show_default="1")]
Start = Annotated[
    Path | None,
    typer.Option(help="Start from these weights of the same network: best.pt, or an exported ONNX file."),
]
Runs = Annotated[Path, typer.Option(help="Where results and TensorBoard's logs go.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the newest run that was interrupted.")]
Source = Annotated[
    Path | None,
    typer.Argument(
        help="A training run's folder, or for evaluate-split a manifest.", show_default="the newest run"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on the last line.")]


@app.command()
def train(
    config: Settings = None,
    dataset: Kind = None,
    data: Where = None,
    crops: Crops = False,
    by_clip: ByClip = False,
    network: Network = None,
    epochs: Epochs = None,
    batch: Batch = None,
    seed: Seed = None,
    fold: Fold = None,
    start: Start = None,
    teacher: Annotated[
        Path | None, typer.Option(help="An earlier run's folder; its network softens the labels.")
    ] = None,
    runs: Runs = Path("runs"),
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train one network; score it on its validation fold and on the test split."""
    with _training():
        from training import commands

        changes = {"network": network, "epochs": epochs, "batch": batch, "seed": seed, "start": start}
        settings = _settings(config, dataset, data, by_clip, fold, changes)
        settings = replace(settings, teacher=str(teacher)) if teacher else settings
        _show(commands.train(_order(settings, crops, runs, resume)), as_json)


@app.command("cross-validate")
def cross_validate(
    config: Settings = None,
    dataset: Kind = None,
    data: Where = None,
    crops: Crops = False,
    by_clip: ByClip = False,
    network: Network = None,
    epochs: Epochs = None,
    batch: Batch = None,
    seed: Seed = None,
    start: Start = None,
    runs: Runs = Path("runs"),
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train once for each fold and score the faces that were held out."""
    with _training():
        from training import commands

        changes = {"network": network, "epochs": epochs, "batch": batch, "seed": seed, "start": start}
        settings = _settings(config, dataset, data, by_clip, None, changes)
        _show(commands.cross_validate(_order(settings, crops, runs, resume)), as_json)


@app.command("model-selection")
def model_selection(
    config: Settings = None,
    dataset: Kind = None,
    data: Where = None,
    crops: Crops = False,
    by_clip: ByClip = False,
    network: Annotated[list[str] | None, typer.Option(help="Repeat it for each one to compare.")] = None,
    epochs: Epochs = None,
    batch: Batch = None,
    seed: Seed = None,
    fold: Fold = None,
    runs: Runs = Path("runs"),
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Train several networks by the same recipe on one fold and compare them."""
    with _training():
        from training import commands

        changes = {"epochs": epochs, "batch": batch, "seed": seed}
        settings = _settings(config, dataset, data, by_clip, fold, changes)
        settings = replace(settings, networks=tuple(network)) if network else settings
        _show(commands.model_selection(_order(settings, crops, runs, resume)), as_json)


@app.command()
def tune(
    config: Settings = None,
    dataset: Kind = None,
    data: Where = None,
    crops: Crops = False,
    by_clip: ByClip = False,
    network: Network = None,
    epochs: Epochs = None,
    batch: Batch = None,
    seed: Seed = None,
    fold: Fold = None,
    trials: Annotated[int | None, typer.Option(min=1, help="How many settings to try.")] = None,
    runs: Runs = Path("runs"),
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Search for better settings; the best ones become a file for `train --config`."""
    with _training():
        from training import commands

        changes = {"network": network, "epochs": epochs, "batch": batch, "seed": seed}
        settings = _settings(config, dataset, data, by_clip, fold, changes)
        if trials is not None:
            settings = replace(settings, search=replace(settings.search, trials=trials))
        _show(commands.tune(_order(settings, crops, runs, resume)), as_json)


@app.command("evaluate-split")
def evaluate_split(
    source: Source = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    card: Annotated[
        bool, typer.Option("--card", help="Put the figures for worse pictures into the model card.")
    ] = False,
    config: Settings = None,
    dataset: Kind = None,
    data: Where = None,
    crops: Crops = False,
    by_clip: ByClip = False,
    network: Network = None,
    fold: Fold = None,
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Score a training run, or an exported model, on one split, clean and with worse pictures."""
    with _training():
        from training import commands

        settings = _settings(config, dataset, data, by_clip, fold, {"network": network})
        _show(commands.evaluate(_order(settings, crops, runs), source, split, card), as_json)


@app.command()
def export(
    source: Source = None,
    name: Annotated[str, typer.Option(help="The model's name in its manifest.")] = "",
    model_version: Annotated[str, typer.Option(help="The model's version in its manifest.")] = "1.0",
    ship: Annotated[bool, typer.Option("--ship", help="Put it in the place of the shipped model.")] = False,
    config: Settings = None,
    dataset: Kind = None,
    data: Where = None,
    crops: Crops = False,
    by_clip: ByClip = False,
    network: Network = None,
    fold: Fold = None,
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Write a trained network as ONNX with its manifest, measured and compared with the original."""
    with _training():
        from training import commands

        settings = _settings(config, dataset, data, by_clip, fold, {"network": network})
        order = _order(settings, crops, runs)
        _show(
            commands.export(order, source, name=name, version=model_version, shipped=ship),
            as_json,
        )


@contextmanager
def _training() -> Iterator[None]:
    """Errors of training as errors of the front door."""
    try:
        importlib.import_module("training.commands")
    except ImportError as error:
        raise ValenceError(
            f"training needs the extra 'training' ({error.name} is missing): pip install -e '.[training]'",
            FAILED,
        ) from error
    from training.errors import TrainingError

    try:
        yield
    except TrainingError as error:
        raise ValenceError(str(error)) from error


def _settings(
    path: Path | None,
    dataset: str | None,
    data: Path | None,
    by_clip: bool,
    fold: int | None,
    recipe: dict[str, Any],
) -> Config:
    """The settings in the file at `path`, with the flags that were given over them."""
    from training.config import config_from, read_config

    values = read_config(path).to_dict()
    given = {name: str(v) if isinstance(v, Path) else v for name, v in recipe.items() if v is not None}
    values["recipe"] |= given
    if dataset is not None:
        values["data"]["kind"] = dataset
    if data is not None:
        values["data"]["path"] = str(data)
    if by_clip:
        values["data"]["by_clip"] = True
    if fold is not None:
        values["fold"] = fold
    return config_from(values, str(path or "the command line"))


def _order(config: Config, crops: bool, runs: Path, resume: bool = False) -> Order:
    from training.commands import Order, Places

    places = Places(runs=runs, models=DEFAULT.parent)
    return Order(config, face_finder(crops or config.data.kind == "ferplus"), places, resume)


def face_finder(crops: bool) -> Locate:
    """How the face is found in a training picture; `crops` are pictures of one face already."""
    from stream.detection import locate_in_crop, open_detector

    detector = open_detector()

    def face_in_crop(image: npt.NDArray[np.uint8]) -> Sequence[float] | None:
        return locate_in_crop(detector, image)

    def largest_face(image: npt.NDArray[np.uint8]) -> Sequence[float] | None:
        scale = min(1.0, _LARGEST_SIDE / max(image.shape[:2]))
        shrunk = (
            image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        )
        faces = [d.box for d in detector.detect(np.asarray(shrunk, np.uint8))]
        return max(faces, key=lambda box: box.area).scaled(1 / scale) if faces else None

    return face_in_crop if crops else largest_face


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result))
