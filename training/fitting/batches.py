"""Batches of augmented faces, the same ones for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from training.datasets.faces import FaceSet
from training.fitting.augmentation import Augmentation, augment
from training.fitting.balance import drawn
from training.fitting.recipe import Recipe

Item = tuple[npt.NDArray[np.uint8], np.float32, npt.NDArray[np.float32], np.float32]
Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Faces uint8 (n, side, side), valence (n,), votes (n, 8), arousal (n,)."""
Key = tuple[int, int, int]
"""Epoch, turn in it, and row."""


class Augmented(Dataset[Item]):
    """Faces, changed at random; the same change for the same (seed, epoch, turn)."""

    def __init__(self, faces: FaceSet, augmentation: Augmentation, seed: int) -> None:
        self._faces, self._augmentation, self._seed = faces, augmentation, seed

    def __getitem__(self, key: Key) -> Item:
        epoch, turn, row = key
        rng = np.random.default_rng((self._seed, epoch, turn))
        side = self._faces.crops.shape[1]
        face = augment(self._faces.wide[row], side, rng, self._augmentation)
        return face, self._faces.valence[row], self._faces.votes[row], self._faces.arousal[row]


class Shuffled(Sampler[Key]):
    """(epoch, turn, row) in an order that depends on the seed and the epoch only.

    A face that comes twice in an epoch is changed differently each time.
    """

    def __init__(self, frequencies: npt.NDArray[np.float64], seed: int) -> None:
        self._frequencies, self._seed = frequencies, seed
        self.epoch = 0

    def __iter__(self) -> Iterator[Key]:
        rows = drawn(self._frequencies, np.random.default_rng((self._seed, self.epoch)))
        return iter([(self.epoch, turn, int(row)) for turn, row in enumerate(rows)])

    def __len__(self) -> int:
        return len(self._frequencies)


def loader(faces: FaceSet, recipe: Recipe, sampler: Shuffled, workers: int) -> DataLoader[Item]:
    """Batches of `faces` in the order of `sampler`, prepared by `workers` processes."""
    return DataLoader(
        Augmented(faces, recipe.augmentation, recipe.seed),
        batch_size=recipe.batch,
        sampler=sampler,
        collate_fn=_collate,
        num_workers=workers,
        # A last batch of a few faces would make the batch's CCC jump.
        drop_last=len(faces) > recipe.batch,
        prefetch_factor=8 if workers else None,
        pin_memory=torch.cuda.is_available(),
    )


def normalised(faces: Tensor, device: torch.device) -> Tensor:
    """(n, 1, side, side) in [-1, 1] from grey uint8 (n, side, side)."""
    x = faces.to(device).unsqueeze(1).float().div(127.5).sub(1)
    return x.contiguous(memory_format=torch.channels_last)


def _collate(items: list[Item]) -> Batch:
    faces, valence, votes, arousal = zip(*items, strict=True)
    return (
        torch.from_numpy(np.stack(faces)),
        torch.from_numpy(np.array(valence)),
        torch.from_numpy(np.stack(votes)),
        torch.from_numpy(np.array(arousal)),
    )


@contextmanager
def opencv_in_one_thread() -> Iterator[None]:
    """While workers are forked, OpenCV must have no threads of its own: in a worker they would be
    missing, and the first call that counts on them would wait for ever."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(0)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
