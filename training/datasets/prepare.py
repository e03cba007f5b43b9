"""From settings to faces that are ready for a phase: data set, alignment, splits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets import afewva, csvlabels, ferplus, splits
from training.datasets.collect import Collected, Cropping, Track, collect
from training.datasets.examples import DataSet
from training.datasets.faces import FaceSet, Locate
from training.datasets.splits import Splits
from training.errors import TrainingError
from training.fitting.config import Data


@dataclass(frozen=True)
class Prepared:
    """Faces and their splits."""

    data: DataSet
    cropping: Cropping
    collected: Collected
    splits: Splits
    remarks: tuple[str, ...]
    """What the reader of a result must know about the data and the splits."""

    def part(self, name: str, fold: int = 1) -> FaceSet:
        """The faces of ``train`` or ``validation`` (for `fold`) or of ``test``."""
        return self.collected.faces.take(self.rows(name, fold))

    def rows(self, name: str, fold: int = 1) -> npt.NDArray[np.intp]:
        """Where the faces of that part are among those collected.

        Raises:
            TrainingError: there are none.
        """
        rows = self.collected.rows(self._clips(name, fold))
        if not len(rows):
            raise TrainingError(f"the part {name!r} (fold {fold}) has no face")
        return rows

    def _clips(self, name: str, fold: int) -> tuple[str, ...]:
        if name == "test":
            return self.splits.test
        if name not in ("train", "validation"):
            raise TrainingError(f"there is no split {name!r}; there are train, validation and test")
        return self.splits.training(fold) if name == "train" else self.splits.validation(fold)


def read_data(settings: Data, root: Path) -> DataSet:
    """The data set that `settings` name; without a path the one in the folder `root`.

    Raises:
        TrainingError: it is missing or damaged.
    """
    if settings.kind == "ferplus":
        return ferplus.dataset(Path(settings.path) if settings.path else root / "ferplus")
    if settings.kind == "csv":
        return csvlabels.read(Path(settings.path) if settings.path else root / "labels.csv")
    return afewva.read(Path(settings.path) if settings.path else root)


def prepare(settings: Data, root: Path, cropping: Cropping, locate: Locate, track: Track = iter) -> Prepared:
    """Everything that `settings` name, aligned (from the cache in `root` where possible) and split.

    Raises:
        TrainingError: the data or the splits cannot be used.
    """
    data = read_data(settings, root)
    collected = collect(data, cropping, locate, root / "cache", track)
    chosen, remarks = _splits(settings, root, collected)
    remarks += splits.check(chosen, collected.subjects(), by_clip=settings.by_clip)
    return Prepared(data, cropping, collected, chosen, (*collected.notes, *remarks))


def _splits(settings: Data, root: Path, collected: Collected) -> tuple[Splits, tuple[str, ...]]:
    if not settings.splits and collected.official is not None and not settings.by_clip:
        return collected.official, ("Splits: as published with the data.",)
    name = "assigned_folders" if settings.kind == "afew-va" else collected.title.lower()
    # A split that shares people must never be taken for one that does not.
    name += "_by_clip" if settings.by_clip else ""
    path = Path(settings.splits) if settings.splits else root / "splits_metadata" / f"{name}.json"
    if not path.is_file() and not settings.splits:
        faces = collected.faces
        made = splits.assign(
            collected.clips.tolist(),
            faces.subjects.tolist(),
            faces.valence,
            seed=settings.seed,
            by_clip=settings.by_clip,
        )
        splits.write(made, path)
        return made, (f"Splits: made by {'clip' if settings.by_clip else 'person'}, written to {path.name}.",)
    return splits.read(path), (f"Splits: {path.name}.",)
