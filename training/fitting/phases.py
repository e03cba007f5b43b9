"""The phases of training, each from settings and prepared faces to a folder in ``runs/``.

`tuning` and `export` are phases too, in files of their own.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.datasets.faces import FaceSet
from training.datasets.files import read_json, write_bytes, write_json
from training.datasets.prepare import Prepared
from training.errors import TrainingError
from training.fitting import checkpoints
from training.fitting.averaging import halfway
from training.fitting.board import Board
from training.fitting.config import to_toml
from training.fitting.distillation import opinion, soften
from training.fitting.headroom import Headroom, spread_out
from training.fitting.loop import fit
from training.fitting.progress import Bars
from training.fitting.recipe import Recipe
from training.fitting.runs import RESULT, Run
from training.networks.families import build
from training.scoring.assessment import Predict, assess, groups_of, of_run, open_predictor, write_predictions
from training.scoring.robustness import robustness
from training.scoring.speed import measure
from training.scoring.tables import markdown
from training.shipping.ensemble import together

Result = dict[str, Any]


def train(run: Run, prepared: Prepared, bars: Bars) -> Result:
    """Trains the network of the recipe; scores it on validation and test.

    The epoch is chosen on the validation fold. The test split is looked at once, at the end.
    """
    config = run.config
    introduce(run, prepared, bars)
    bars.begin("")
    parts = {name: prepared.part(name, config.fold) for name in ("train", "validation", "test")}
    lessons = parts["train"]
    if config.teachers:
        teacher, _ = together([Path(run) for run in config.teachers])
        told = opinion(teacher, lessons.crops, torch.device("cpu"))
        lessons = spread_out(soften(lessons, told, config.teacher_share), told.logits, config.headroom)
    elif config.headroom != Headroom():
        raise TrainingError("headroom needs teachers, whose evidence orders the faces")
    fit(lessons, parts["validation"], config.recipe, run.folder, config.workers, bars)
    call, _ = of_run(run.folder)
    result: Result = {"network": config.recipe.network, "remarks": list(prepared.remarks)}
    for name in ("validation", "test"):
        result[name] = _assessed(call, parts[name])
        bars.say(f"{name}: {_line(result[name])}")
    run.finish(result)
    return result


def average(run: Run, prepared: Prepared, bars: Bars, *, source: Path, share: float) -> Result:
    """The run `source` with weights that are to `share` those from which its training began; scored as
    after `train`."""
    introduce(run, prepared, bars)
    faces = prepared.part("train", run.config.fold).crops
    network, recipe = halfway(source, share, faces[:: max(1, len(faces) // 512)])
    write_bytes(run.folder / checkpoints.RECIPE, recipe.to_json().encode())
    state = {"network": network.state_dict(), "epoch": 0}
    checkpoints.save(state, run.folder / checkpoints.BEST, recipe)
    call, _ = of_run(run.folder)
    result: Result = {"network": recipe.network, "remarks": list(prepared.remarks), "beginning": share}
    with Board(run.folder) as board:
        for name in ("validation", "test"):
            faces_of_part = prepared.part(name, run.config.fold)
            predicted = call(faces_of_part.crops)
            figures = assess(faces_of_part.valence, predicted, groups_of(faces_of_part))
            result[name] = figures.to_dict()
            bars.say(f"{name}: {_line(result[name])}")
            board.scores(name, figures.scores)
            if name == "validation":
                board.predictions(0, faces_of_part, predicted)
                board.hyperparameters(recipe, figures.scores)
    run.finish(result)
    return result


def cross_validate(run: Run, prepared: Prepared, bars: Bars) -> Result:
    """Trains once for each fold, with that fold held out; scores each, and all held-out faces at once."""
    config = run.config
    introduce(run, prepared, bars)
    folds: list[Result] = []
    true: list[FaceSet] = []
    predicted = []
    for fold in range(1, len(prepared.splits.folds) + 1):
        folder = run.folder / f"fold_{fold}"
        held_out = prepared.part("validation", fold)
        bars.begin(f"fold {fold}")
        # A fold that is done already only loads its best weights.
        fit(prepared.part("train", fold), held_out, config.recipe, folder, config.workers, bars)
        call, _ = of_run(folder)
        values = call(held_out.crops)
        folds.append({"fold": fold, **assess(held_out.valence, values).to_dict()})
        true.append(held_out)
        predicted.append(values)
    pooled = assess(
        np.concatenate([f.valence for f in true]),
        np.concatenate(predicted),
        _joined([groups_of(f) for f in true]),
    ).to_dict()
    mean = {m: _mean_and_deviation([f[m] for f in folds]) for m in ("ccc", "pcc", "rmse", "sagr")}
    table = markdown(folds, ("fold", "n", "ccc", "pcc", "rmse", "sagr"))
    with Board(run.folder) as board:
        board.markdown("folds", table)
    bars.say(table)
    bars.say(f"all held-out faces: {_line(pooled)}")
    result = {
        "network": config.recipe.network,
        "remarks": list(prepared.remarks),
        "folds": folds,
        "mean": mean,
        "pooled": pooled,
    }
    run.finish(result)
    return result


def model_selection(run: Run, prepared: Prepared, bars: Bars) -> Result:
    """Trains several networks by the same recipe on one fold, and compares them.

    Each network's run lies beside that of the comparison, in ``model_selection/<network>/<time>``.
    """
    config = run.config
    introduce(run, prepared, bars)
    train_faces, validation = prepared.part("train", config.fold), prepared.part("validation", config.fold)
    # All at once, before hours are spent on the first.
    recipes = [_for_network(config.recipe, name) for name in config.networks]
    rows: list[Result] = []
    for recipe in recipes:
        folder = run.folder.parent.parent / recipe.network / run.folder.name
        if (folder / RESULT).is_file():
            rows.append(read_json(folder / RESULT))
            continue
        bars.begin(recipe.network)
        fit(train_faces, validation, recipe, folder, config.workers, bars)
        call, _ = of_run(folder)
        row = {
            "network": recipe.network,
            **_assessed(call, validation),
            **measure(build(recipe.network, **recipe.options).eval(), prepared.cropping.side),
        }
        write_json(folder / RESULT, row)
        rows.append(row)
    rows.sort(key=lambda r: -float(np.nan_to_num(r["ccc"], nan=-1.0)))
    columns = ("network", "ccc", "pcc", "rmse", "sagr", "parameters", "ms_batch_1", "ms_batch_8")
    table = markdown(rows, columns)
    with Board(run.folder) as board:
        board.markdown("networks", table)
    bars.say(table)
    result = {"remarks": list(prepared.remarks), "networks": rows}
    run.finish(result)
    return result


def evaluate(run: Run, source: Path, prepared: Prepared, bars: Bars, split: str = "test") -> Result:
    """Scores a training run or an exported model on one split, clean and under corruption."""
    introduce(run, prepared, bars)
    call, name = open_predictor(source)
    faces = prepared.part(split, run.config.fold)
    predicted = call(faces.crops)
    write_predictions(run.folder / "predictions.csv", faces, predicted)
    figures = assess(faces.valence, predicted, groups_of(faces))
    bars.say(f"{split}: {_line(figures.to_dict())}")
    rows = prepared.rows(split, run.config.fold)
    table = robustness(prepared.data, prepared.collected, rows, prepared.cropping.aligner(), call, bars.align)
    with Board(run.folder) as board:
        board.scores(split, figures.scores)
        board.predictions(0, faces, predicted, split)
        board.markdown("robustness", markdown(table, tuple(table[0])))
    bars.say(markdown(table, tuple(table[0])))
    result = {
        "source": str(source),
        "network": name,
        "split": split,
        "remarks": list(prepared.remarks),
        **figures.to_dict(),
        "robustness": table,
    }
    run.finish(result)
    return result


def introduce(run: Run, prepared: Prepared, bars: Bars) -> None:
    """Prints and stores what this run is about."""
    settings = to_toml(run.config.to_dict())
    bars.say(f"{'resuming' if run.resumed else 'writing'} {run.folder}")
    bars.say(settings)
    for remark in prepared.remarks:
        bars.say(remark)
    if not run.resumed:
        with Board(run.folder) as board:
            board.text("configuration", settings)
            board.markdown("data", "\n\n".join(prepared.remarks))


def _for_network(recipe: Recipe, name: str) -> Recipe:
    """`recipe` for the network `name`. Raises TrainingError where it cannot be built."""
    build(name, **recipe.options)
    return replace(recipe, network=name)


def _assessed(call: Predict, faces: FaceSet) -> Result:
    return assess(faces.valence, call(faces.crops), groups_of(faces)).to_dict()


def _line(figures: Result) -> str:
    low, high = figures["ci95"]["ccc"]
    return (
        f"n {figures['n']}  ccc {figures['ccc']:.4f} ({low:.3f} to {high:.3f})  pcc {figures['pcc']:.4f}  "
        f"rmse {figures['rmse']:.4f}  sagr {figures['sagr']:.4f}  slope {figures['calibration']['slope']:.3f}"
    )


def _joined(groups: list[list[str] | None]) -> list[str] | None:
    known = [g for g in groups if g is not None]
    return [name for g in known for name in g] if len(known) == len(groups) else None


def _mean_and_deviation(values: list[float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(values)), 4), "deviation": round(float(np.std(values, ddof=1)), 4)}
