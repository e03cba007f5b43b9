"""What steadies readings: the same face a second time, moved a little."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from training.datasets.prepare import Prepared
from training.fitting.batches import normalised
from training.fitting.checkpoints import trained
from training.fitting.loop import fit
from training.fitting.recipe import Losses, Recipe
from training.fitting.shaking import shaken
from training.networks.families import build


def test_a_shaken_face_is_the_same_face_moved_a_little(prepared: Prepared) -> None:
    faces = normalised(torch.from_numpy(prepared.collected.faces.crops[:16]), torch.device("cpu"))
    torch.manual_seed(0)
    once = shaken(faces)
    assert once.shape == faces.shape
    for a, b in zip(once.numpy(), faces.numpy(), strict=True):
        assert 0.5 < np.corrcoef(a.ravel(), b.ravel())[0, 1] < 0.9999
    assert not torch.equal(once, shaken(faces))
    torch.manual_seed(0)
    assert torch.equal(once, shaken(faces)), "a resumed run would not be that of an uninterrupted one"


def test_only_a_recipe_that_wants_steady_readings_learns_from_shaken_faces(
    prepared: Prepared, tmp_path: Path
) -> None:
    """With nothing else to learn from, weights stay where they were unless readings are to be steady."""
    train, validation = prepared.part("train"), prepared.part("validation")
    nothing = Losses(mse=0.0, ccc=0.0, emotions=0.0, spread=0.0, arousal=0.0)
    recipe = Recipe(
        epochs=1, batch=16, average=0.0, weight_decay=0.0, losses=nothing, options={"width": 0.25}
    )

    def weights(steady: float) -> torch.Tensor:
        folder = tmp_path / str(steady)
        fit(train, validation, replace(recipe, losses=replace(nothing, steady=steady)), folder, workers=0)
        return trained(folder)[0].valence.weight.detach()

    torch.manual_seed(recipe.seed)
    begun = build(recipe.network, **recipe.options).valence.weight.detach()
    assert torch.equal(weights(0.0), begun)
    assert not torch.allclose(weights(20.0), begun)
