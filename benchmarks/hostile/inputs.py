"""All inputs in one folder, in batches with good files among them; the same seed makes the same files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.hostile import good as good_files
from benchmarks.hostile.bombs import bombs
from benchmarks.hostile.made import Expected, Made
from benchmarks.hostile.mutations import mutated
from benchmarks.hostile.odd import hostile_names, no_files, polyglots
from benchmarks.hostile.pointers import PLAYLISTS, pointers

BATCH = 50
"""Damaged files in a batch."""


@dataclass(frozen=True)
class Batch:
    """A folder and what was made in it."""

    folder: Path
    inputs: tuple[Made, ...]


@dataclass(frozen=True)
class Canaries:
    """What nobody may read: a video with another face, a text, a named pipe, and a server's address."""

    video: Path
    text: Path
    fifo: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/canary.mp4"


def make(folder: Path, canaries: Canaries, count: int, seed: int) -> Iterator[Batch]:
    """Makes batch after batch below `folder`: `count` damaged files, then those that were made by hand."""
    random = Random(seed)
    workshop = folder / "workshop"
    workshop.mkdir(parents=True)
    good = good_files.files(workshop)
    damaged = list(mutated(good, count, random))
    for number, start in enumerate(range(0, count, BATCH)):
        yield _batch(folder / f"damaged_{number:03d}", "damaged", damaged[start : start + BATCH], good)
    yield _batch(folder / "bombs", "bombs", bombs(good), good)
    found = pointers(good, canaries.video, canaries.text, canaries.fifo, canaries.url)
    batch = _batch(folder / "pointers", "pointers", found, good, Expected.REFUSED)
    for number in range(3):
        for suffix in ("png", "jpg"):
            (batch.folder / f"sequence{number:03d}.{suffix}").write_bytes(good[suffix])
    yield batch
    batch = _batch(folder / "odd", "odd", polyglots(good), good)
    yield Batch(batch.folder, (*batch.inputs, *no_files(batch.folder, good)))
    names = folder / "names"
    names.mkdir()
    yield Batch(names, tuple(hostile_names(names, good, canaries.port)))


def _batch(
    folder: Path,
    group: str,
    files: Iterator[tuple[str, bytes]] | list[tuple[str, bytes]],
    good: dict[str, bytes],
    expected: Expected = Expected.EITHER,
) -> Batch:
    """The files, and two good ones that come first and last by their names."""
    folder.mkdir()
    made = []
    for name, data in files:
        (folder / name).write_bytes(data)
        own = name.rsplit(".", 1)[-1] in PLAYLISTS.keys() - {"mov"} | {"sdp"}
        made.append(Made(Path(name), group, expected, named=own))
    for name, kind in (("00_good.mp4", "mp4"), ("zz_good.jpg", "jpg")):
        (folder / name).write_bytes(good[kind])
        made.append(Made(Path(name), "good", Expected.ANALYSED))
    return Batch(folder, tuple(made))
