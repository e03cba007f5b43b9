"""Whether faces keep their ids, and are found, where they cross and are covered.

    python -m benchmarks.crossings PORTRAITS           # a folder of photographs, one person each

Heads cut from the photographs pass before each other, go behind each other, and are covered by a board,
also tilted and in the dark. Each scene is seen ten times: by other people, from another frame on, and with no
frame dropped, every second one, or three in ten by chance. A face counts in a frame where at least seven
tenths of it are visible. Shown are the share of those that have a box, people, ids, and samples under
somebody else's id.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.identities import Verdict, compare
from benchmarks.posed import HEIGHT, NOISE, WIDTH, Condition, Head, Image, Person, darkened, people, room
from inference import ValenceModel
from media.crowd import FPS
from stream.faces.analyzer import Analyzer
from stream.faces.backdating import Waiting
from stream.faces.detection import Detector, open_detector
from stream.frames import Box, Frame, Sample

SECONDS = 6.0
VISIBLE = 0.7
TIMES = 10

Path2 = Callable[[float], tuple[float, float]]
"""Where the middle of a face is at a time in seconds."""


@dataclass(frozen=True)
class Part:
    """Somebody in a scene; who comes later stands further in front."""

    at: Path2
    size: float = 120.0
    roll: float = 0.0


@dataclass(frozen=True)
class Scene:
    """What happens."""

    title: str
    parts: Sequence[Part]
    board: Path2 | None = None
    """The middle of a board, in front of everybody, as large as a head."""
    dark: bool = False


def _line(start: tuple[float, float], end: tuple[float, float], since: float, until: float) -> Path2:
    """Stands, goes, and stands."""

    def at(time: float) -> tuple[float, float]:
        share = min(1.0, max(0.0, (time - since) / (until - since)))
        return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])

    return at


def _behind(left: float, middle: float, right: float, y: float) -> Path2:
    """Goes to the middle, stays there for a second and a half, and goes on."""
    there, on = _line((left, y), (middle, y), 1.0, 2.2), _line((middle, y), (right, y), 3.7, 4.9)
    return lambda time: there(time) if time < 3.7 else on(time)


_L, _R, _M, _Y = 140.0, 500.0, 320.0, 240.0
_ACROSS, _BACK = _line((_L, _Y), (_R, _Y + 15), 1.0, 4.0), _line((_R, _Y), (_L, _Y - 15), 1.0, 4.0)
SCENES = (
    Scene("two cross", (Part(_ACROSS), Part(_BACK))),
    Scene("two cross, tilted to both sides", (Part(_ACROSS, roll=45), Part(_BACK, roll=-45))),
    Scene("two cross in the dark", (Part(_ACROSS), Part(_BACK)), dark=True),
    Scene("two small ones cross", (Part(_ACROSS, 48), Part(_BACK, 48))),
    Scene("two cross before a third", (Part(lambda _: (_M, _Y)), Part(_ACROSS), Part(_BACK))),
    Scene("one waits behind another", (Part(_behind(_L, _M, _R, _Y)), Part(lambda _: (_M, _Y + 10), 130))),
    Scene(
        "a board before one of two",
        (Part(lambda _: (_L, _Y)), Part(lambda _: (_R, _Y))),
        _line((0, _Y), (_M, _Y), 1.0, 4.5),
    ),
    Scene(
        "a board before one of two, tilted",
        (Part(lambda _: (_L, _Y), roll=50), Part(lambda _: (_R, _Y), roll=-30)),
        _line((0, _Y), (_M, _Y), 1.0, 4.5),
    ),
)


def shots(scene: Scene, persons: Sequence[Person]) -> Iterator[tuple[Image, list[tuple[str, Box]]]]:
    """The frames, and who is visible where."""
    heads = [Head(p, Condition("", size=part.size)) for p, part in zip(persons, scene.parts, strict=True)]
    noise = np.round(np.random.default_rng(0).normal(0, NOISE, (HEIGHT, WIDTH, 3))).astype(np.int8)
    background = room(persons[0].number)
    for number in range(round(SECONDS * FPS)):
        time = number / FPS
        canvas, boxes, faces, whole = background.copy(), [], [], []
        for head, part in zip(heads, scene.parts, strict=True):
            x, y = part.at(time)
            at = x + 3 * np.sin(2.1 * time + part.size), y + 2 * np.sin(1.7 * time)
            boxes.append(head.paint(canvas, at, roll=part.roll))
            for face in faces:
                face &= ~head.all_of_it(at, part.roll)
            faces.append(head.face(at, part.roll))
            whole.append(int(faces[-1].sum()))
        if scene.board is not None:
            x, y = (round(v) for v in scene.board(time))
            part_of = slice(max(0, y - 90), y + 90), slice(max(0, x - 70), max(0, x + 70))
            canvas[part_of] = (120, 160, 180)
            for face in faces:
                face[part_of] = False
        seen = [
            (str(person.number), box)
            for person, box, face, all_of_it in zip(persons, boxes, faces, whole, strict=True)
            if face.sum() >= VISIBLE * all_of_it
        ]
        if scene.dark:
            canvas = darkened(canvas, np.roll(noise, (7 * number, 13 * number), (0, 1)))
        yield canvas, seen


def watch(scene: Scene, persons: Sequence[Person], turn: int, detector: Detector) -> Verdict:
    """The verdict on one viewing, the `turn`-th."""
    random = np.random.default_rng(turn)
    analyzer, waiting = Analyzer(detector), Waiting()
    truth: list[list[tuple[str, Box]]] = []
    located = []
    for number, (image, seen) in enumerate(shots(scene, persons)):
        dropped = (turn % 3 == 1 and number % 2) or (turn % 3 == 2 and random.random() < 0.3)
        if number < 3 * turn or dropped:
            continue
        frame = Frame(image, len(truth), number / FPS)
        truth.append(seen)
        waiting.add(frame, *analyzer.locate_all(frame))
        located += waiting.decided()
    located += waiting.rest()
    samples = [
        [Sample(f.time, f.index, face.face_id, face.box, 0.0, 0.0, 1.0, face.score) for face in faces]
        for f, faces in located
    ]
    return compare(truth, samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("portraits", type=Path, help="folder of photographs, one person each")
    parser.add_argument("--times", type=int, default=TIMES, help="how often each scene is seen")
    parser.add_argument("--only", default="", help="the scenes in whose title this is")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    detector, model = open_detector(), ValenceModel.open(device="cpu")
    persons = people(sorted(given.portraits.glob("*.jpg")), detector, model)
    if len(persons) < 3:
        parser.error("three portraits are needed at least; choose another folder")
    told = []
    for scene in SCENES:
        if given.only not in scene.title:
            continue
        verdicts = [
            watch(
                scene,
                [persons[(3 * turn + k) % len(persons)] for k in range(len(scene.parts))],
                turn,
                detector,
            )
            for turn in track(range(given.times), scene.title, console=Console(stderr=True), transient=True)
        ]
        told.append(
            {
                "scene": scene.title,
                "recall": 1 - sum(v.missed for v in verdicts) / sum(v.of for v in verdicts),
                "worst": 1 - max(v.missed / v.of for v in verdicts),
                "people": sum(v.people for v in verdicts),
                "ids": sum(v.ids for v in verdicts),
                "wrong": sum(v.wrong for v in verdicts),
            }
        )
    if given.json:
        print(json.dumps(told, indent=1))
        return
    table = Table(title=f"Crossings, {given.times} viewings each")
    for name in ("scene", "recall", "worst", "people", "ids", "wrong"):
        table.add_column(name, justify="left" if name == "scene" else "right")
    for row in told:
        shares = (f"{100 * float(str(row[name])):.1f} %" for name in ("recall", "worst"))
        table.add_row(str(row["scene"]), *shares, *(str(row[name]) for name in ("people", "ids", "wrong")))
    Console().print(table)


if __name__ == "__main__":
    main()
