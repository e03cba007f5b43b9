"""The mean of where training began and where it ended: weights, not readings.

Whoever learns on from a trained network for new conditions (covered faces, compression) gains there and loses
on what it could before. Weights half-way between the two keep most of both (Wortsman et al., "Robust
fine-tuning of zero-shot models", 2022), at the cost of one network.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from training.datasets.files import read_json
from training.errors import TrainingError
from training.fitting import checkpoints
from training.fitting.batches import normalised
from training.fitting.recipe import Recipe
from training.networks.families import FaceNetwork, build
from training.networks.transfer import start_from_onnx

_KEPT = ("emotions", "spread", "arousal")
"""Heads that are those of the end: an exported file has none for emotions, and the others follow valence."""


def halfway(run: Path, share: float, sample: npt.NDArray[np.uint8]) -> tuple[FaceNetwork, Recipe]:
    """The network of `run`, whose weights are to `share` (0..1) those from which its training, or that of the
    run that it went on from, began; and its recipe.

    sample: (n, side, side) some hundreds of grey faces, as for `start_from_onnx`.

    Raises:
        TrainingError: its training began with random weights, or with what is not there any more.
    """
    if not 0 <= share <= 1:
        raise TrainingError(f"the share of the beginning must lie between 0 and 1, it is {share}")
    network, recipe = checkpoints.trained(run)
    begun = _beginning(run, recipe, sample).state_dict()
    with torch.no_grad():
        for name, weights in network.state_dict().items():
            if weights.dtype.is_floating_point and not name.startswith(_KEPT):
                weights.lerp_(begun[name], share)
    return network, recipe


def _beginning(run: Path, recipe: Recipe, sample: npt.NDArray[np.uint8]) -> FaceNetwork:
    """The network from which training began, some runs before `run` if need be."""
    seen = {run.resolve()}
    path = Path(recipe.start)
    while path.name == checkpoints.BEST and path.parent.resolve() not in seen:
        earlier = Recipe.from_dict(read_json(path.parent / checkpoints.RECIPE))
        if not earlier.start:
            break
        seen.add(path.parent.resolve())
        path = Path(earlier.start)
    if path.suffix not in (".onnx", ".pt"):
        raise TrainingError(f"the training of {run} did not begin with a trained network")
    network = build(recipe.network, **recipe.options)
    if path.suffix == ".onnx":
        start_from_onnx(network, path, normalised(torch.from_numpy(sample), torch.device("cpu")).numpy())
    else:
        checkpoints.fill(network, checkpoints.load(path)["network"], path, recipe)
    return network.eval()
