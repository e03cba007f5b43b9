"""AFEW-VA (Kossaifi et al. 2017): 600 film clips, valence and arousal on every frame.

As its authors distribute it: ``01.zip`` … ``12.zip`` with clip folders ``001`` … ``600`` (in some
copies one level down, ``01/001``), each with frames ``00000.png`` … and one JSON file::

    {"actor": …, "video_id": …, "frames": {"00000": {"valence": -10..10, "arousal": …, "landmarks": …}}}

Pictures are read straight from the zips and never unpacked onto the disk: each is decoded once, when
its face is aligned and cached. Folders ``01`` … ``12`` that are unpacked already do as well.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.datasets.examples import DataSet, Example
from training.datasets.pictures import Image, decode
from training.errors import TrainingError

PARTS = tuple(f"{i:02d}" for i in range(1, 13))
RANGE = 10
"""Valence and arousal are whole numbers from -RANGE to RANGE."""
_MEMBER = re.compile(r"(?:^|/)(?P<clip>\d{3})/(?P<file>[^/.][^/]*\.(?:png|json))$", re.IGNORECASE)


@dataclass
class _Clip:
    """What one clip folder holds."""

    name: str
    part: _Part
    labels: str | None = None
    frames: dict[str, str] | None = None


@dataclass(frozen=True)
class _Part:
    """One of the twelve, zipped or unpacked."""

    path: Path
    members: tuple[tuple[str, str], ...]
    """Name and fingerprint of every file."""
    read: Callable[[str], bytes]


def read(folder: Path) -> DataSet:
    """Every labelled frame below `folder`.

    Raises:
        TrainingError: a zip is missing or damaged, a clip is there twice or has no usable labels.
    """
    parts = [_open(folder, name) for name in PARTS]
    clips: dict[str, _Clip] = {}
    for part in parts:
        for clip in _clips(part):
            if clip.name in clips:
                raise TrainingError(
                    f"clip {clip.name} is in {clips[clip.name].part.path} and again in {part.path}; keep one"
                )
            clips[clip.name] = clip
    if not clips:
        raise TrainingError(f"there are no clip folders (001, 002, …) in the zips of {folder}")
    missing = 0
    extra = 0
    examples: list[Example] = []
    for name in sorted(clips):
        found, lacking, unlabelled = _examples(clips[name])
        examples += found
        missing += lacking
        extra += unlabelled
    people = len({e.subject for e in examples})
    notes = [f"{len(examples)} labelled frames in {len(clips)} clips of {people} people."]
    if missing:
        notes.append(f"{missing} labelled frames have no picture and were left out.")
    if extra:
        notes.append(f"{extra} pictures have no label and were left out.")
    digest = hashlib.sha256(repr([p.members for p in parts]).encode()).hexdigest()
    return DataSet(
        "AFEW-VA",
        tuple(examples),
        digest,
        tuple(notes),
        target="valence of every frame by expert annotators, -10..10, divided by 10",
        arousal="arousal of every frame by expert annotators, -10..10, divided by 10",
        licence="for research, from its authors on request; not to be passed on",
    )


def _open(folder: Path, name: str) -> _Part:
    path, unpacked = folder / f"{name}.zip", folder / name
    if path.is_file():
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise TrainingError(f"{path} is not a readable zip ({error}); copy it again") from error

        def read_member(member: str) -> bytes:
            try:
                return archive.read(member)
            except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
                raise TrainingError(f"{path} is damaged at {member} ({error}); copy it again") from error

        infos = [(i.filename, f"{i.CRC:08x} {i.file_size}") for i in archive.infolist() if not i.is_dir()]
        return _Part(path, tuple(infos), read_member)
    if unpacked.is_dir():
        files = sorted(f for f in unpacked.rglob("*") if f.is_file())
        stats = [(f.relative_to(unpacked).as_posix(), f.stat()) for f in files]
        members = tuple((n, f"{s.st_size} {s.st_mtime_ns}") for n, s in stats)
        return _Part(unpacked, members, lambda member: (unpacked / member).read_bytes())
    raise TrainingError(f"{path} is missing; AFEW-VA's twelve files, 01.zip … 12.zip, go into {folder}")


def _clips(part: _Part) -> Iterator[_Clip]:
    clips: dict[str, _Clip] = {}
    homes: dict[str, str] = {}
    for member, _ in part.members:
        match = _MEMBER.search(member)
        if match is None or "__MACOSX" in member:
            continue
        name, file = match["clip"], match["file"]
        home = member[: -len(file)]
        if homes.setdefault(name, home) != home:
            raise TrainingError(f"clip {name} is twice in {part.path}, as {homes[name]} and {home}; keep one")
        clip = clips.setdefault(name, _Clip(name, part, frames={}))
        if file.lower().endswith(".json"):
            if clip.labels is not None:
                raise TrainingError(f"clip {name} in {part.path} has two JSON files; keep one")
            clip.labels = member
        elif clip.frames is not None:
            clip.frames[Path(file).stem] = member
    yield from clips.values()


def _examples(clip: _Clip) -> tuple[list[Example], int, int]:
    """The clip's labelled pictures; how many labels have no picture, how many pictures no label."""
    where = f"clip {clip.name} in {clip.part.path}"
    if clip.labels is None:
        raise TrainingError(f"{where} has no JSON file with its labels")
    try:
        values = json.loads(clip.part.read(clip.labels))
    except (ValueError, UnicodeDecodeError) as error:
        raise TrainingError(f"{where}: {clip.labels} is not JSON ({error})") from error
    labels = values.get("frames") if isinstance(values, dict) else None
    if not isinstance(labels, dict) or not labels:
        raise TrainingError(f"{where}: {clip.labels} has no frames")
    subject = str(values.get("actor") or "").strip()
    frames = clip.frames or {}
    examples: list[Example] = []
    missing = 0
    for frame, label in sorted(labels.items()):
        valence = _number(label, "valence", f"{where}, frame {frame}")
        member = frames.get(frame)
        if member is None:
            missing += 1
            continue
        examples.append(
            Example(
                name=f"{clip.name}/{frame}",
                clip=clip.name,
                subject=subject,
                valence=valence,
                arousal=_number(label, "arousal", f"{where}, frame {frame}") if "arousal" in label else None,
                read=_reader(clip.part, member),
                near=_surroundings(label.get("landmarks")),
            )
        )
    return examples, missing, len(set(frames) - set(labels))


def _number(label: Any, name: str, where: str) -> float:
    value = label.get(name) if isinstance(label, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TrainingError(f"{where} has no {name}")
    if not -RANGE <= value <= RANGE:
        raise TrainingError(f"{where}: {name} {value} is outside -{RANGE}..{RANGE}")
    return value / RANGE


def _reader(part: _Part, member: str) -> Callable[[], Image | None]:
    def picture() -> Image | None:
        return decode(part.read(member))

    return picture


def _surroundings(landmarks: Any) -> tuple[float, float, float, float] | None:
    """The labelled face's box, from the 68 points that come with the frame."""
    try:
        points = np.asarray(landmarks, np.float64)
    except (TypeError, ValueError):
        return None
    if points.ndim != 2 or points.shape[0] < 3 or points.shape[1] != 2 or not np.isfinite(points).all():
        return None
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
