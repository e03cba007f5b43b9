"""Makes the sample pictures and the sample clip of this folder from two public-domain portraits.

    pip install scikit-image matplotlib
    python media/compose.py

The story of the clip: two people sway, change places (the astronaut passes in front), a board
slides over the face of the second for about a second, and both look on to the end.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from crowd import ASTRONAUT, FPS, HERE, HOPPER, Cutout, Image, Portrait, Pose, cut, encode, place, read

WIDTH, HEIGHT, SECONDS = 640, 480, 12
HIDDEN = 0.5
"""A face of which a larger share than this is covered or outside the frame is not visible."""

# Drawn by hand around the figures, in pixels of the portraits.
ASTRONAUT_OUTLINE = [
    (0, 511), (10, 330), (35, 260), (75, 215), (112, 180), (138, 150), (165, 140), (140, 85), (170, 20),
    (235, 2), (295, 30), (312, 95), (280, 142), (257, 150), (257, 172), (282, 178), (312, 210),
    (318, 245), (352, 275), (368, 340), (511, 345), (511, 511),
]  # fmt: skip
HOPPER_OUTLINE = [
    (0, 599), (15, 430), (60, 375), (185, 325), (140, 200), (135, 110), (168, 70), (190, 15), (255, 8),
    (340, 20), (368, 80), (385, 110), (385, 215), (355, 312), (395, 345), (490, 385), (511, 450),
    (511, 599),
]  # fmt: skip


def fetch_portraits() -> None:
    """Takes the two portraits out of the installed packages.

    Raises SystemExit with what to install where a package is missing.
    """
    for package, inside, target in [
        ("skimage", "data/astronaut.png", "one_face.jpg"),
        ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "neutral_face.jpg"),
    ]:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{package} is not installed: pip install scikit-image matplotlib")
        portrait = read(Path(spec.origin).parent / inside)
        cv2.imwrite(str(HERE / target), portrait, [cv2.IMWRITE_JPEG_QUALITY, 95])


def landscape(width: int, height: int) -> Image:
    """A lake between hills in the evening, (height, width, 3)."""
    rng = np.random.default_rng(7)
    y = np.linspace(0, 1, height)[:, None]
    x = np.linspace(0, 1, width)[None, :]
    heights, colours = [0, 0.35, 0.6], [(168, 190, 176), (120, 178, 208), (74, 150, 236)]
    sky = [np.interp(y[:, 0], heights, channel) for channel in colours]
    image = np.repeat(np.stack(sky, axis=-1)[:, None, :], width, axis=1)
    glow = np.exp(-(((x - 0.68) / 0.20) ** 2 + ((y - 0.47) / 0.16) ** 2))[..., None]
    image += glow * (np.array([170, 225, 255]) - image) * 0.8

    for depth, (base, height_of, colour) in enumerate(
        [(0.50, 0.10, (165, 140, 150)), (0.57, 0.09, (125, 104, 96)), (0.63, 0.07, (84, 74, 58))]
    ):
        waves = [0.55**k * np.sin(2 * math.pi * (x[0] * 1.3 * 1.9**k + rng.random())) for k in range(6)]
        ridge = base - height_of / 2 * np.sum(waves, axis=0)
        edge = np.clip((y - ridge[None, :]) * height / 1.5, 0, 1)[..., None]
        haze = np.clip((y - ridge[None, :]) / (0.30 - 0.06 * depth), 0, 1)[..., None]
        image += edge * (np.array(colour) * (1 - haze) + np.array([150, 150, 165]) * haze - image)

    shore = int(0.66 * height)
    mirrored = image[shore - 1 :: -1][: height - shore]
    water = cv2.GaussianBlur(mirrored, (0, 0), sigmaX=width / 160, sigmaY=height / 60)
    noise = rng.normal(0, 1, (height - shore, width))
    ripples = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigmaX=width / 40, sigmaY=0.9))
    image[shore:] = water * np.array([0.86, 0.80, 0.72]) + ripples[..., None] * 60
    return np.clip(image, 0, 255).astype(np.uint8)


def person_mask(image: Image, outline: list[tuple[int, int]]) -> npt.NDArray[np.float32]:
    """Finds the person in a portrait, given a rough outline (x, y) a little outside of the figure."""
    rough = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(rough, [np.array(outline, np.int32)], 1)
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (45, 45))
    labels = np.where(rough, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    padded = cv2.copyMakeBorder(rough, 0, 60, 0, 0, cv2.BORDER_REPLICATE)
    labels[cv2.erode(padded, reach)[: image.shape[0]] > 0] = cv2.GC_FGD
    cv2.setRNGSeed(1)
    cv2.grabCut(image, labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    figure = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(figure)
    figure = (parts == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).astype(np.uint8)
    figure = cv2.morphologyEx(figure, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    soft = cv2.GaussianBlur(figure.astype(np.float32), (0, 0), 2.2)
    return np.asarray(np.clip((soft - 0.45) / 0.5, 0, 1), np.float32)


@dataclass(frozen=True)
class Person:
    """One actor of the clip."""

    name: str
    cutout: Cutout
    mouth: tuple[float, float, float]
    """Centre x, centre y and width in the cut-out."""

    def smiling(self, amount: float) -> Cutout:
        """The cut-out with the mouth's corners pulled up (amount > 0) or down, -1..1."""
        x0, y0, width = self.mouth
        height, whole_width = self.cutout.bgra.shape[:2]
        y, x = np.mgrid[:height, :whole_width].astype(np.float32)
        lift = np.zeros_like(x)
        for side in (-0.5, 0.5):
            spread = ((x - x0 - side * width) / (0.30 * width)) ** 2 + ((y - y0) / (0.34 * width)) ** 2
            lift += np.exp(-spread)
        middle = np.exp(-(((x - x0) / (0.34 * width)) ** 2 + ((y - y0) / (0.30 * width)) ** 2))
        shift = amount * width * (0.17 * lift - 0.07 * middle)
        bgra = cv2.remap(self.cutout.bgra, x, y + shift.astype(np.float32), cv2.INTER_LINEAR)
        return Cutout(np.asarray(bgra, np.float32), self.cutout.face)


def actor(
    name: str,
    portrait: Portrait,
    outline: list[tuple[int, int]],
    mouth: tuple[float, float, float],
    face_height: float,
) -> Person:
    """Cuts a person out; the clothes go on below the picture, so that a rolled figure has no lower edge."""
    image = read(HERE / portrait.file)
    mask = person_mask(image, outline)
    image, mask = np.pad(image, ((0, 160), (0, 0), (0, 0)), "edge"), np.pad(mask, ((0, 160), (0, 0)), "edge")
    factor = face_height / portrait.box[3]
    x, y, width = (value * factor for value in mouth)
    return Person(name, cut(image, mask, portrait, face_height), (x, y, width))


def ease(time: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, smooth between."""
    share = min(1.0, max(0.0, (time - start) / (end - start)))
    return share * share * (3 - 2 * share)


def astronaut_at(time: float) -> Pose:
    crossing = ease(time, 2.8, 5.8)
    return Pose(
        x=455 - 265 * crossing + 14 * math.sin(1.1 * time),
        y=205 + 14 * math.sin(math.pi * crossing) + 6 * math.sin(1.7 * time),
        scale=1 + 0.07 * math.sin(math.pi * crossing) + 0.03 * math.sin(0.8 * time),
        roll=5 * math.sin(0.9 * time + 0.5),
    )


def hopper_at(time: float) -> Pose:
    crossing = ease(time, 2.8, 5.8)
    return Pose(
        x=185 + 270 * crossing + 12 * math.sin(0.9 * time + 2),
        y=218 - 12 * math.sin(math.pi * crossing) + 5 * math.sin(1.3 * time + 1),
        scale=1 - 0.05 * math.sin(math.pi * crossing) + 0.03 * math.sin(0.7 * time + 1),
        roll=5 * math.sin(0.8 * time + 2.2),
    )


def astronaut_smile(time: float) -> float:
    return 0.35 - 1.1 * ease(time, 0.8, 2.2) + 1.1 * ease(time, 5.2, 6.4) - 0.9 * ease(time, 8.2, 9.4)


def hopper_smile(time: float) -> float:
    return 1.0 * ease(time, 0.6, 2.0) - 1.7 * ease(time, 5.8, 7.2) + 1.7 * ease(time, 9.6, 10.8)


def board_left(time: float) -> float:
    """The left edge of the board, in pixels; it comes from the right and goes back."""
    return WIDTH + 20 - 300 * (ease(time, 7.4, 8.2) - ease(time, 8.8, 9.6))


def paint_board(canvas: Image, left: float) -> npt.NDArray[np.float32]:
    """Paints an opaque wooden board from `left` on and returns what it covers, (H, W), 0..1."""
    columns = np.arange(WIDTH) - left
    cover = np.broadcast_to(np.clip(columns, 0, 1), (HEIGHT, WIDTH)).astype(np.float32)
    grain = 8 * np.sin(columns / 9.0) + 5 * np.sin(columns / 3.1 + 1)
    rim = 40 * np.exp(-columns.clip(0) / 5)
    wood = np.array([74, 112, 150]) + (grain + rim)[None, :, None] + np.zeros((HEIGHT, 1, 1))
    canvas[:] = np.clip(canvas * (1 - cover[..., None]) + wood * cover[..., None], 0, 255).astype(np.uint8)
    return cover


def hidden_share(box: tuple[float, float, float, float], cover: npt.NDArray[np.float32]) -> float:
    """How much of the box is covered or outside the frame, 0..1."""
    left, top, right, bottom = (round(edge) for edge in box)
    inside = cover[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    return 1 - float((1 - inside).sum()) / ((right - left) * (bottom - top))


def clip(astronaut: Person, hopper: Person, truth: list[dict[str, Any]]) -> Iterator[Image]:
    """Yields the frames of the clip and appends what is true in each to `truth`."""
    background = np.asarray(cv2.GaussianBlur(landscape(WIDTH, HEIGHT), (0, 0), 5), np.uint8)
    for number in range(SECONDS * FPS):
        time = number / FPS
        canvas = background.copy()
        front, behind = astronaut_at(time), hopper_at(time)
        place(canvas, hopper.smiling(hopper_smile(time)), behind)
        in_front = place(canvas, astronaut.smiling(astronaut_smile(time)), front)
        board = paint_board(canvas, board_left(time))
        faces = []
        for person, pose, cover in [
            (astronaut, front, board),
            (hopper, behind, np.maximum(board, in_front)),
        ]:
            box = pose.box(person.cutout)
            hidden = hidden_share(box, cover)
            faces.append(
                {
                    "person": person.name,
                    "box": [round(edge, 2) for edge in box],
                    "visible": hidden <= HIDDEN,
                    "overlap": round(hidden, 3),
                }
            )
        truth.append({"frame": number, "time_s": round(time, 6), "faces": faces})
        yield canvas


def main() -> None:
    fetch_portraits()
    cv2.imwrite(str(HERE / "no_face.jpg"), landscape(960, 640), [cv2.IMWRITE_JPEG_QUALITY, 92])
    astronaut = actor("astronaut", ASTRONAUT, ASTRONAUT_OUTLINE, (224, 144, 40), 145)
    hopper = actor("hopper", HOPPER, HOPPER_OUTLINE, (265, 275, 92), 155)
    truth: list[dict[str, Any]] = []
    encode(HERE / "sample.mp4", clip(astronaut, hopper, truth))
    heading = json.dumps({"width": WIDTH, "height": HEIGHT, "fps": FPS})[:-1]
    rows = ",\n".join(json.dumps(row) for row in truth)
    (HERE / "sample_truth.json").write_text(f'{heading}, "frames": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
