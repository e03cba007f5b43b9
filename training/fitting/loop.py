"""The training loop: faces and a recipe in, the best weights out, every epoch on disk.

A run's folder holds ``recipe.json``, ``last.pt`` (to resume from), ``best.pt`` (best validation
CCC), and TensorBoard's events. Killed at any moment, `fit` on the same folder goes on from the
last whole epoch, and ends with the weights that it would have had without the interruption.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from training.datasets.faces import FaceSet
from training.datasets.files import write_bytes
from training.errors import TrainingError
from training.fitting import checkpoints
from training.fitting.batches import Batch, Item, Shuffled, loader, normalised, opencv_in_one_thread
from training.fitting.board import Board
from training.fitting.checkpoints import BEST, LAST, RECIPE
from training.fitting.losses import loss
from training.fitting.recipe import Recipe
from training.networks.families import FaceNetwork, Outputs, build
from training.networks.transfer import start_from_dlib, start_from_onnx
from training.scoring.metrics import Scores, score

_CPU = torch.device("cpu")
_SAMPLE = 512
"""Faces that show an imported network what it will be fed."""


class Watch(Protocol):
    """Sees training go by: progress bars, pruning."""

    def epoch_started(self, epoch: int, epochs: int, batches: int) -> None:
        """Epoch 0, 1, … of `epochs` begins, with so many batches."""

    def batch_done(self) -> None:
        """One more batch was learnt from."""

    def epoch_done(self, epoch: int, loss: float, scores: Scores) -> None:
        """The training loss and the validation scores; the checkpoint is on the disk already."""


class _Unwatched:
    """Prints a line an epoch."""

    def epoch_started(self, epoch: int, epochs: int, batches: int) -> None:
        self._epochs = epochs

    def batch_done(self) -> None:
        pass

    def epoch_done(self, epoch: int, loss: float, scores: Scores) -> None:
        print(describe(epoch, self._epochs, loss, scores), flush=True)


def describe(epoch: int, epochs: int, loss: float, scores: Scores) -> str:
    """One line about an epoch."""
    return (
        f"epoch {epoch + 1}/{epochs}  loss {loss:.4f}  ccc {scores.ccc:.4f}  pcc {scores.pcc:.4f}  "
        f"rmse {scores.rmse:.4f}  sagr {scores.sagr:.4f}"
    )


def predict(
    network: FaceNetwork, crops: npt.NDArray[np.uint8], device: torch.device, batch: int = 256
) -> npt.NDArray[np.float32]:
    """(n, 2): valence and log-spread of grey `crops` (n, side, side), in full precision."""
    outputs = _outputs(network, crops, device, batch)
    return torch.stack([outputs.valence, outputs.spread], dim=1).numpy()


def _outputs(network: FaceNetwork, crops: npt.NDArray[np.uint8], device: torch.device, batch: int) -> Outputs:
    network.eval()
    nothing = torch.zeros(0)
    parts: list[Outputs] = [Outputs(nothing, torch.zeros(0, 8), nothing, nothing)]
    with torch.no_grad():
        for start in range(0, len(crops), batch):
            out = network(normalised(torch.from_numpy(crops[start : start + batch]), device))
            parts.append(Outputs(*(o.float().cpu() for o in out)))
    return Outputs(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


class _Average:
    """Exponential moving average of a network's weights; its batch statistics as they are."""

    def __init__(self, network: FaceNetwork, decay: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self.steps = 0
        self._decay = decay

    def update(self, network: FaceNetwork) -> None:
        self.steps += 1
        # Early on, a long memory would remember the random start.
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mine, theirs in zip(
                self.network.state_dict().values(), network.state_dict().values(), strict=True
            ):
                if mine.dtype.is_floating_point:
                    mine.lerp_(theirs, 1 - decay)
                else:
                    mine.copy_(theirs)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Linear warm-up, then half a cosine to zero."""
    rise = max(1, round(recipe.warmup * steps))
    if step < rise:
        return recipe.learning_rate * (step + 1) / rise
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


@dataclass
class _Position:
    """How far training is."""

    epoch: int = 0
    best: float = -2.0
    since_best: int = 0


class _Trainer:
    """A network with all that changes while it learns."""

    def __init__(self, recipe: Recipe, folder: Path, sample: npt.NDArray[np.uint8]) -> None:
        self.recipe, self.folder = recipe, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # bfloat16 has the range of float32; only older GPUs need float16 with a scaled loss.
        half = self.device.type == "cuda" and not torch.cuda.is_bf16_supported()
        self._precision = torch.float16 if half else torch.bfloat16
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=half)
        torch.manual_seed(recipe.seed)
        self.network = build(recipe.network, **recipe.options)
        path = Path(recipe.start)
        if path.suffix in (".onnx", ".dat"):
            start = start_from_onnx if path.suffix == ".onnx" else start_from_dlib
            start(self.network, path, normalised(torch.from_numpy(sample), _CPU).numpy())
        elif recipe.start:
            checkpoints.fill(self.network, checkpoints.load(path)["network"], path, recipe)
        self.network = self.network.to(self.device)
        self.network = cast(FaceNetwork, self.network.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        self.average = _Average(self.network, recipe.average)
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        others = [p for p in self.network.parameters() if p.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": recipe.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=recipe.learning_rate,
        )

    def resume(self) -> _Position:
        """What ``last.pt`` says, or the start."""
        path = self.folder / LAST
        if not path.is_file():
            return _Position()
        state = checkpoints.load(path, self.device)
        whole = checkpoints.fill(self.network, state["network"], path, self.recipe)
        checkpoints.fill(self.average.network, state["average"], path, self.recipe)
        self.average.steps = state["steps"]
        if whole:  # what it knows of some weights says nothing of others
            self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state.get("scaler", {}) or self._scaler.state_dict())
        return _Position(state["epoch"] + 1, state["best"], state["since_best"])

    def save(self, position: _Position) -> None:
        """``best.pt`` if this epoch is the best, and ``last.pt``."""
        averaged = self.average.network.state_dict()
        if position.since_best == 0:
            checkpoints.save({"network": averaged, "epoch": position.epoch}, self.folder / BEST, self.recipe)
        state = {
            "network": self.network.state_dict(),
            "average": averaged,
            "steps": self.average.steps,
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "epoch": position.epoch,
            "best": position.best,
            "since_best": position.since_best,
        }
        checkpoints.save(state, self.folder / LAST, self.recipe)

    def epoch(
        self, batches: DataLoader[Item], epoch: int, batch_done: Callable[[], None]
    ) -> tuple[float, Scores, float]:
        """Learns from every batch once.

        Returns the mean loss, the scores of the network as it was when it met each (augmented)
        face, over all of them at once, and the last learning rate.
        """
        # Dropout of a resumed run must be that of an uninterrupted one.
        torch.manual_seed(self.recipe.seed * 100_003 + epoch)
        self.network.train()
        total, rate = 0.0, 0.0
        true: list[Tensor] = []
        predicted: list[Tensor] = []
        steps = self.recipe.epochs * len(batches)
        for i, batch in enumerate(batches):
            rate = learning_rate(self.recipe, epoch * len(batches) + i, steps)
            value, valence = self._step(cast(Batch, batch), rate)
            if not math.isfinite(value):
                raise TrainingError(f"the loss became {value} in epoch {epoch + 1}; lower the learning rate")
            total += value
            true.append(cast(Batch, batch)[1])
            predicted.append(valence)
            batch_done()
        scores = score(torch.cat(true).numpy(), torch.cat(predicted).numpy())
        return total / len(batches), scores, rate

    def _step(self, batch: Batch, rate: float) -> tuple[float, Tensor]:
        faces, valence, votes, arousal = batch
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self.device.type, self._precision):
            outputs = self.network(normalised(faces, self.device))
        outputs = Outputs(*(o.float() for o in outputs))
        labels = valence.to(self.device), votes.to(self.device), arousal.to(self.device)
        value = loss(outputs, *labels, self.recipe.losses)
        if self.recipe.losses.arousal and bool(torch.isfinite(arousal).any()):
            self.network.arousal_learnt.fill_(True)
        self._optimizer.zero_grad()
        self._scaler.scale(value).backward()  # type: ignore[no-untyped-call]
        self._scaler.unscale_(self._optimizer)
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self.average.update(self.network)
        return value.item(), outputs.valence.detach().cpu()

    def validate(self, faces: FaceSet) -> tuple[float, npt.NDArray[np.float32]]:
        """Loss over all of `faces` at once, and the predicted valence (n,)."""
        outputs = _outputs(self.average.network, faces.crops, self.device, 256)
        valence, votes, arousal = map(torch.from_numpy, (faces.valence, faces.votes, faces.arousal))
        value = loss(outputs, valence, votes, arousal, self.recipe.losses)
        return value.item(), outputs.valence.numpy()


def fit(
    train: FaceSet,
    validation: FaceSet,
    recipe: Recipe,
    folder: Path,
    workers: int = 1,
    watch: Watch | None = None,
) -> Scores:
    """Trains into `folder`, resuming what is there; returns the best validation scores.

    Raises:
        TrainingError: a split is empty, the checkpoint is another network's, the disk is full.
    """
    if not len(train) or not len(validation):
        raise TrainingError(f"cannot train on {len(train)} faces and validate on {len(validation)}")
    watch = watch or _Unwatched()
    trainer = _Trainer(recipe, folder, train.crops[:: max(1, len(train) // _SAMPLE)])
    position = trainer.resume()
    write_bytes(folder / RECIPE, recipe.to_json().encode())
    sampler = Shuffled(len(train), recipe.seed)
    batches = loader(train, recipe, sampler, workers)
    with opencv_in_one_thread(), Board(folder, purge=position.epoch) as board:
        if position.epoch == 0:
            board.text("recipe", recipe.to_json())
        for epoch in range(position.epoch, recipe.epochs):
            if recipe.patience and position.since_best >= recipe.patience:
                break
            sampler.epoch = epoch
            watch.epoch_started(epoch, recipe.epochs, len(batches))
            train_loss, train_scores, rate = trainer.epoch(batches, epoch, watch.batch_done)
            validation_loss, predicted = trainer.validate(validation)
            scores = score(validation.valence, predicted)
            board.epoch(epoch, rate, (train_loss, train_scores), (validation_loss, scores))
            # Constant labels have no CCC; any epoch is as good as the next then.
            ccc = scores.ccc if math.isfinite(scores.ccc) else -1.0
            better = ccc > position.best
            position = _Position(epoch, max(ccc, position.best), 0 if better else position.since_best + 1)
            trainer.save(position)
            watch.epoch_done(epoch, train_loss, scores)
        network, _ = checkpoints.trained(folder)
        predicted = predict(network.to(trainer.device), validation.crops, trainer.device)[:, 0]
        scores = score(validation.valence, predicted)
        board.predictions(position.epoch, validation, predicted)
        board.hyperparameters(recipe, scores)
    return scores
