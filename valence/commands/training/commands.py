"""`valence train` and its companions. They need the ``training`` extra; nothing else does."""

from __future__ import annotations

import importlib
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
from valence.commands.training.options import Common, Fold, Learning, Network, Source, Start
from valence.errors import FAILED, ValenceError, how_to_get
from valence.options import with_options

if TYPE_CHECKING:
    from training.datasets.faces import Locate
    from training.fitting.commands import Order
    from training.fitting.config import Config

_LARGEST_SIDE = 640
"""Pixels to which larger training pictures are shrunk for the detector."""

app = typer.Typer(help="Train, compare, tune, evaluate and export models.", no_args_is_help=True)


@app.command()
@with_options
def train(
    given: Learning,
    network: Network = None,
    fold: Fold = None,
    start: Start = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(help="An earlier run's folder; its network softens the labels. Again for several."),
    ] = None,
) -> None:
    """Train one network; score it on its validation fold and on the test split."""
    with _training() as commands:
        settings = given.settings(fold=fold, network=network, start=start)
        settings = replace(settings, teachers=tuple(map(str, teacher))) if teacher else settings
        given.show(commands.train(_order(settings, given)))


@app.command("cross-validate")
@with_options
def cross_validate(given: Learning, network: Network = None, start: Start = None) -> None:
    """Train once for each fold and score the faces that were held out."""
    with _training() as commands:
        settings = given.settings(network=network, start=start)
        given.show(commands.cross_validate(_order(settings, given)))


@app.command("model-selection")
@with_options
def model_selection(
    given: Learning,
    network: Annotated[list[str] | None, typer.Option(help="Repeat it for each one to compare.")] = None,
    fold: Fold = None,
) -> None:
    """Train several networks by the same recipe on one fold and compare them."""
    with _training() as commands:
        settings = given.settings(fold=fold)
        settings = replace(settings, networks=tuple(network)) if network else settings
        given.show(commands.model_selection(_order(settings, given)))


@app.command()
@with_options
def tune(
    given: Learning,
    network: Network = None,
    fold: Fold = None,
    trials: Annotated[int | None, typer.Option(min=1, help="How many settings to try.")] = None,
) -> None:
    """Search for better settings; the best ones become a file for `train --config`."""
    with _training() as commands:
        settings = given.settings(fold=fold, network=network)
        if trials is not None:
            settings = replace(settings, search=replace(settings.search, trials=trials))
        given.show(commands.tune(_order(settings, given)))


@app.command("evaluate-split")
@with_options
def evaluate_split(
    given: Common,
    source: Source = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    card: Annotated[
        bool, typer.Option("--card", help="Put the figures for worse pictures into the model card.")
    ] = False,
    network: Network = None,
    fold: Fold = None,
) -> None:
    """Score a training run, or an exported model, on one split, clean and with worse pictures."""
    with _training() as commands:
        settings = given.settings(fold=fold, network=network)
        given.show(commands.evaluate(_order(settings, given), source, split, card))


@app.command("average-weights")
@with_options
def average_weights(
    given: Common,
    source: Source = None,
    share: Annotated[
        float, typer.Option(help="How much of the mean is where training began.", min=0, max=1)
    ] = 0.5,
    network: Network = None,
    fold: Fold = None,
) -> None:
    """Move a run's weights part of the way back to the network that its training began with.

    What was gained for new conditions and what was known before are kept together; the result is a run like
    any other.
    """
    with _training() as commands:
        order = _order(given.settings(fold=fold, network=network), given)
        given.show(commands.average(order, source, share))


@app.command()
@with_options
def export(
    given: Common,
    source: Source = None,
    also: Annotated[
        list[Path] | None, typer.Option(help="Another run to average with; repeat it for more.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="With --also: the first run's share of the mean.", min=0, max=1)
    ] = None,
    name: Annotated[str, typer.Option(help="The model's name in its manifest.")] = "",
    model_version: Annotated[str, typer.Option(help="The model's version in its manifest.")] = "1.0",
    ship: Annotated[bool, typer.Option("--ship", help="Put it in the place of the shipped model.")] = False,
    network: Network = None,
    fold: Fold = None,
) -> None:
    """Write a trained network as ONNX with its manifest, measured and compared with the original."""
    with _training() as commands:
        order = _order(given.settings(fold=fold, network=network), given)
        given.show(
            commands.export(
                order, source, others=also or (), share=share, name=name, version=model_version, shipped=ship
            )
        )


@contextmanager
def _training() -> Iterator[Any]:
    """The module `training.fitting.commands`; its errors become errors of the front door."""
    try:
        commands = importlib.import_module("training.fitting.commands")
    except ImportError as error:
        raise ValenceError(
            f"training needs the extra 'training' ({error.name} is missing): {how_to_get('training')}",
            FAILED,
        ) from error
    from training.errors import TrainingError

    try:
        yield commands
    except TrainingError as error:
        raise ValenceError(str(error)) from error


def _order(config: Config, given: Common) -> Order:
    from stream.faces.judging import qualities
    from training.fitting.commands import Order, Places

    places = Places(runs=given.runs, models=DEFAULT.parent)
    finder = face_finder(given.crops or config.data.kind == "ferplus")
    return Order(config, finder, places, isinstance(given, Learning) and given.resume, qualities)


def face_finder(crops: bool) -> Locate:
    """How the face is found in a training picture; `crops` are pictures of one face already."""
    from stream.faces.detection import locate_in_crop, open_detector

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
