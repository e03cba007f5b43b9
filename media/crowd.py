"""Cut-out faces that move over a picture, and a clip of any number of them for benchmarks.

    python media/crowd.py FACES OUT.mp4 [--seconds 20]

Needs only the two portraits beside this file.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

HERE = Path(__file__).parent
FPS = 30


@dataclass(frozen=True)
class Portrait:
    """A picture of one person and where libfacedetection puts the face in it."""

    file: str
    box: tuple[int, int, int, int]
    """Left, top, width, height in pixels of the file.

    The median of what libfacedetection itself gives, in whole pixels, for the picture scaled to faces 110
    to 170 pixels high, as in the clips; at the file's own size its box differs by a few per cent.
    """


ASTRONAUT = Portrait("one_face.jpg", (178, 64, 91, 110))
HOPPER = Portrait("neutral_face.jpg", (173, 115, 180, 213))


@dataclass(frozen=True)
class Cutout:
    """A person without a background, ready to be placed."""

    bgra: npt.NDArray[np.float32]
    """(H, W, 4), 0..255, colours already multiplied by the mask."""
    face: tuple[float, float, float, float]
    """Centre x, centre y, width and height of the face box in the cut-out."""


@dataclass(frozen=True)
class Pose:
    """Where a cut-out's face is in one frame."""

    x: float
    y: float
    """Centre of the face box, in pixels."""
    scale: float = 1.0
    roll: float = 0.0
    """Degrees, anticlockwise."""

    def box(self, cutout: Cutout) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the face. Upright: the detector's boxes do not roll."""
        half_width, half_height = (side * self.scale / 2 for side in cutout.face[2:])
        return self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height


def read(path: Path) -> Image:
    """(H, W, 3), BGR. Raises FileNotFoundError where there is no readable picture."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f"{path} is missing or not a picture")
    return np.asarray(image, np.uint8)


def cut(image: Image, mask: npt.NDArray[np.float32], portrait: Portrait, face_height: float) -> Cutout:
    """Takes what `mask` (H, W, 0..1) keeps of a portrait, at a size where the face is `face_height` high."""
    left, top, width, height = portrait.box
    factor = face_height / height
    bgra = np.dstack([image.astype(np.float32) * mask[..., None], mask * 255])
    shrink = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    bgra = np.clip(cv2.resize(bgra, None, fx=factor, fy=factor, interpolation=shrink), 0, 255)
    centre = ((left + width / 2) * factor, (top + height / 2) * factor)
    return Cutout(bgra.astype(np.float32), (*centre, width * factor, height * factor))


def place(canvas: Image, cutout: Cutout, pose: Pose) -> npt.NDArray[np.float32]:
    """Paints the cut-out into `canvas` and returns what it covers, (H, W), 0..1."""
    matrix = cv2.getRotationMatrix2D(cutout.face[:2], pose.roll, pose.scale)
    matrix[:, 2] += np.subtract((pose.x, pose.y), cutout.face[:2])
    height, width = cutout.bgra.shape[:2]
    corners = matrix @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
    limits = np.array([[canvas.shape[1]], [canvas.shape[0]]])
    bounds = np.clip([np.floor(corners.min(axis=1)), np.ceil(corners.max(axis=1))], 0, limits.T).astype(int)
    (left, top), (right, bottom) = bounds.tolist()
    cover = np.zeros(canvas.shape[:2], np.float32)
    if left < right and top < bottom:
        matrix[:, 2] -= (left, top)
        size = (right - left, bottom - top)
        paint = cv2.warpAffine(cutout.bgra, matrix, size, flags=cv2.INTER_LINEAR)
        area = np.s_[top:bottom, left:right]
        cover[area] = paint[..., 3] / 255
        behind = canvas[area] * (1 - cover[area][..., None])
        canvas[area] = np.clip(paint[..., :3] + behind + 0.5, 0, 255).astype(np.uint8)
    return cover


def encode(path: Path, frames: Iterable[Image], crf: int = 20) -> None:
    """Writes BGR frames of one even size as H.264 at `FPS`, playable in a browser while it loads."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"crf": str(crf), "preset": "medium"}
        for number, image in enumerate(frames):
            if number == 0:
                stream.height, stream.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _head(portrait: Portrait, face_height: float) -> Cutout:
    """The head in a soft ellipse a little larger than the face box."""
    image = read(HERE / portrait.file)
    left, top, width, height = portrait.box
    centre = (left + width / 2, top + height * 0.42)
    y, x = np.ogrid[: image.shape[0], : image.shape[1]]
    distance = np.hypot((x - centre[0]) / (0.80 * width), (y - centre[1]) / (0.88 * height))
    mask = np.clip((1 - distance) / 0.12, 0, 1).astype(np.float32)
    whole = cut(image, mask, portrait, face_height)
    shown = whole.bgra[..., 3] > 0
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    bgra = whole.bgra[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Cutout(bgra, (whole.face[0] - columns[0], whole.face[1] - rows[0], *whole.face[2:]))


def _variant(head: Cutout, number: int) -> Cutout:
    """Every second pair is mirrored, and every pair is lit a little differently."""
    bgra = head.bgra.copy()
    light = 1.0 - 0.05 * (number // 2 % 4)
    bgra[..., :3] *= light
    x, y, width, height = head.face
    if number // 2 % 2:
        bgra = np.ascontiguousarray(bgra[:, ::-1])
        x = bgra.shape[1] - x
    return Cutout(bgra, (x, y, width, height))


def _grid(faces: int, width: int, height: int) -> Sequence[tuple[float, float, float, float]]:
    """Cells (centre x, centre y, width, height) with as many columns as rows, or one more."""
    columns = math.ceil(math.sqrt(faces))
    rows = math.ceil(faces / columns)
    cell = (width / columns, height / rows)
    return [((i % columns + 0.5) * cell[0], (i // columns + 0.5) * cell[1], *cell) for i in range(faces)]


def compose_crowd(
    path: Path, faces: int, seconds: float = 20.0, size: tuple[int, int] = (640, 480)
) -> list[list[tuple[float, float, float, float]]]:
    """Writes a clip of `faces` heads (two people in turn) that sway without touching each other.

    At 640x480 and up to 16 faces every face box is at least 62 pixels high.
    Returns the true boxes (left, top, right, bottom), by frame and face.
    """
    width, height = size
    cells = _grid(faces, width, height)
    face_height = min(cells[0][3] * 0.56, cells[0][2] * 0.62, height * 0.45)
    heads = [_head(portrait, face_height) for portrait in (ASTRONAUT, HOPPER)]
    cutouts = [_variant(heads[i % 2], i) for i in range(faces)]
    shade = np.linspace(150, 95, height)[:, None, None] * np.array([1.0, 0.93, 0.84])
    background = np.broadcast_to(shade, (height, width, 3)).astype(np.uint8)

    def poses(time: float) -> list[Pose]:
        return [
            Pose(
                x + cell_width * 0.07 * math.sin(0.9 * time + 1.7 * i),
                y + cell_height * (0.04 + 0.04 * math.sin(1.3 * time + 2.3 * i)),
                1.03 + 0.03 * math.sin(0.7 * time + i),
                5 * math.sin(0.8 * time + 1.1 * i),
            )
            for i, (x, y, cell_width, cell_height) in enumerate(cells)
        ]

    timeline = [poses(number / FPS) for number in range(round(seconds * FPS))]

    def frames() -> Iterable[Image]:
        for instant in timeline:
            canvas = background.copy()
            for cutout, pose in zip(cutouts, instant, strict=True):
                place(canvas, cutout, pose)
            yield canvas

    encode(path, frames())
    return [[pose.box(c) for pose, c in zip(instant, cutouts, strict=True)] for instant in timeline]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compose a clip of moving faces for benchmarks.")
    parser.add_argument("faces", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    compose_crowd(options.path, options.faces, options.seconds)


if __name__ == "__main__":
    main()
