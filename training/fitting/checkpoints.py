"""Weights on the disk, with the name of the network that they belong to."""

from __future__ import annotations

import io
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from training.datasets.files import read_json, write_bytes
from training.errors import TrainingError
from training.fitting.recipe import Recipe
from training.networks.families import FaceNetwork, build

log = logging.getLogger(__name__)

State = dict[str, Any]

ADDED = "arousal"
"""What the names of weights begin with that came later than other weights."""
BEST, LAST, RECIPE = "best.pt", "last.pt", "recipe.json"


def save(state: State, path: Path, recipe: Recipe) -> None:
    """Writes `state` whole or not at all."""
    buffer = io.BytesIO()
    torch.save({**state, "recipe": asdict(recipe)}, buffer)
    write_bytes(path, buffer.getvalue())


def load(path: Path, device: torch.device | str = "cpu") -> State:
    """The state at `path`. Raises TrainingError where there is none, or the file is damaged."""
    if not path.is_file():
        raise TrainingError(f"there is no checkpoint {path}")
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise TrainingError(f"{path} is not a readable checkpoint ({type(error).__name__})") from error
    if not isinstance(state, dict) or "network" not in state:
        raise TrainingError(f"{path} is not a checkpoint of this programme")
    return state


def fill(network: FaceNetwork, weights: State, path: Path, recipe: Recipe) -> bool:
    """Puts `weights`, which were read from `path`, into `network`; whether that is all it has. The head for
    arousal, which networks of earlier versions lack, starts afresh then, and a warning says so.

    Raises:
        TrainingError: they belong to another network.
    """
    own = network.state_dict()
    later = {name: w for name, w in own.items() if name.startswith(ADDED) and name not in weights}
    mine = {name: tuple(w.shape) for name, w in own.items() if name not in later}
    theirs = {name: tuple(w.shape) for name, w in weights.items()}
    if mine != theirs:
        described = f"{recipe.network} {recipe.options}" if recipe.options else recipe.network
        raise TrainingError(f"{path} is a checkpoint of another network than {described}")
    network.load_state_dict({**later, **weights})
    if later:
        log.warning("%s has no head for arousal; it starts afresh.", path)
    return not later


def trained(run: Path) -> tuple[FaceNetwork, Recipe]:
    """The best network of the run in the folder `run`, ready to predict, and its recipe.

    Raises:
        TrainingError: the folder holds no finished epoch.
    """
    if not (run / BEST).is_file():
        raise TrainingError(f"{run} holds no trained network ({BEST}); give the folder of a training run")
    recipe = Recipe.from_dict(read_json(run / RECIPE))
    network = build(recipe.network, **recipe.options)
    fill(network, load(run / BEST)["network"], run / BEST, recipe)
    return network.eval(), recipe
