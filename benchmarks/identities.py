"""Whether every person keeps one id, and no id two people: across cuts, absences and changes of place.

    python -m benchmarks.identities PORTRAITS          # a folder of photographs, one person each

Recordings are made of the photographs (they sway a little), analysed by the file pipeline, and judged: an id
belongs to the person whose face it covers most often. Shown are people, ids, samples under somebody else's
id, and the frames of a face that have no sample.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from inference import ValenceModel
from media.crowd import FPS, encode
from stream.faces.analyzer import Analyzer, find_in_still
from stream.faces.detection import open_detector
from stream.frames import Box, Frame, Sample, iou
from stream.pipelines.files import run
from stream.sources.files import VideoFile

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Photograph:
    """One person."""

    name: str
    picture: Image
    """BGR, square."""
    face: Box


@dataclass(frozen=True)
class Shown:
    """A photograph in a frame: the square of `side` pixels whose corner is at (x, y) shows its middle,
    enlarged by `zoom`."""

    who: Photograph
    x: int
    y: int
    side: int
    zoom: float = 1.0

    def draw(self, canvas: Image, number: int) -> Box:
        """Paints it as it sways in frame `number`; the face's box there."""
        middle = self.who.picture.shape[0] / 2
        phase = number + 7 * len(self.who.name) + self.x + self.y
        scale = self.side / (2 * middle) * self.zoom * (1 + 0.02 * math.sin(phase / 14))
        matrix = cv2.getRotationMatrix2D((middle, middle), 2 * math.sin(phase / 9), scale)
        matrix[:, 2] += self.side / 2 - middle + 0.008 * self.side * np.array([math.sin(phase / 7), 0])
        view = cv2.warpAffine(
            self.who.picture, matrix, (self.side, self.side), borderMode=cv2.BORDER_REPLICATE
        )
        canvas[self.y : self.y + self.side, self.x : self.x + self.side] = view
        face = self.who.face
        x, y = matrix @ np.array([*face.centre, 1.0]) + (self.x, self.y)
        half = math.sqrt(face.area) * scale / 2
        return Box(x - half, y - half, x + half, y + half)


@dataclass(frozen=True)
class Scene:
    """A recording: what each frame shows."""

    title: str
    size: tuple[int, int]
    """Width and height."""
    frames: Sequence[Sequence[Shown]]
    backgrounds: Sequence[int] = (90,)
    """Grey behind the photographs, in turn with every change of what is shown."""


@dataclass(frozen=True)
class Verdict:
    people: int
    ids: int
    mixed: int
    """Ids under which two people were met, for more than a frame each."""
    split: int
    """People who were met under two ids, for more than a frame each."""
    wrong: int
    """Samples under an id that is mostly somebody else's."""
    missed: int
    """Faces in frames that have no sample."""
    of: int
    """Faces in frames."""


def photographs(folder: Path) -> list[Photograph]:
    """Those in `folder`, by name."""
    found = [photograph(path) for path in sorted(folder.glob("*.jpg"))]
    return [who for who in found if who is not None]


def photograph(path: Path) -> Photograph | None:
    """The person in a photograph; None where nobody is found."""
    picture = cv2.imread(str(path))
    side = min(picture.shape[:2])
    picture = np.asarray(cv2.resize(picture[:side, :side], (600, 600), interpolation=cv2.INTER_AREA))
    faces = find_in_still(open_detector(), picture)
    return Photograph(path.stem, picture, max(faces, key=lambda d: d.box.area).box) if faces else None


def scenes(people: Sequence[Photograph]) -> list[Scene]:
    """All that is tried."""
    first, second = people[0], people[1]
    rng = np.random.default_rng(0)
    cuts = [[Shown(who, 0, 0, 500)] for who in people for _ in range(FPS)]
    jumps = []
    for i in range(20):
        side = int(rng.integers(260, 460))
        x, y = rng.integers(0, 640 - side), rng.integers(0, 480 - side)
        zoom = float(rng.uniform(1.0, 1.4))
        jumps += [[Shown(people[i // 20], int(x), int(y), side, zoom)]] * FPS
    left, right = Shown(first, 20, 100, 280), Shown(second, 340, 100, 280)
    changed = [Shown(second, 20, 100, 280), Shown(first, 340, 100, 280)]
    swap = [[left, right]] * (2 * FPS) + [changed] * (2 * FPS)
    away = [[left, right]] * (2 * FPS) + [[right]] * (12 * FPS) + [[left, right]] * (2 * FPS)
    moved = [
        *([[left]] * (2 * FPS)),
        *([[]] * (10 * FPS)),
        *([[Shown(first, 350, 180, 250)]] * (2 * FPS)),
    ]
    instead = [[left]] * (2 * FPS) + [[]] * FPS + [[Shown(second, 20, 100, 280)]] * (2 * FPS)
    slipped = [[left, right]] * FPS + [[Shown(people[2], 20, 100, 280), right]] * (2 * FPS)
    talk = [[Shown(people[(i // 45) % 4], 80, 40, 400)] for i in range(45 * 12)]
    return [
        Scene("one person after another, hard cuts", (500, 500), cuts),
        Scene("one person cut to themselves 20 times", (640, 480), jumps, (40, 200, 120)),
        Scene("two change places across a cut", (640, 480), swap),
        Scene("one of two is away for 12 s", (640, 480), away),
        Scene("back after 10 s, in another place", (640, 480), moved),
        Scene("a stranger in the same place after 1 s", (640, 480), instead),
        Scene("a stranger slips in beside somebody", (640, 480), slipped),
        Scene("four people in turn, 12 cuts", (640, 480), talk),
        _call(people),
    ]


def _call(people: Sequence[Photograph]) -> Scene:
    """A video call of 5 x 5 tiles whose order changes once. Missing people are mirrored and lit anew."""
    others = [
        Photograph(
            f"{p.name} mirrored",
            np.ascontiguousarray(
                np.clip(p.picture[:, ::-1].astype(np.float32) * 0.75 + 30, 0, 255), np.uint8
            ),
            Box(600 - p.face.right, p.face.top, 600 - p.face.left, p.face.bottom),
        )
        for p in people
    ]
    all_of_them = [*people, *others][:25]
    side, gap = 208, 8
    places = [(430 + (i % 5) * (side + gap), (i // 5) * (side + gap)) for i in range(25)]
    order = np.random.default_rng(5).permutation(len(all_of_them))
    before = [Shown(who, x, y, side) for who, (x, y) in zip(all_of_them, places, strict=False)]
    after = [Shown(all_of_them[k], x, y, side) for k, (x, y) in zip(order, places, strict=False)]
    return Scene("a video call of 25, reshuffled", (1920, 1080), [before] * (3 * FPS) + [after] * (3 * FPS))


Truth = list[list[tuple[str, Box]]]
"""Who is where, by frame."""


def drawn(scene: Scene, truth: Truth) -> Iterator[Image]:
    """The frames of a scene; who is where in them is added to `truth`."""
    width, height = scene.size
    change, before = -1, None
    for number, shown in enumerate(scene.frames):
        change, before = change + (shown is not before), shown
        grey = scene.backgrounds[change % len(scene.backgrounds)]
        canvas = np.full((height, width, 3), grey, np.uint8)
        truth.append([(s.who.name, s.draw(canvas, number)) for s in shown])
        yield canvas


def judge(scene: Scene, model: ValenceModel, folder: Path) -> Verdict:
    """Makes the recording in `folder`, analyses it and compares."""
    truth: Truth = []
    path = folder / "scene.mp4"
    encode(path, drawn(scene, truth))
    seen: list[list[Sample]] = []

    def sink(_frame: Frame, samples: list[Sample]) -> None:
        seen.append(samples)

    asyncio.run(run(VideoFile(path), Analyzer(open_detector()), model, sink))
    return compare(truth, seen)


def compare(truth: Sequence[Sequence[tuple[str, Box]]], seen: Sequence[Sequence[Sample]]) -> Verdict:
    """The verdict on samples `seen`, frame by frame."""
    met: dict[int, Counter[str]] = defaultdict(Counter)
    missed = 0
    for people, samples in zip(truth, seen, strict=True):
        for name, box in people:
            over = max(samples, key=lambda s: iou(s.box, box), default=None)
            if over is None or iou(over.box, box) < 0.3:
                missed += 1
            else:
                met[over.face_id][name] += 1
    owners = {face_id: names.most_common(1)[0][0] for face_id, names in met.items()}
    ids: dict[str, set[int]] = defaultdict(set)
    for face_id, names in met.items():
        for name, count in names.items():
            if count > 1:
                ids[name].add(face_id)
    return Verdict(
        people=len({name for people in truth for name, _ in people}),
        ids=len(met),
        mixed=sum(sum(count > 1 for count in names.values()) > 1 for names in met.values()),
        split=sum(len(of) > 1 for of in ids.values()),
        wrong=sum(count for i, names in met.items() for n, count in names.items() if n != owners[i]),
        missed=missed,
        of=sum(len(people) for people in truth),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("portraits", type=Path, help="folder of photographs (.jpg), one person each")
    people = photographs(parser.parse_args().portraits)
    table = Table(title="Identities")
    columns: list[tuple[str, Callable[[Verdict], str]]] = [
        ("people", lambda v: str(v.people)),
        ("ids", lambda v: str(v.ids)),
        ("ids of two", lambda v: str(v.mixed)),
        ("people in two", lambda v: str(v.split)),
        ("wrong", lambda v: str(v.wrong)),
        ("missed", lambda v: f"{v.missed} of {v.of}"),
    ]
    table.add_column("recording", no_wrap=True)
    for name, _ in columns:
        table.add_column(name, justify="right")
    model = ValenceModel.open(device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        for scene in scenes(people):
            verdict = judge(scene, model, Path(folder))
            table.add_row(scene.title, *(show(verdict) for _, show in columns))
    Console().print(table)


if __name__ == "__main__":
    main()
