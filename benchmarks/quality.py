"""Whether quality and error bars mean something: what is left when the worst fifth is dropped, and coverage.

    python -m benchmarks.quality data/ferplus         # FER+, test split, with the shipped model

Every test face is met clean and under each corruption of `training.scoring.robustness`, found, aligned and
read by the code that ships, and judged by `stream.faces.quality`. ``--fit`` fits the error bar of the shipped
model on the validation split first, and writes it into manifest and model card. Needs the `training` extra.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.progress import track

from inference import ValenceModel
from inference.manifest import DEFAULT, load
from stream.faces.detection import locate_in_crop, open_detector
from stream.faces.judging import qualities
from training.datasets import ferplus
from training.datasets.examples import DataSet, Example
from training.datasets.files import write_json
from training.scoring.judged import Judged, Values, judge
from training.scoring.robustness import CORRUPTIONS, Box
from training.scoring.tables import markdown
from training.shipping.card import write_card
from training.shipping.errorbar import coverage, errors_of, fit


def rmse(error: Values) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(error))))


def without_worst(error: Values, worth: Values, share: float = 0.2) -> float:
    """RMSE without the `share` of readings that are worth least."""
    return rmse(error[np.argsort(worth, kind="stable")[round(share * len(error)) :]])


def read(data: DataSet, clips: Iterable[str], every: int, model: ValenceModel) -> Judged:
    """Every `every`th of the faces in `clips`, judged."""
    chosen, detector = set(clips), open_detector()
    examples = [e for e in data.examples if e.clip in chosen][::every]

    def found() -> Iterator[tuple[Example, Box]]:
        for example in track(examples, description="Reading faces"):
            picture = example.read()
            assert picture is not None, example.name
            yield example, np.array(locate_in_crop(detector, picture))

    return judge(found(), model, qualities)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ferplus", type=Path, help="folder with fer2013new.csv and the pictures")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth face")
    parser.add_argument("--fit", action="store_true", help="fit the shipped model's error bar on validation")
    given = parser.parse_args()
    data = ferplus.dataset(given.ferplus)
    assert data.official is not None
    model = ValenceModel.open()
    if given.fit:
        fitted = fit(read(data, data.official.validation(1), given.every, model))
        values = json.loads(DEFAULT.read_text(encoding="utf-8"))
        values["output"]["error"] = None if fitted is None else asdict(fitted)
        write_json(DEFAULT, values)
    judged = read(data, data.official.test, given.every, model)
    print(f"{'':24}{'rmse':>8}{'kept':>8}{'less':>8}{'quality':>9}")
    for column, name in enumerate(CORRUPTIONS):
        tell(name, judged.error[:, column], judged.quality[:, column])
    tell("all", judged.error.ravel(), judged.quality.ravel())
    bar = load().output.error
    if bar is None:
        return
    worth = -errors_of(judged, bar)
    tell("corrupted, by error", judged.error[:, 1:].ravel(), worth[:, 1:].ravel())
    rows = coverage(judged, bar)
    print(markdown(rows, tuple(rows[0])))
    if given.fit:
        values["metrics"]["error"] = rows
        write_json(DEFAULT, values)
        write_card(DEFAULT.parent)


def tell(name: str, error: Values, worth: Values) -> None:
    """One line of the table."""
    kept = without_worst(error, worth)
    less = f"{100 * (1 - kept / rmse(error)):.1f} %"
    print(f"{name:24}{rmse(error):8.3f}{kept:8.3f}{less:>8}{worth.mean():9.2f}")


if __name__ == "__main__":
    main()
