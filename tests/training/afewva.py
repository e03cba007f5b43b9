"""A small data set of exactly AFEW-VA's shape: twelve zips, clips of frames, one JSON a clip.

Two people's real faces, smiling (valence 4..8) and neutral (-4..1), in different size, place,
lean and light; and what is wrong with data in the wild: stray files, a nested folder, a frame without
a picture, a picture without a label, one that cannot be decoded, a clip without a face.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tests import MEDIA

WIDTH, HEIGHT = 240, 200
FRAMES = 5
ACTORS = 14

NESTED = "03"
"""The zip whose clips lie one level down."""
NO_FACE, NO_PICTURE, NO_LABEL, BROKEN = "152", "201", "251", "301"
"""The clips with something wrong."""

Image = npt.NDArray[np.uint8]
# Centre and side of the head in the two photos, in pixels.
_HEADS = {"one_face.jpg": (225, 115, 150), "neutral_face.jpg": (265, 220, 210)}


@dataclass
class Clip:
    """What goes into one clip folder."""

    name: str
    labels: dict[str, Any]
    frames: dict[str, bytes] = field(default_factory=dict)


def write(folder: Path, clips: list[Clip]) -> Path:
    """The zips of `clips` in `folder`, fifty numbers to a zip as in the original."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(1, 13):
        prefix = f"{part:02d}/" if f"{part:02d}" == NESTED else ""
        with zipfile.ZipFile(folder / f"{part:02d}.zip", "w") as archive:
            for clip in clips:
                if (int(clip.name) - 1) // 50 + 1 != part:
                    continue
                home = f"{prefix}{clip.name}/"
                archive.writestr(f"{home}{clip.name}.json", json.dumps(clip.labels))
                for frame, data in clip.frames.items():
                    archive.writestr(f"{home}{frame}.png", data)
            archive.writestr(f"__MACOSX/{prefix}._{part:02d}", b"\0")
            archive.writestr(f"{prefix}Thumbs.db", b"\0\0")
            archive.writestr("readme.txt", "not a clip")
    return folder


def make(seed: int = 0) -> list[Clip]:
    """24 clips of 14 people."""
    rng = np.random.default_rng(seed)
    photos = {name: cv2.imread(str(MEDIA / name)) for name in (*_HEADS, "no_face.jpg")}
    clips = []
    for i in range(24):
        name = f"{i // 2 * 50 + i % 2 + 1:03d}"
        smiles = i % 4 in (0, 3)
        clip = Clip(name, {"actor": f"actor {i % ACTORS}", "video_id": f"film {i // 3}", "frames": {}})
        light = rng.uniform(0.6, 1.2)
        for number in range(FRAMES):
            frame = f"{number:05d}"
            valence = int(rng.integers(4, 9) if smiles else rng.integers(-4, 2))
            photo = "no_face.jpg" if name == NO_FACE else "one_face.jpg" if smiles else "neutral_face.jpg"
            picture, points = _frame(photos[photo], photo, light, rng)
            clip.frames[frame] = cv2.imencode(".png", picture)[1].tobytes()
            clip.labels["frames"][frame] = {
                "valence": valence,
                "arousal": 1 + valence // 2,
                "landmarks": points,
            }
        clips.append(clip)
    by_name = {clip.name: clip for clip in clips}
    del by_name[NO_PICTURE].frames["00002"]
    del by_name[NO_LABEL].labels["frames"]["00001"]
    by_name[BROKEN].frames["00000"] = b"\x89PNG\r\n\x1a\n broken"
    return clips


def _frame(
    photo: Image, name: str, light: float, rng: np.random.Generator
) -> tuple[Image, list[list[float]]]:
    """A frame with the photo's head somewhere in it, and 68 points around the face."""
    x, y, head = _HEADS.get(name, (photo.shape[1] / 2, photo.shape[0] / 2, 200))
    side = rng.uniform(95, 125)
    turn = cv2.getRotationMatrix2D((x, y), rng.normal(0, 6), side / head)
    centre = np.array([rng.uniform(100, WIDTH - 100), rng.uniform(85, HEIGHT - 85)])
    turn[:, 2] += centre - (x, y)
    picture = cv2.warpAffine(photo, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    picture = np.clip(picture * light + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    angles = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    around = centre + 0.35 * side * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return picture, around.round(2).tolist()
