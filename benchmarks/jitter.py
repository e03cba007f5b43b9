"""How much readings shake while an expression stays: stills as a hand-held webcam shows them.

    python -m benchmarks.jitter                     # the two portraits of media/
    python -m benchmarks.jitter PORTRAITS --json    # a folder of photographs, one person each

Each person becomes a clip at 640 x 480 and 30 frames a second with a face of 120 pixels. Every frame is
shifted, zoomed, turned, lit, given a sensor's noise and compressed anew (`SHAKE`), so that nothing but the
expression stays. The clips go through the analyser and the shipped network in memory, as the file pipeline
does it.

raw         standard deviation of one face's raw valence over its frames
smoothed    the same of its smoothed valence, without the first half second, in which the filter settles

Shown are the median over faces and the 90th percentile.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.posed import HEIGHT, WIDTH, Person, people
from inference import ValenceModel
from media.crowd import ASTRONAUT, FPS, HERE, HOPPER
from stream.faces.analyzer import Analyzer
from stream.faces.backdating import Waiting
from stream.faces.detection import Detector, open_detector
from stream.frames import Frame, Sample

Image = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]

SIDE = 120.0
"""Of the face's box in pixels (geometric mean of width and height)."""
FRAMES = 45
_SETTLED = 15
"""Frames after which the smoothed value has forgotten its first one."""


@dataclass(frozen=True)
class Shake:
    """What differs from frame to frame, each drawn anew: standard deviations, but for the compression."""

    shift: float = 2.0
    """Pixels, along each axis."""
    zoom: float = 0.015
    roll: float = 1.0
    """Degrees."""
    light: float = 0.05
    noise: float = 3.0
    """Levels, of a sensor's noise."""
    quality: tuple[int, int] = (50, 90)
    """Of JPEG, at least and at most."""


SHAKE = Shake()


@dataclass(frozen=True)
class Clip:
    """What was read of one person, frame by frame."""

    raw: Values
    """(n,) valence."""
    spread: Values
    """(n,), the error that the network expects of itself; 0 where it does not say."""
    smoothed: Values
    """(n,)."""


def shaken(person: Person, frames: int = FRAMES, shake: Shake = SHAKE) -> Iterator[Image]:
    """The person's picture as one frame after the other shows it, (HEIGHT, WIDTH, 3) BGR."""
    random = np.random.default_rng(person.number)
    scale = SIDE / float(np.sqrt(person.face.area))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(person.picture, None, fx=scale, fy=scale, interpolation=smooth)
    middle = np.multiply(person.face.centre, scale)
    noise = np.round(random.normal(0, shake.noise, (HEIGHT, WIDTH, 1))).astype(np.int8)
    for _ in range(frames):
        matrix = cv2.getRotationMatrix2D(
            middle.tolist(), shake.roll * random.normal(), float(np.exp(shake.zoom * random.normal()))
        )
        matrix[:, 2] += np.array([WIDTH, HEIGHT]) / 2 + random.normal(0, shake.shift, 2) - middle
        image = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        image = cv2.convertScaleAbs(image, alpha=float(np.exp(shake.light * random.normal())))
        # Random numbers are dear: one picture of them serves all frames, each time from another place.
        place = tuple(random.integers((HEIGHT, WIDTH)).tolist())
        grain = np.repeat(np.roll(noise, place, (0, 1)), 3, axis=2)
        image = cv2.add(image, grain, dtype=cv2.CV_8U)
        quality = int(random.integers(*shake.quality))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def watch(images: Iterator[Image], detector: Detector, model: ValenceModel) -> Clip:
    """What the product reads of the face in the middle of a clip; of frames without it, nothing."""
    analyzer, waiting = Analyzer(detector), Waiting()
    raw, spread, smoothed = [], [], []

    def read(frame: Frame, faces: Sequence) -> None:
        crops = model.align(frame.image, [face.box for face in faces], [face.roll for face in faces])
        readings = model.read(crops)
        samples = analyzer.finish(frame, faces, crops, readings)
        if samples:
            nearest = min(range(len(samples)), key=lambda i: _from_middle(samples[i]))
            raw.append(samples[nearest].valence)
            spread.append(0.0 if readings.spread is None else float(readings.spread[nearest]))
            smoothed.append(samples[nearest].smoothed)

    for index, image in enumerate(images):
        frame = Frame(image, index, index / FPS)
        waiting.add(frame, *analyzer.locate_all(frame))
        for decided in waiting.decided():
            read(*decided)
    for rest in waiting.rest():
        read(*rest)
    return Clip(np.array(raw), np.array(spread), np.array(smoothed))


def _from_middle(sample: Sample) -> float:
    x, y = sample.box.centre
    return float(np.hypot(x - WIDTH / 2, y - HEIGHT / 2))


def clips(folder: Path | None) -> list[Clip]:
    """The clips of all portraits in `folder`, by default of the two of media/."""
    paths = [HERE / portrait.file for portrait in (ASTRONAUT, HOPPER)]
    if folder is not None:
        paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    detector, model = open_detector(), ValenceModel.open(device="cpu")
    console, quiet = Console(stderr=True), not sys.stderr.isatty()
    persons = people(paths, detector, model)
    watched = track(persons, "Watching", console=console, disable=quiet, transient=True)
    return [watch(shaken(person), detector, model) for person in watched]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median and 90th percentile, rounded."""
    return {"median": round(float(np.median(values)), 4), "p90": round(float(np.percentile(values, 90)), 4)}


def figures(watched: Sequence[Clip]) -> dict[str, object]:
    """By the words of the table."""
    return {
        "faces": len(watched),
        "frames without the face": sum(FRAMES - len(clip.raw) for clip in watched),
        "raw": summary([float(clip.raw.std()) for clip in watched]),
        "smoothed": summary([float(clip.smoothed[_SETTLED:].std()) for clip in watched]),
    }


def asked(about: str | None, fewest: int) -> tuple[list[Clip], bool]:
    """The clips that the command line asks for, of at least so many readings, and whether it wants JSON."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("portraits", type=Path, nargs="?", help="folder of photographs, one person each")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    watched = [clip for clip in clips(given.portraits) if len(clip.raw) >= fewest]
    if not watched:
        parser.error("no portrait with a face; choose others")
    return watched, given.json


def main() -> None:
    """Prints the table."""
    watched, as_json = asked(__doc__, 2 * _SETTLED + 1)
    told = figures(watched)
    if as_json:
        print(json.dumps(told))
        return
    title = f"Standard deviation of valence, {told['faces']} faces"
    table = Table("", "median", "p90", title=title)
    for name in ("raw", "smoothed"):
        table.add_row(name, *(f"{value:.4f}" for value in told[name].values()))
    Console().print(table)
    print(f"Frames without the face: {told['frames without the face']}")


if __name__ == "__main__":
    main()
