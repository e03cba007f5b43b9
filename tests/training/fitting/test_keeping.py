"""Runs that may be passed on, and those that are: what TensorBoard shows in a fresh clone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer

from tests import ROOT
from training.datasets.prepare import Prepared
from training.errors import TrainingError
from training.fitting.board import FACES
from training.fitting.config import Config
from training.fitting.keeping import keep
from training.fitting.loop import fit
from training.fitting.recipe import Recipe
from training.fitting.runs import CROSS_VALIDATION, FINAL, MODEL_SELECTION, TUNING, open_run


def images(folder: Path) -> list[str]:
    events = EventAccumulator(str(folder)).Reload()
    return list(events.Tags()["images"])


def test_a_kept_run_has_its_curves_and_shows_nobody(prepared: Prepared, tmp_path: Path) -> None:
    run = open_run(tmp_path / "runs", FINAL, "residual", Config())
    recipe = Recipe(epochs=2, batch=16, options={"width": 0.25})
    fit(prepared.part("train"), prepared.part("validation"), recipe, run.folder, workers=0)
    assert any(tag.endswith(FACES) for tag in images(run.folder))

    keep(run.folder, tmp_path / "kept")
    assert images(tmp_path / "kept") == [tag for tag in images(run.folder) if not tag.endswith(FACES)]
    before, kept = (EventAccumulator(str(f)).Reload() for f in (run.folder, tmp_path / "kept"))
    assert kept.Tags()["scalars"] == before.Tags()["scalars"]
    assert [e.value for e in kept.Scalars("CCC/validation")] == [
        e.value for e in before.Scalars("CCC/validation")
    ]
    assert not list((tmp_path / "kept").rglob("*.pt"))
    assert (tmp_path / "kept" / "recipe.json").read_bytes() == (run.folder / "recipe.json").read_bytes()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"is not the folder of a run: it has no config\.json"):
        keep(tmp_path, tmp_path / "kept")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs that are kept in the repository, without those that were trained here."""
    listed = subprocess.run(["git", "ls-files", "runs"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no clone: which runs are kept is not known")
    folder = tmp_path_factory.mktemp("story")
    for name in listed.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder / "runs"


@pytest.mark.parametrize("phase", [MODEL_SELECTION, CROSS_VALIDATION, TUNING, FINAL])
def test_a_fresh_clone_tells_the_story_of_each_phase(story: Path, phase: str) -> None:
    board = EventMultiplexer().AddRunsFromDirectory(str(story / phase)).Reload()
    scalars, images, settings = (board.PluginRunToTagToContent(p) for p in ("scalars", "images", "hparams"))
    trained = {name for name, tags in scalars.items() if "CCC/validation" in tags}
    assert trained, f"no curves below runs/{phase}"
    assert trained <= set(settings), "runs are missing in the table of settings"
    for picture in ("validation/predicted against true", "validation/errors"):
        # Of a search some trials are stopped early, without pictures.
        assert any(picture in tags for tags in images.values())
    assert not any(tag.endswith(FACES) for tags in images.values() for tag in tags)


def test_the_story_is_small_and_names_no_place_of_the_machine_that_trained(story: Path) -> None:
    files = [f for f in story.rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) < 12 * 2**20
    for file in files:
        assert not re.search(rb"/(tmp|home|work|Users)/", file.read_bytes()), file
