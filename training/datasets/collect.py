"""From labelled pictures to aligned faces, once; then from the cache.

The crops are made by `inference.alignment`, the code that serves. The cache is one file for each
pair of data and alignment, written whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference import Aligner, Alignment, LandmarkModel
from training.datasets.examples import DataSet, Example
from training.datasets.faces import WIDE, FaceSet, Locate
from training.datasets.files import write_whole
from training.datasets.pictures import Image, gray
from training.datasets.splits import Splits
from training.errors import TrainingError

VERSION = 2
"""Of the cached faces: raise it when they would come out differently."""

Track = Callable[[Iterable[Example]], Iterable[Example]]
"""Passes examples through, showing progress."""

# A film frame may show several people: only the surroundings of the labelled face are searched,
# so many times the size of the box around its points.
_SEARCH = 3.0


@dataclass(frozen=True)
class Cropping:
    """How faces are cut out for training: what the exported manifest will ask of serving."""

    alignment: Alignment
    side: int
    """Of the crop, in pixels."""
    landmarks: Path | None
    """The landmark model, for alignment by landmarks."""

    def aligner(self) -> Aligner:
        """Raises TrainingError where the landmark model is missing."""
        if self.landmarks is not None and not self.landmarks.is_file():
            raise TrainingError(f"the landmark model {self.landmarks} is missing")
        return Aligner(self.alignment, self.side, LandmarkModel(self.landmarks) if self.landmarks else None)

    def fingerprint(self) -> dict[str, Any]:
        """All that decides how a crop comes out."""
        digest = hashlib.sha256(self.landmarks.read_bytes()).hexdigest() if self.landmarks else ""
        return {"alignment": asdict(self.alignment), "side": self.side, "wide": WIDE, "landmarks": digest}


@dataclass(frozen=True)
class Collected:
    """The faces of a data set."""

    title: str
    faces: FaceSet
    clips: npt.NDArray[np.str_]
    """(n,), what is assigned to a split as a whole."""
    boxes: npt.NDArray[np.float32]
    """(n, 4), where the detector saw the face in its picture."""
    notes: tuple[str, ...]
    """What was left out, in sentences with the numbers in them."""
    official: Splits | None

    def subjects(self) -> dict[str, str]:
        """The person of each clip."""
        return dict(zip(self.clips.tolist(), self.faces.subjects.tolist(), strict=True))

    def rows(self, clips: Iterable[str]) -> npt.NDArray[np.intp]:
        """The faces of `clips`."""
        return np.flatnonzero(np.isin(self.clips, list(clips)))


def collect(data: DataSet, cropping: Cropping, locate: Locate, cache: Path, track: Track = iter) -> Collected:
    """Every face of `data`, aligned; read from the folder `cache` where it is there already.

    Raises:
        TrainingError: no face was found at all, or the cache cannot be written.
    """
    key = {"version": VERSION, "data": data.fingerprint, "locate": _name(locate), **cropping.fingerprint()}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    path = cache / f"{_plain(data.title)}-{digest}.npz"
    if not path.is_file():
        arrays = _align_all(data, cropping.aligner(), locate, track)

        def save(part: Path) -> None:
            np.savez(part, allow_pickle=False, **arrays)

        write_whole(path, save)
    return _load(path, data)


def _align_all(data: DataSet, aligner: Aligner, locate: Locate, track: Track) -> dict[str, npt.NDArray[Any]]:
    kept: list[Example] = []
    crops, wide, boxes = [], [], []
    unreadable: list[str] = []
    faceless: list[Example] = []
    for example in track(data.examples):
        picture = example.read()
        if picture is None:
            unreadable.append(example.name)
            continue
        box = find(picture, example, locate)
        if box is None:
            faceless.append(example)
            continue
        kept.append(example)
        boxes.append(box)
        crops.append(gray(aligner.align(picture, [box])[0].pixels))
        wide.append(gray(aligner.wide(picture, box, WIDE)))
    if not kept:
        raise TrainingError(
            f"no face was found in any of the {len(data.examples)} pictures of {data.title} "
            f"({len(unreadable)} cannot be read)"
        )
    notes = []
    if unreadable:
        notes.append(f"{len(unreadable)} pictures were left out: {unreadable[0]}, … cannot be read.")
    if faceless:
        notes.append(_faceless(faceless, data.examples))
    unknown = np.full(8, np.nan, np.float32)
    return {
        "names": np.array([e.name for e in kept]),
        "clips": np.array([e.clip for e in kept]),
        "subjects": np.array([e.subject for e in kept]),
        "valence": np.array([e.valence for e in kept], np.float32),
        "votes": np.stack([unknown if e.shares is None else e.shares for e in kept]),
        "crops": np.stack(crops),
        "wide": np.stack(wide),
        "boxes": np.array(boxes, np.float32),
        "notes": np.array(notes, dtype=np.str_),
    }


def _faceless(missed: list[Example], all_of_them: tuple[Example, ...]) -> str:
    text = f"No face was found in {len(missed)} of {len(all_of_them)} pictures"
    total = Counter(e.clip for e in all_of_them)
    empty = [c for c, n in sorted(Counter(e.clip for e in missed).items()) if n == total[c] and n > 1]
    if empty:
        text += f"; clips without any face: {', '.join(empty[:10])}" + (" …" if len(empty) > 10 else "")
    return text + "."


def find(picture: Image, example: Example, locate: Locate) -> tuple[float, ...] | None:
    """The box of the labelled face in `picture`, or None."""
    if example.near is None:
        box = locate(picture)
        return None if box is None else tuple(float(v) for v in box)
    height, width = picture.shape[:2]
    left, top, right, bottom = example.near
    half = _SEARCH / 2 * max(right - left, bottom - top, 8.0)
    cx, cy = (left + right) / 2, (top + bottom) / 2
    x0, x1 = (int(np.clip(v, 0, width)) for v in (cx - half, cx + half))
    y0, y1 = (int(np.clip(v, 0, height)) for v in (cy - half, cy + half))
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    box = locate(np.ascontiguousarray(picture[y0:y1, x0:x1]))
    if box is None:
        return None
    found = (box[0] + x0, box[1] + y0, box[2] + x0, box[3] + y0)
    # Somebody else's face, if the labelled one's centre is not in it.
    inside = found[0] <= cx <= found[2] and found[1] <= cy <= found[3]
    return tuple(float(v) for v in found) if inside else None


def _load(path: Path, data: DataSet) -> Collected:
    try:
        with np.load(path) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError) as error:
        raise TrainingError(f"the cached faces {path} cannot be read ({error}); delete the file") from error
    parts = [held[n] for n in ("names", "crops", "wide", "valence", "votes", "subjects")]
    known = {e.name: e.arousal for e in data.examples if e.arousal is not None}
    parts.append(np.array([known.get(n, np.nan) for n in held["names"].tolist()], np.float32))
    faces = FaceSet(*parts)
    notes = (*data.notes, *held["notes"].tolist())
    return Collected(data.title, faces, held["clips"], held["boxes"], notes, data.official)


def _name(locate: Locate) -> str:
    return f"{getattr(locate, '__module__', '')}.{getattr(locate, '__qualname__', type(locate).__qualname__)}"


def _plain(title: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in title.lower())
