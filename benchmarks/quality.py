"""Whether quality means something: what is left of the error when the worst fifth is dropped.

    python -m benchmarks.quality data/ferplus         # FER+, test split, with the shipped model

Every test face is met clean and under each corruption of `training.scoring.robustness`, found, aligned and
read by the code that ships, and judged by `stream.faces.quality`. The detector's score is left out: faces in
crops are looked for in a frame that was made for the purpose. Needs the `training` extra.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

from inference import AttributeModel, ValenceModel
from stream.faces.detection import Detector, locate_in_crop, open_detector
from stream.faces.quality import quality
from stream.faces.seen import turns_of
from stream.frames import Box
from training.datasets import ferplus
from training.datasets.examples import Example
from training.scoring.robustness import CORRUPTIONS

_SEEN = 1.0
"""A detector's score that says nothing against the face."""


@dataclass(frozen=True)
class Judged:
    """Readings under one corruption."""

    error: npt.NDArray[np.float64]
    """(n,), predicted minus true."""
    quality: npt.NDArray[np.float64]
    """(n,)."""


def rmse(error: npt.NDArray[np.float64]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(error))))


def without_worst(judged: Judged, share: float = 0.2) -> float:
    """RMSE without the `share` of readings with the lowest quality."""
    return rmse(judged.error[np.argsort(judged.quality, kind="stable")[round(share * len(judged.error)) :]])


def judge(examples: list[Example], model: ValenceModel, detector: Detector) -> dict[str, Judged]:
    """Readings of all `examples` by corruption."""
    errors: dict[str, list[float]] = {name: [] for name in CORRUPTIONS}
    qualities: dict[str, list[float]] = {name: [] for name in CORRUPTIONS}
    attributes = AttributeModel()
    for row, example in enumerate(track(examples, description="Reading faces")):
        picture = example.read()
        assert picture is not None, example.name
        box = np.array(locate_in_crop(detector, picture))
        rng = np.random.default_rng(row)
        made = [corrupt(picture, box, rng) for corrupt in CORRUPTIONS.values()]
        boxes = [Box(*moved.tolist()) for _, moved in made]
        crops = [model.align(changed, [at])[0] for (changed, _), at in zip(made, boxes, strict=True)]
        readings, seen, turns = model.read(crops), attributes.read(crops), turns_of(crops)
        for i, name in enumerate(CORRUPTIONS):
            spread = None if readings.spread is None else float(readings.spread[i])
            errors[name].append(float(readings.valence[i]) - example.valence)
            shape = made[i][0].shape
            qualities[name].append(quality(crops[i], boxes[i], _SEEN, spread, turns[i], seen[i], shape))
    return {name: Judged(np.array(errors[name]), np.array(qualities[name])) for name in CORRUPTIONS}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path, help="folder with fer2013new.csv and the pictures")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth face")
    given = parser.parse_args()
    data = ferplus.dataset(given.ferplus)
    assert data.official is not None
    test = set(data.official.test)
    examples = [e for e in data.examples if e.clip in test][:: given.every]
    judged = judge(examples, ValenceModel.open(), open_detector())
    together = Judged(
        *(np.concatenate([getattr(j, f) for j in judged.values()]) for f in ("error", "quality"))
    )
    print(f"{'':24}{'rmse':>8}{'kept':>8}{'less':>8}{'quality':>9}")
    for name, j in {**judged, "all": together}.items():
        kept = without_worst(j)
        less = f"{100 * (1 - kept / rmse(j.error)):.1f} %"
        print(f"{name:24}{rmse(j.error):8.3f}{kept:8.3f}{less:>8}{j.quality.mean():9.2f}")


if __name__ == "__main__":
    main()
