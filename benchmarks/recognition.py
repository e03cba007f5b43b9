"""How well the recognition network tells people apart; and how it is made.

    python -m benchmarks.recognition --portraits FOLDER --ferplus data/ferplus
    python -m benchmarks.recognition --portraits FOLDER --ferplus data/ferplus --weights DLIB.dat --ship

Twelve views of each portrait and three of each of 300 FER+ faces, changed as `training.scoring.identity`
does, found, aligned and described by the code that ships. Nobody has labelled who is who in these
collections, so that a pair of one person is two views of one picture: real pairs differ more. With
``--weights`` the ONNX file is made anew from dlib's; ``--ship`` writes the figures into the model card. Needs
the `training` extra.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

from inference import Aligner, LandmarkModel
from inference.recognition import ALIGNMENT, DEFAULT, SIDE
from stream.faces.analyzer import find_in_still
from stream.faces.detection import Detector, open_detector
from training.datasets import ferplus
from training.datasets.pictures import Image, read_color
from training.scoring.identity import changed, telling
from training.scoring.speed import milliseconds_per_face
from training.shipping.card import record
from training.shipping.recognition import describe, ship, tensors

_MODELS = DEFAULT.parent
_FERPLUS_FACE = np.array([3.0, 5.0, 45.0, 47.0])
"""Where the face lies in a FER+ picture of 48 pixels; its border is the box's own."""


class Views:
    """Aligned crops of changed views."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._aligner = Aligner(ALIGNMENT, SIDE, LandmarkModel(_MODELS / "landmarks.onnx"))
        self._detector: Detector = open_detector()

    def portraits(self, folder: Path, each: int) -> tuple[Image, npt.NDArray[np.intp]]:
        """Crops (n, SIDE, SIDE, 3) and people (n,) of the photographs in `folder`."""
        crops, people = [], []
        for person, path in enumerate(sorted(folder.glob("*.jpg"))):
            picture = read_color(path)
            found = [] if picture is None else find_in_still(self._detector, picture)
            for _ in range(each if found else 0):
                assert picture is not None
                view, box = changed(picture, np.array(found[0].box), (40, 140), self._rng)
                seen = find_in_still(self._detector, view)
                crops.append(self._aligner.align(view, [seen[0].box if seen else box])[0].pixels)
                people.append(person)
        return np.stack(crops), np.array(people)

    def ferplus(self, folder: Path, faces: int, each: int) -> tuple[Image, npt.NDArray[np.intp]]:
        """The same of `faces` pictures of FER+."""
        examples = ferplus.dataset(folder).examples
        crops, people = [], []
        for person in self._rng.permutation(len(examples))[:faces]:
            picture = examples[person].read()
            assert picture is not None
            for _ in range(each):
                view, box = changed(picture, _FERPLUS_FACE, (36, 56), self._rng)
                shift = self._rng.normal(0, 0.02, 2) * (box[2] - box[0])
                crops.append(self._aligner.align(view, [box + np.tile(shift, 2)])[0].pixels)
                people.append(int(person))
        return np.stack(crops), np.array(people)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--portraits", type=Path, required=True, help="folder of photographs, one person each"
    )
    parser.add_argument("--ferplus", type=Path, required=True, help="folder of FER+")
    parser.add_argument("--weights", type=Path, help="dlib_face_recognition_resnet_model_v1.dat")
    parser.add_argument("--ship", action="store_true", help="write the figures into the model card")
    arguments = parser.parse_args()
    if arguments.weights:
        known = Views(seed=9)
        crops = np.concatenate(
            [known.portraits(arguments.portraits, 4)[0], known.ferplus(arguments.ferplus, 200, 1)[0]]
        )
        ship(arguments.weights, DEFAULT, crops[np.random.default_rng(0).permutation(len(crops))])
    views = Views(seed=1)
    rows: list[dict[str, Any]] = []
    for name, (crops, people) in (
        ("portraits", views.portraits(arguments.portraits, 12)),
        ("FER+", views.ferplus(arguments.ferplus, 300, 3)),
    ):
        errors = telling(describe(DEFAULT, tensors(crops)), people)
        rows.append(
            {"faces": name, "people": len(set(people.tolist())), "views": len(people), **asdict(errors)}
        )
    figures = {
        "bytes": DEFAULT.stat().st_size,
        "ms": round(milliseconds_per_face(DEFAULT, SIDE, 1, channels=3), 2),
        "rows": rows,
    }
    Console().print(figures)
    if arguments.ship:
        record(_MODELS, recognition=figures)


if __name__ == "__main__":
    main()
