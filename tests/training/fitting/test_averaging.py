"""Weights half-way between where training began and where it ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training.datasets.prepare import Prepared
from training.errors import TrainingError
from training.fitting.averaging import halfway
from training.fitting.checkpoints import trained
from training.fitting.loop import fit
from training.fitting.recipe import Recipe
from training.shipping import onnxfile

RECIPE = Recipe(epochs=1, batch=16, average=0.0, options={"width": 0.25}, learning_rate=2e-3)


@pytest.fixture(scope="module")
def runs(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs, each from the one before; the second from the first's exported file."""
    folder = tmp_path_factory.mktemp("runs")
    parts = prepared.part("train"), prepared.part("validation")
    fit(*parts, RECIPE, folder / "first", workers=0)
    onnxfile.write_onnx(trained(folder / "first")[0], folder / "first.onnx", 64)
    fit(*parts, replace(RECIPE, start=str(folder / "first.onnx")), folder / "second", workers=0)
    fit(*parts, replace(RECIPE, start=str(folder / "second" / "best.pt")), folder / "third", workers=0)
    return folder


def head(run: Path) -> torch.Tensor:
    return trained(run)[0].valence.weight.detach()


@pytest.mark.parametrize("run", ["second", "third"])
def test_weights_lie_between_the_very_first_and_the_last(run: str, runs: Path, prepared: Prepared) -> None:
    faces = prepared.part("train").crops
    network, recipe = halfway(runs / run, 0.25, faces)
    expected = 0.25 * head(runs / "first") + 0.75 * head(runs / run)
    assert torch.allclose(network.valence.weight, expected, atol=1e-6)
    assert recipe == trained(runs / run)[1]
    own = trained(runs / run)[0]
    assert torch.equal(network.emotions.weight, own.emotions.weight), "the file at the beginning has none"
    assert torch.equal(halfway(runs / run, 0.0, faces)[0].valence.weight, own.valence.weight)


def test_what_began_with_random_weights_has_no_beginning(runs: Path, prepared: Prepared) -> None:
    with pytest.raises(TrainingError, match="did not begin with a trained network"):
        halfway(runs / "first", 0.5, prepared.part("train").crops)
    with pytest.raises(TrainingError, match=r"must lie between 0 and 1, it is 1\.5"):
        halfway(runs / "second", 1.5, prepared.part("train").crops)
