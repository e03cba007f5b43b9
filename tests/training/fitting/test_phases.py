"""Every phase on the small data set, as the commands call it."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inference import ValenceModel
from inference.manifest import load
from training.datasets.faces import FaceSet
from training.errors import TrainingError
from training.fitting import checkpoints, commands, phases, tuning
from training.fitting.commands import Order
from training.fitting.config import Config, read_config
from training.fitting.distillation import opinion, soften
from training.fitting.recipe import Recipe
from training.scoring.metrics import Scores

pytestmark = pytest.mark.slow


def only(folder: Path) -> Path:
    (found,) = [f for f in folder.iterdir() if f.is_dir()]
    return found


def text(folder: Path, tag: str) -> str:
    events = EventAccumulator(str(folder)).Reload()
    return str(events.Tensors(f"{tag}/text_summary")[0].tensor_proto.string_val[0].decode())


def with_recipe(order: Order, **changes: Any) -> Order:
    return replace(order, config=replace(order.config, recipe=replace(order.config.recipe, **changes)))


@pytest.fixture(scope="module")
def trained(zips: Path, locate: Any, tmp_path_factory: pytest.TempPathFactory) -> Order:
    """An order whose places hold a finished training run."""
    from inference.manifest import DEFAULT

    recipe = Recipe(epochs=12, batch=16, average=0.5, options={"width": 0.25}, learning_rate=2e-3, patience=5)
    runs = tmp_path_factory.mktemp("runs")
    order = Order(Config(recipe=recipe, workers=0), locate, commands.Places(zips, runs, DEFAULT.parent))
    commands.train(order)
    return order


def test_train_leaves_weights_scores_settings_and_logs(trained: Order, capsys: Any) -> None:
    folder = only(trained.places.runs / "final" / "residual")
    result = json.loads((folder / "result.json").read_text())
    assert result["validation"]["ccc"] > 0.5
    assert result["test"]["n"] > 10
    low, high = result["test"]["ci95"]["rmse"]
    assert low <= result["test"]["rmse"] <= high
    assert any("No face was found in 5 of 118" in r for r in result["remarks"])
    stored = json.loads((folder / "config.json").read_text())
    assert stored["recipe"]["options"] == {"width": 0.25}
    assert "learning_rate = 0.002" in text(folder, "configuration")
    assert "No face was found" in text(folder, "data")
    _, recipe = checkpoints.trained(folder)
    assert recipe == trained.config.recipe


def test_an_earlier_network_softens_the_labels(trained: Order, order: Order, prepared: Any) -> None:
    folder = only(trained.places.runs / "final" / "residual")
    teacher, _ = checkpoints.trained(folder)
    faces = prepared.part("train")
    told = opinion(teacher, faces.crops, torch.device("cpu"))
    softened = soften(faces, told, 0.5)
    assert np.isnan(softened.votes).all()
    assert np.abs(softened.valence - faces.valence).max() > 0.01
    said = 2 * softened.valence - faces.valence
    assert np.corrcoef(said, faces.valence)[0, 1] > 0.8
    with pytest.raises(TrainingError, match="must lie between 0 and 1"):
        soften(faces, told, 1.5)
    config = replace(with_recipe(order, epochs=1).config, teachers=(str(folder), str(folder)))
    assert commands.train(replace(order, config=config))["validation"]["n"] > 0
    with pytest.raises(TrainingError, match="nowhere holds no trained network"):
        commands.train(replace(order, config=replace(config, teachers=("nowhere",))))


def test_evaluate_scores_the_split_and_the_corruptions(trained: Order) -> None:
    result = commands.evaluate(trained)
    folder = only(trained.places.runs / "evaluate" / "residual")
    train = only(trained.places.runs / "final" / "residual")
    assert result["ccc"] == json.loads((train / "result.json").read_text())["test"]["ccc"]
    rows = {row["corruption"]: row for row in result["robustness"]}
    assert len(rows) == 13
    assert rows["clean"]["ccc"] == pytest.approx(result["ccc"], abs=1e-3), (
        "another alignment than in training"
    )
    assert rows["clean"]["lost"] == 0
    with (folder / "predictions.csv").open() as file:
        assert len(list(csv.DictReader(file))) == result["n"]
    events = EventAccumulator(str(folder)).Reload()
    assert events.Scalars("CCC/test")[0].value == pytest.approx(result["ccc"], abs=1e-4)
    with pytest.raises(TrainingError, match="there is no split 'tst'"):
        commands.evaluate(trained, split="tst")


def test_export_writes_a_model_that_serves_what_was_trained(trained: Order, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(trained.places.models / "landmarks.onnx", models)
    order = replace(trained, places=replace(trained.places, models=models))
    result = commands.export(order, name="tiny", version="3", shipped=True)
    assert max(result["parity"].values()) <= 1e-4
    assert set(result["variants"]) == {"float32", "int8"}
    for variant in result["variants"].values():
        assert variant["ms_batch_1"] > 0 and variant["bytes"] > 0 and variant["n"] > 10
    assert result["variants"]["int8"]["bytes"] < result["variants"]["float32"]["bytes"]

    manifest = load(models / "valence.json")
    assert (manifest.name, manifest.version) == ("tiny", "3")
    values = json.loads((models / "valence.json").read_text())
    assert str(trained.places.data) not in json.dumps(values), "a path of this machine is in the manifest"
    session = ort.InferenceSession(models / "valence.onnx", providers=["CPUExecutionProvider"])
    assert [o.name for o in session.get_outputs()] == ["valence", "spread", "arousal"]

    served = commands.evaluate(order, models / "valence.json", card=True)
    card = (models / "README.md").read_text()
    assert "# Model card: tiny 3" in card
    assert "| lower face covered |" in card
    assert served["ccc"] == pytest.approx(values["metrics"]["ccc"], abs=2e-3)
    with_model = ValenceModel.open(models / "valence.json")
    assert with_model.read_pixels([np.full((64, 64, 3), 90, np.uint8)]).spread is not None


def test_cross_validate_holds_every_fold_out_once(order: Order) -> None:
    result = commands.cross_validate(order)
    assert [f["fold"] for f in result["folds"]] == [1, 2, 3, 4, 5]
    assert result["pooled"]["n"] == sum(f["n"] for f in result["folds"])
    assert result["mean"]["rmse"]["mean"] == pytest.approx(
        np.mean([f["rmse"] for f in result["folds"]]), abs=1e-3
    )
    folder = only(order.places.runs / "cross_validation" / "residual")
    assert text(folder, "folds").count("\n") == 6
    assert all((folder / f"fold_{k}" / "best.pt").is_file() for k in range(1, 6))


def test_model_selection_compares_three_families(order: Order) -> None:
    result = commands.model_selection(with_recipe(order, epochs=1))
    rows = {r["network"]: r for r in result["networks"]}
    assert set(rows) == {"residual", "mobilenet", "efficientnet"}
    assert all(r["parameters"] > 1000 and r["ms_batch_1"] > 0 for r in rows.values())
    home = order.places.runs / "model_selection"
    table = text(only(home / "comparison"), "networks")
    assert all(name in table for name in rows)
    # each network's own curves lie in its own folder
    for name in rows:
        events = EventAccumulator(str(only(home / name))).Reload()
        assert len(events.Scalars("CCC/validation")) == 1
    assert len({only(home / name).name for name in (*rows, "comparison")}) == 1


def test_model_selection_knows_wrong_networks_before_it_trains(order: Order) -> None:
    config = replace(order.config, networks=("residual", "vgg"))
    with pytest.raises(TrainingError, match="unknown network 'vgg'"):
        commands.model_selection(replace(order, config=config))


def test_tune_searches_prunes_and_writes_the_best_settings(order: Order) -> None:
    result = commands.tune(order)
    folder = only(order.places.runs / "tuning" / "residual")
    assert len(result["trials"]) == 3
    complete = [t["ccc"] for t in result["trials"] if t["state"] == "complete"]
    assert result["best"]["ccc"] == pytest.approx(max(complete), abs=1e-4)
    (winner,) = folder.glob(f"trial_{result['best']['trial']:03d}")
    values = EventAccumulator(str(winner)).Reload().Scalars("CCC/validation")
    assert max(complete) == pytest.approx(max(v.value for v in values), abs=1e-4)
    best = read_config(folder / "best.toml")
    assert best.recipe.learning_rate == pytest.approx(result["best"]["learning_rate"])
    assert best.recipe.options["width"] == 0.25
    assert best.recipe.options["dropout"] == pytest.approx(result["best"]["dropout"])
    # the hparams table has a row for every trial
    for trial in range(3):
        events = EventAccumulator(str(folder / f"trial_{trial:03d}")).Reload()
        assert any("hparams" in tag for tag in events.summary_metadata)


class KilledError(BaseException):
    """As abrupt as a test can be within its own process: no `except Exception` sees it."""


def dying(after: int) -> Any:
    """`fit` that dies when it is called for the `after`-th time, after its first epoch."""
    calls = 0
    real = phases.fit

    def fit(
        train: FaceSet, validation: FaceSet, recipe: Recipe, folder: Path, workers: int, watch: Any
    ) -> Scores:
        nonlocal calls
        calls += 1
        if calls < after:
            return real(train, validation, recipe, folder, workers, watch)

        class Dying:
            epoch_started, batch_done = watch.epoch_started, watch.batch_done

            def epoch_done(self, epoch: int, loss: float, scores: Scores) -> None:
                raise KilledError

        return real(train, validation, recipe, folder, workers, Dying())

    return fit


def test_an_interrupted_cross_validation_goes_on_where_it_was(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(phases, "fit", dying(after=3))
        commands.cross_validate(order)
    folder = only(order.places.runs / "cross_validation" / "residual")
    first = (folder / "fold_1" / "best.pt").stat().st_mtime_ns
    assert not (folder / "result.json").exists()
    # settings of an interrupted run are its own, whatever the command line says now
    result = commands.cross_validate(replace(with_recipe(order, epochs=9), resume=True))
    assert only(order.places.runs / "cross_validation" / "residual") == folder
    assert len(result["folds"]) == 5
    assert (folder / "fold_1" / "best.pt").stat().st_mtime_ns == first
    with pytest.raises(TrainingError, match=r"no interrupted run in .*; start one without --resume"):
        commands.cross_validate(replace(order, resume=True))


def test_an_interrupted_search_goes_on_with_the_trial_it_was_at(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(tuning, "fit", dying(after=2))
        commands.tune(order)
    result = commands.tune(replace(order, resume=True))
    assert len(result["trials"]) == 3
    folder = only(order.places.runs / "tuning" / "residual")
    assert sorted(f.name for f in folder.glob("trial_*")) == ["trial_000", "trial_001", "trial_003"]


def test_nothing_is_left_in_runs_when_the_data_are_missing(order: Order, tmp_path: Path) -> None:
    places = replace(order.places, data=tmp_path / "empty")
    with pytest.raises(TrainingError, match=r"01\.zip is missing"):
        commands.train(replace(order, places=places))
    assert not order.places.runs.exists()
