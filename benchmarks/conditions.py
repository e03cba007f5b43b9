"""Faces as they come: how many are found, and how well they are read, by condition.

    python -m benchmarks.conditions                        # the two portraits of media/
    python -m benchmarks.conditions PORTRAITS              # a folder of photographs, one person each
    python -m benchmarks.conditions PORTRAITS --only roll --count 5 --json

Each person becomes a clip of 60 frames (90 where they tilt their head) at 640 x 480 and 30 frames a second:
one face of 150 pixels that sways a little before a background of furniture; `benchmarks.posed` says what each
condition is. The clips go through the analyser in memory, as the file pipeline does it, by default settings.
A *roll* is there from the first frame on; *tilting to* is upright first, and what counts are the frames after
the tilt is reached.

found     share of the counted frames in which the face has a box that shares .4 of intersection over union
          with the true one, or has its centre in it and half to twice its side. The true box is the
          detector's on the upright portrait, moved and turned with the face; of both, what is in the picture.
false     boxes a frame that are no such box, all frames.
ms        processor time a frame of detection and tracking alone.
change    mean distance of a valence from that of the same person upright at 150 pixels, every sixth frame.
quality   their mean quality.

"Still" are the same for the first frame as a picture. Below stands the rank correlation (Spearman) of quality
with that distance over all conditions together; it should be near -1.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.stats import spearmanr

from benchmarks.posed import CONDITIONS, HEIGHT, WIDTH, Condition, Person, Scene, people
from inference import ValenceModel
from media.crowd import ASTRONAUT, FPS, HERE, HOPPER
from stream.faces.analyzer import Analyzer, Located
from stream.faces.backdating import Waiting
from stream.faces.detection import Detector, open_detector
from stream.frames import Box, Frame, iou

_READ_EVERY = 6
"""Frames from one that is read to the next."""


@dataclass
class Tally:
    """What was seen of one condition, as clips or as stills."""

    counted: int = 0
    found: int = 0
    frames: int = 0
    false: int = 0
    seconds: float = 0.0
    changes: list[float] = field(default_factory=list)
    qualities: list[float] = field(default_factory=list)

    def judge(self, boxes: Sequence[Box], face: Box | None, counted: bool) -> int | None:
        """Counts the boxes of a frame; the index of the face's."""
        same = [i for i, box in enumerate(boxes) if face is not None and is_same(within(box), face)]
        self.frames += 1
        self.false += len(boxes) - min(len(same), 1)
        if counted and face is not None:
            self.counted += 1
            self.found += bool(same)
        return max(same, key=lambda i: iou(boxes[i], face or boxes[i]), default=None)

    def figures(self) -> dict[str, float | None]:
        """By the words of the table."""
        return {
            "found": self.found / self.counted if self.counted else None,
            "false": self.false / self.frames,
            "ms": 1000 * self.seconds / self.frames,
            "change": float(np.mean(self.changes)) if self.changes else None,
            "quality": float(np.mean(self.qualities)) if self.qualities else None,
        }


def within(box: Box) -> Box:
    """What is in the picture of a box."""
    return Box(max(0.0, box.left), max(0.0, box.top), min(WIDTH, box.right), min(HEIGHT, box.bottom))


def is_same(box: Box, face: Box) -> bool:
    """Whether a box is that of the face."""
    x, y = box.centre
    inside = face.left <= x <= face.right and face.top <= y <= face.bottom
    size = np.sqrt(box.area / max(face.area, 1.0))
    return iou(box, face) >= 0.4 or (inside and 0.5 <= size <= 2)


def clip(scene: Scene, upright: float, detector: Detector, model: ValenceModel, tally: Tally) -> None:
    """A scene as a recording."""
    analyzer, waiting = Analyzer(detector), Waiting()
    shots = list(scene.shots())
    located: list[tuple[Frame, list[Located]]] = []
    for index, shot in enumerate(shots):
        frame = Frame(shot.image, index, index / FPS)
        start = time.process_time()
        waiting.add(frame, *analyzer.locate_all(frame))
        tally.seconds += time.process_time() - start
        located += waiting.decided()
    for frame, faces in [*located, *waiting.rest()]:
        shot = shots[frame.index]
        best = tally.judge([f.box for f in faces], shot.face, shot.counted)
        if best is not None and shot.counted and frame.index % _READ_EVERY == 0:
            _read(analyzer, frame, faces[best], upright, model, tally)


def still(scene: Scene, upright: float, detector: Detector, model: ValenceModel, tally: Tally) -> None:
    """The first frame of a scene as a picture."""
    shot = scene.shot(0)
    analyzer, frame = Analyzer(detector, still=True), Frame(shot.image, 0, 0.0)
    start = time.process_time()
    faces = analyzer.locate(frame)
    tally.seconds += time.process_time() - start
    best = tally.judge([f.box for f in faces], shot.face, counted=True)
    if best is not None:
        _read(analyzer, frame, faces[best], upright, model, tally)


def _read(
    analyzer: Analyzer, frame: Frame, face: Located, upright: float, model: ValenceModel, tally: Tally
) -> None:
    crops = model.align(frame.image, [face.box], [face.roll])
    (sample,) = analyzer.finish(frame, [face], crops, model.read(crops))
    tally.changes.append(abs(sample.valence - upright))
    tally.qualities.append(sample.quality)


def upright_valence(person: Person, model: ValenceModel) -> float:
    """The model's valence of somebody as they are under no condition."""
    shot = Scene(person, Condition("upright")).shot(0)
    assert shot.face is not None
    return float(model.read(model.align(shot.image, [shot.face])).valence[0])


def correlation(tallies: Sequence[Tally]) -> float | None:
    """Spearman's of quality with change, over all readings; None where there are too few."""
    changes = [value for tally in tallies for value in tally.changes]
    qualities = [value for tally in tallies for value in tally.qualities]
    return float(spearmanr(qualities, changes).statistic) if len(set(qualities)) > 2 else None


def measure(
    persons: Sequence[Person], conditions: Sequence[Condition], detector: Detector, model: ValenceModel
) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """The tallies of clips and of stills, by condition. Who tilts their head is no still."""
    clips = {condition.name: Tally() for condition in conditions}
    stills = {condition.name: Tally() for condition in conditions if not condition.tilts}
    upright = [upright_valence(person, model) for person in persons]
    work = [(c, p, u) for c in conditions for p, u in zip(persons, upright, strict=True)]
    quiet = not sys.stderr.isatty()
    for condition, person, valence in track(
        work, "Watching", console=Console(stderr=True), disable=quiet, transient=True
    ):
        scene = Scene(person, condition)
        clip(scene, valence, detector, model, clips[condition.name])
        if condition.name in stills:
            still(scene, valence, detector, model, stills[condition.name])
    return clips, stills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("portraits", type=Path, nargs="?", help="folder of photographs, one person each")
    parser.add_argument("--only", help="the conditions in whose name this is", default="")
    parser.add_argument("--count", type=int, help="so many portraits")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    paths = [HERE / portrait.file for portrait in (ASTRONAUT, HOPPER)]
    if given.portraits is not None:
        paths = sorted(p for p in given.portraits.glob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    detector, model = open_detector(), ValenceModel.open(device="cpu")
    persons = people(paths, detector, model, given.count)
    conditions = [condition for condition in CONDITIONS if given.only in condition.name]
    if not persons or not conditions:
        parser.error("no portrait with a face, or no such condition; choose others")
    clips, stills = measure(persons, conditions, detector, model)
    told = {
        "people": len(persons),
        "clips": {name: tally.figures() for name, tally in clips.items()},
        "stills": {name: tally.figures() for name, tally in stills.items()},
        "correlation": {"clips": correlation([*clips.values()]), "stills": correlation([*stills.values()])},
    }
    if given.json:
        print(json.dumps(told, indent=1))
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    table = Table(title=f"Faces as they come: {told['people']} people")
    table.add_column("condition", no_wrap=True)
    columns = ("found", "false", "ms", "change", "quality")
    for name in [*columns, *(f"still {name}" for name in columns)]:
        table.add_column(name, justify="right")
    for name, figures in told["clips"].items():
        row = [(column, figures[column]) for column in columns]
        row += [(column, told["stills"].get(name, {}).get(column)) for column in columns]
        table.add_row(name, *(_shown(column, value) for column, value in row))
    # A pipe has no width of its own: no cell is to be broken there.
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    rank = {what: "-" if value is None else f"{value:.2f}" for what, value in told["correlation"].items()}
    console.print(
        f"Rank correlation of quality with change: {rank['clips']} in clips, {rank['stills']} in stills"
    )


def _shown(column: str, value: float | None) -> str:
    if value is None:
        return "-"
    if column == "found":
        return f"{100 * value:.0f} %"
    return f"{value:.1f}" if column == "ms" else f"{value:.2f}" if column == "quality" else f"{value:.3f}"


if __name__ == "__main__":
    main()
