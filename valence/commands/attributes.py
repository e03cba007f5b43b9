"""`valence train-attributes`: the network that tells what is seen of a face, and whether it is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer

from inference.attributes import DEFAULT, SIDE
from stream.faces.detection import Detector, LibFaceDetection
from valence.errors import ValenceError, how_to_get
from valence.printing import say

_FERPLUS_FACE = (3.0, 5.0, 45.0, 47.0)
"""Where the face lies in a FER+ picture of 48 pixels; its border is the box's own."""
_LIKE_A_FACE = 0.05
"""Score from which a detection in a picture without people is learnt from."""
_VIDEO_STEP = 60


def train_attributes(
    data: Annotated[Path, typer.Argument(help="The FER+ folder.", show_default=False)],
    without: Annotated[
        list[Path], typer.Option(help="Folders of pictures and clips without people; animals are welcome.")
    ],
    out: Annotated[Path, typer.Option(help="Where the network goes.")] = Path("models/attributes.onnx"),
    faces: Annotated[int, typer.Option(min=100, help="Crops that are composed of faces.")] = 20000,
    epochs: Annotated[int, typer.Option(min=1)] = 8,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train the network that tells faces from other things, and open from closed eyes, on one thread."""
    try:
        from training.datasets.crops import cropping
        from training.networks import attributes
    except ImportError as error:
        raise ValenceError(f"training needs more packages ({error}): {how_to_get('training')}") from error
    cv2.setNumThreads(1)
    aligner = cropping(DEFAULT.parent).aligner()
    pictures = [picture for folder in without for picture in _pictures(folder)]
    if len(pictures) < 4:
        raise ValenceError("there are fewer than four pictures without people; give folders with more")
    shown = {}
    for part, count in (("train", faces), ("validation", faces // 5)):
        # Of pictures without people every third is never learnt from.
        own = [p for i, p in enumerate(pictures) if (i % 3 == 2) is (part == "validation")]
        shown[part] = _compose(data, part, own, aligner, count, seed)
        say(f"{part}: {len(shown[part])} crops")
    network = attributes.fit(shown["train"], epochs, seed=seed)
    areas = figures(network, shown["validation"])
    for name, area in areas.items():
        say(f"validation, {name}: area under the curve {area:.3f}")
    attributes.export(network, out)
    say(f"written to {out}")
    if out.resolve() == DEFAULT:
        record_figures(out, areas)


def record_figures(path: Path, areas: dict[str, float]) -> None:
    """Writes what was measured of the network at `path` into the model card beside it."""
    from training.datasets import attributes
    from training.scoring.speed import milliseconds_per_face
    from training.shipping.card import record

    looked = len(attributes.eyes(held_out=True)) + len(attributes.eyes(held_out=False))
    told = {
        "bytes": path.stat().st_size,
        "ms": round(milliseconds_per_face(path, SIDE, 8), 2),
        "eyes": looked,
        "areas": {name: round(area, 4) for name, area in areas.items()},
    }
    record(path.parent, attributes=told)


def figures(network: Any, shown: Any) -> dict[str, float]:
    """The area under the curve of each answer, and of `face` against each kind of what is none."""
    from inference.attributes import Attributes
    from training.networks.attributes import area_under_curve, predict

    answers = predict(network, shown.crops)
    told = {
        name: area_under_curve(shown.truth[:, i], answers[:, i]) for i, name in enumerate(Attributes._fields)
    }
    for kind in sorted(set(shown.kinds[shown.truth[:, 0] == 0].tolist())):
        rows = (shown.truth[:, 0] == 1) | (shown.kinds == kind) & (shown.truth[:, 0] == 0)
        told[f"face or {kind}"] = area_under_curve(shown.truth[rows, 0], answers[rows, 0])
    return told


def _compose(data: Path, part: str, pictures: list[Any], aligner: Any, count: int, seed: int) -> Any:
    from training.datasets import attributes, ferplus

    rng = np.random.default_rng((seed, part == "validation"))
    looked = attributes.eyes(held_out=part == "validation")
    chosen = [
        (picture, looked.get(name, np.nan))
        for name, split, _, picture in ferplus.read(data)
        # Eyes were looked at in the training split alone; those held out are never learnt from.
        if (split == part or name in looked) and not (part == "train" and name in attributes.eyes(True))
    ]
    boxes = np.tile(np.array(_FERPLUS_FACE), (len(chosen), 1))
    closed = np.array([value for _, value in chosen], np.float32)
    faces = attributes.marked([picture for picture, _ in chosen], boxes, closed, aligner)
    detector = LibFaceDetection(_LIKE_A_FACE)
    like = [(p, box) for p in pictures for box in _like_faces(p, detector)]
    say(f"{part}: {len(like)} places like a face in {len(pictures)} pictures without people")
    parts = [
        attributes.compose(faces, pictures, aligner, count, rng),
        attributes.faceless(pictures, aligner, count // 6, rng),
    ]
    if like:
        seen, at = zip(*like, strict=True)
        parts.append(attributes.at_boxes(seen, at, aligner, count // 10, rng))
    return attributes.together(parts)


def _pictures(folder: Path) -> Iterator[Any]:
    """Grey pictures (H, W) of at most 1,000 pixels a side, from pictures and clips."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else [folder]:
        clip = cv2.VideoCapture(str(path))
        number = 0
        while clip.isOpened():
            there, frame = clip.read()
            if not there:
                break
            if number % _VIDEO_STEP == 0 and min(frame.shape[:2]) >= 48:
                scale = min(1.0, 1000 / max(frame.shape[:2]))
                small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                yield np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
            number += 1


def _like_faces(picture: Any, detector: Detector) -> Iterator[Any]:
    """Boxes of what a detector takes for a face, at several sizes of the picture."""
    for side in (160, 320, 640):
        scale = side / max(picture.shape)
        view = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for found in detector.detect(np.dstack([view] * 3)):
            yield np.array(found.box) / scale
