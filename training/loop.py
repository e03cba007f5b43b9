"""The training loop: faces and a recipe in, the best weights out, every epoch on disk.

A run's folder holds ``recipe.json``, ``last.pt`` (to resume from), ``best.pt`` (best validation
CCC), and TensorBoard's events. Killed at any moment, `fit` on the same folder goes on from the
last whole epoch.
"""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, Sampler
from torch.utils.tensorboard import SummaryWriter

from training.augmentation import Augmentation, augment
from training.faces import FaceSet
from training.metrics import Scores, score
from training.networks import FaceNetwork, Outputs, build
from training.recipe import Losses, Recipe

Item = tuple[npt.NDArray[np.uint8], np.float32, npt.NDArray[np.float32]]


class _Augmented(Dataset[Item]):
    """Faces, changed at random; the same change for the same (seed, epoch, face)."""

    def __init__(self, faces: FaceSet, augmentation: Augmentation, seed: int) -> None:
        self._faces, self._augmentation, self._seed = faces, augmentation, seed

    def __getitem__(self, key: Any) -> Item:
        epoch, row = key
        rng = np.random.default_rng((self._seed, epoch, row))
        side = self._faces.crops.shape[1]
        face = augment(self._faces.wide[row], side, rng, self._augmentation)
        return face, self._faces.valence[row], self._faces.votes[row]


class _Shuffled(Sampler[tuple[int, int]]):
    """(epoch, row) in an order that depends on the seed and the epoch only."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._seed = size, seed
        self.epoch = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        order = np.random.default_rng((self._seed, self.epoch)).permutation(self._size)
        return iter([(self.epoch, int(row)) for row in order])

    def __len__(self) -> int:
        return self._size


def _collate(items: list[Item]) -> tuple[Tensor, Tensor, Tensor]:
    faces, valence, votes = zip(*items, strict=True)
    return (
        torch.from_numpy(np.stack(faces)),
        torch.from_numpy(np.array(valence)),
        torch.from_numpy(np.stack(votes)),
    )


def normalised(faces: Tensor, device: torch.device) -> Tensor:
    """(n, 1, side, side) in [-1, 1] from grey uint8 (n, side, side)."""
    x = faces.to(device).unsqueeze(1).float().div(127.5).sub(1)
    return x.contiguous(memory_format=torch.channels_last)


def concordance(true: Tensor, predicted: Tensor) -> Tensor:
    """Concordance correlation coefficient (Lin 1989) of a batch, differentiable."""
    t, p = true - true.mean(), predicted - predicted.mean()
    gap = (true.mean() - predicted.mean()) ** 2
    return 2 * (t * p).mean() / (t.square().mean() + p.square().mean() + gap + 1e-8)


def loss(outputs: Outputs, valence: Tensor, votes: Tensor, weights: Losses) -> Tensor:
    """The weighted sum of the parts named in `Losses`, all for one batch."""
    total = weights.mse * functional.mse_loss(outputs.valence, valence)
    total = total + weights.ccc * (1 - concordance(valence, outputs.valence))
    voted = torch.isfinite(votes).all(dim=1)
    if weights.emotions and bool(voted.any()):
        total = total + weights.emotions * functional.cross_entropy(
            outputs.emotions[voted], votes[voted]
        )
    error = (outputs.valence.detach() - valence).square()
    log_spread = outputs.spread.clamp(-4, 1)
    likelihood = log_spread + 0.5 * error * torch.exp(-2 * log_spread)
    return total + weights.spread * likelihood.mean()


def predict(
    network: FaceNetwork, crops: npt.NDArray[np.uint8], device: torch.device, batch: int = 256
) -> npt.NDArray[np.float32]:
    """(n, 2): valence and log-spread of grey `crops` (n, side, side), in full precision."""
    network.eval()
    parts = []
    with torch.no_grad():
        for start in range(0, len(crops), batch):
            out = network(normalised(torch.from_numpy(crops[start : start + batch]), device))
            parts.append(torch.stack([out.valence, out.spread], dim=1).float().cpu().numpy())
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32)


class _Average:
    """Exponential moving average of a network's weights; its batch statistics as they are."""

    def __init__(self, network: FaceNetwork, decay: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self._decay = decay
        self._steps = 0

    def update(self, network: FaceNetwork) -> None:
        self._steps += 1
        # Early on, a long memory would remember the random start.
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
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


def _save(state: dict[str, Any], path: Path) -> None:
    """Writes whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def fit(train: FaceSet, validation: FaceSet, recipe: Recipe, folder: Path, workers: int = 1) -> Scores:
    """Trains into `folder`, resuming what is there; returns the best validation scores."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(recipe.to_json())
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed)
    network = build(recipe.network, **recipe.options).to(device, memory_format=torch.channels_last)
    average = _Average(network, recipe.average)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=recipe.learning_rate,
    )

    start, best, since_best = 0, -2.0, 0
    if (folder / "last.pt").is_file():
        state = torch.load(folder / "last.pt", map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        average.network.load_state_dict(state["average"])
        average._steps = state["steps"]
        optimizer.load_state_dict(state["optimizer"])
        start, best, since_best = state["epoch"] + 1, state["best"], state["since_best"]

    sampler = _Shuffled(len(train), recipe.seed)
    loader = DataLoader(
        _Augmented(train, recipe.augmentation, recipe.seed),
        batch_size=recipe.batch,
        sampler=sampler,
        collate_fn=_collate,
        num_workers=workers,
        drop_last=len(train) > recipe.batch,
        prefetch_factor=8 if workers else None,
    )
    steps = recipe.epochs * len(loader)
    with SummaryWriter(str(folder), purge_step=start) as board:
        for epoch in range(start, recipe.epochs):
            sampler.epoch = epoch
            began = time.monotonic()
            network.train()
            total = 0.0
            for i, (faces, valence, votes) in enumerate(loader):
                rate = learning_rate(recipe, epoch * len(loader) + i, steps)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                with torch.autocast(device.type, torch.bfloat16):
                    outputs = network(normalised(faces, device))
                outputs = Outputs(*(o.float() for o in outputs))
                value = loss(outputs, valence.to(device), votes.to(device), recipe.losses)
                optimizer.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimizer.step()
                average.update(network)
                total += value.item()

            predicted = predict(average.network, validation.crops, device)[:, 0]
            scores = score(validation.valence, predicted)
            board.add_scalar("train/loss", total / len(loader), epoch)
            board.add_scalar("learning_rate", rate, epoch)
            for name, figure in asdict(scores).items():
                board.add_scalar(f"validation/{name}", figure, epoch)
            print(
                f"epoch {epoch + 1}/{recipe.epochs}  loss {total / len(loader):.4f}  ccc {scores.ccc:.4f}  "
                f"rmse {scores.rmse:.4f}  sagr {scores.sagr:.4f}  {time.monotonic() - began:.0f} s",
                flush=True,
            )
            since_best += 1
            if scores.ccc > best:
                best, since_best = scores.ccc, 0
                _save({"network": average.network.state_dict(), "epoch": epoch}, folder / "best.pt")
            _save(
                {
                    "network": network.state_dict(),
                    "average": average.network.state_dict(),
                    "steps": average._steps,
                    "optimizer": optimizer.state_dict(),
                    "epoch": epoch,
                    "best": best,
                    "since_best": since_best,
                },
                folder / "last.pt",
            )
            if recipe.patience and since_best >= recipe.patience:
                break
    weights = torch.load(folder / "best.pt", map_location=device, weights_only=True)["network"]
    average.network.load_state_dict(weights)
    return score(validation.valence, predict(average.network, validation.crops, device)[:, 0])
