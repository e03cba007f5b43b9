"""The search for better settings (Optuna): `tune`.

The study is a database in the run's folder. Killed at any moment, it goes on with the trial that was
interrupted. Trials that lag behind the median of the others are stopped early.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import optuna
from optuna.trial import TrialState

from training.datasets.files import write_bytes
from training.datasets.prepare import Prepared
from training.fitting.board import Board
from training.fitting.checkpoints import LAST
from training.fitting.config import Config, Search, to_toml
from training.fitting.loop import fit
from training.fitting.phases import Result, introduce
from training.fitting.progress import Bars
from training.fitting.recipe import Recipe
from training.fitting.runs import Run
from training.scoring.metrics import Scores
from training.scoring.tables import markdown

BEST = "best.toml"


class _Pruning:
    """A `Watch` that tells the trial how it does, and stops it when the study says so."""

    def __init__(self, bars: Bars, trial: optuna.Trial) -> None:
        self._bars, self._trial = bars, trial
        self.epoch_started, self.batch_done = bars.epoch_started, bars.batch_done
        self.best: Scores | None = None

    def epoch_done(self, epoch: int, loss: float, scores: Scores) -> None:
        self._bars.epoch_done(epoch, loss, scores)
        if self.best is None or scores.ccc > self.best.ccc:
            self.best = scores
        self._trial.report(_finite(scores.ccc), epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def tune(run: Run, prepared: Prepared, bars: Bars) -> Result:
    """Tries settings on the validation fold; writes the best as ``best.toml``, ready for `train`."""
    config, search = run.config, run.config.search
    introduce(run, prepared, bars)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = _open_study(run, search)
    train, validation = prepared.part("train", config.fold), prepared.part("validation", config.fold)

    def objective(trial: optuna.Trial) -> float:
        recipe = suggest(trial, config.recipe, search)
        # A repeated trial goes on in the folder of the one that was interrupted.
        folder = run.folder / f"trial_{trial.user_attrs.get('continues', trial.number):03d}"
        bars.begin(f"trial {trial.number + 1}")
        watch = _Pruning(bars, trial)
        try:
            scores = fit(train, validation, recipe, folder, config.workers, watch)
        except optuna.TrialPruned:
            if watch.best is not None:
                with Board(folder) as board:
                    board.hyperparameters(recipe, watch.best)
            raise
        finally:
            (folder / LAST).unlink(missing_ok=True)
        return _finite(scores.ccc)

    done = [t for t in study.trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    study.optimize(objective, n_trials=max(0, search.trials - len(done)))
    result = _summary(study, config, prepared)
    best = replace(config, recipe=suggest(optuna.trial.FixedTrial(study.best_params), config.recipe, search))
    write_bytes(run.folder / BEST, to_toml(best.to_dict()).encode())
    table = markdown(result["trials"], ("trial", "state", "ccc", *study.best_params))
    with Board(run.folder) as board:
        board.markdown("trials", table)
    bars.say(table)
    bars.say(f"best: trial {study.best_trial.number}; train with --config {run.folder / BEST}")
    run.finish(result)
    return result


def suggest(trial: optuna.Trial | optuna.trial.FixedTrial, recipe: Recipe, search: Search) -> Recipe:
    """`recipe` with what `trial` proposes within the ranges of `search`."""
    strength = trial.suggest_float("augmentation", *search.augmentation)
    augmentation = recipe.augmentation
    changes = {
        name: min(value * strength, _LIMITS.get(name, 1.0)) for name, value in vars(augmentation).items()
    }
    return replace(
        recipe,
        learning_rate=trial.suggest_float("learning_rate", *search.learning_rate, log=True),
        weight_decay=trial.suggest_float("weight_decay", *search.weight_decay, log=True),
        options={**recipe.options, "dropout": trial.suggest_float("dropout", *search.dropout)},
        losses=replace(recipe.losses, ccc=trial.suggest_float("ccc_weight", *search.ccc)),
        augmentation=replace(augmentation, **changes),
    )


_LIMITS = {"roll": 90.0}
"""Augmentations that are no probabilities or small fractions."""


def _open_study(run: Run, search: Search) -> optuna.Study:
    """The study in the run's folder; what was running when it was killed is queued again."""
    study = optuna.create_study(
        study_name="tune",
        storage=f"sqlite:///{run.folder / 'study.db'}",
        load_if_exists=True,
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(search.startup_trials, search.warmup_epochs),
    )
    # Seeded by the number of trials: a resumed search must not propose the first ones again.
    study.sampler = optuna.samplers.TPESampler(
        n_startup_trials=search.startup_trials, seed=run.config.recipe.seed + len(study.trials)
    )
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        continues = trial.user_attrs.get("continues", trial.number)
        study.enqueue_trial(trial.params, user_attrs={"continues": continues})
    return study


def _summary(study: optuna.Study, config: Config, prepared: Prepared) -> Result:
    trials: list[dict[str, Any]] = [
        {"trial": t.number, "state": t.state.name.lower(), "ccc": t.value, **t.params}
        for t in study.trials
        if t.state in (TrialState.COMPLETE, TrialState.PRUNED)
    ]
    trials.sort(key=lambda t: (t["state"] != "complete", -_finite(t["ccc"])))
    return {
        "network": config.recipe.network,
        "remarks": list(prepared.remarks),
        "best": {"trial": study.best_trial.number, "ccc": round(study.best_value, 4), **study.best_params},
        "trials": trials,
    }


def _finite(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else -1.0
