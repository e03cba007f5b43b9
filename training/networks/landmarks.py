"""Training of the landmark network (`inference.landmarks`), from the points of a teacher.

The teacher is YuNet (Wu, Peng & Yu 2023), whose weights the user supplies: it marks five points in
every picture, and a network a hundredth of its cost learns them on views that are shifted, scaled,
rolled, blurred, lit from a side and partly covered. What ships was trained so on FER+'s training
split; see the model card.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from inference import LandmarkModel
from inference.alignment import square
from training.shipping import onnxfile

Gray = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

SIDE, CONTEXT = LandmarkModel.side, LandmarkModel.context
_MIRRORED = (1, 0, 2, 4, 3)
_TEACHER_SIDE = 192
_SURE, _AGREED = 0.6, 0.15


@dataclass(frozen=True)
class Marked:
    """n pictures with one face each, its box and its points."""

    pictures: list[Gray]
    boxes: Floats
    """(n, 4): left, top, right, bottom."""
    points: Floats
    """(n, 5, 2)."""

    def __len__(self) -> int:
        return len(self.pictures)


def mark(pictures: list[Gray], boxes: Floats, teacher: Path) -> Marked:
    """The pictures in which YuNet, with the weights at `teacher`, is sure of a face at the box."""
    detector = cv2.FaceDetectorYN.create(str(teacher), "", (_TEACHER_SIDE, _TEACHER_SIDE), 0.3, 0.3, 50)
    kept: list[int] = []
    points: list[Floats] = []
    for row, (picture, box) in enumerate(zip(pictures, boxes, strict=True)):
        border = max(picture.shape) // 2
        wide = cv2.copyMakeBorder(picture, border, border, border, border, cv2.BORDER_REPLICATE)
        scale = _TEACHER_SIDE / max(wide.shape)
        view = cv2.resize(wide, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        detector.setInputSize(view.shape[1::-1])
        _, faces = detector.detect(cv2.cvtColor(view, cv2.COLOR_GRAY2BGR))
        centre = (box[:2] + box[2:]) / 2
        for face in [] if faces is None else sorted(faces, key=lambda f: -f[14]):
            middle = (face[:2] + face[2:4] / 2) / scale - border
            if (
                face[14] > _SURE
                and np.hypot(*(middle - centre)) < _AGREED * np.sqrt(face[2] * face[3]) / scale
            ):
                kept.append(row)
                points.append(face[4:14].reshape(5, 2).astype(np.float64) / scale - border)
                break
    return Marked([pictures[i] for i in kept], boxes[kept], np.array(points).reshape(-1, 5, 2))


def view(
    picture: Gray, box: Floats, points: Floats, rng: np.random.Generator | None
) -> tuple[Gray, npt.NDArray[np.float32]]:
    """What the network sees of a face, and its points (10,) as fractions of that; `rng`: changed."""
    side = float(np.sqrt(np.prod(box[2:] - box[:2])))
    centre = (box[:2] + box[2:]) / 2
    angle, mirror = 0.0, False
    if rng is not None:
        angle, mirror = float(np.deg2rad(np.clip(rng.normal(0, 15), -40, 40))), bool(rng.random() < 0.5)
        side *= float(np.exp(rng.normal(0, 0.10)))
        centre = centre + rng.normal(0, 0.06, 2) * side
    matrix = square(centre[0], centre[1], side * CONTEXT, SIDE)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix[:, :2] = np.diag([-1.0 if mirror else 1.0, 1.0]) @ turn @ matrix[:, :2]
    matrix[:, 2] = SIDE / 2 - matrix[:, :2] @ centre
    warp = matrix.copy()
    warp[:, 2] += warp[:, :2] @ np.array([0.5, 0.5]) - 0.5
    border = cv2.BORDER_REPLICATE if rng is None or rng.random() < 0.6 else cv2.BORDER_CONSTANT
    warped = cv2.warpAffine(picture, warp, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=border)
    seen = np.asarray(warped, np.uint8)
    placed = points @ matrix[:, :2].T + matrix[:, 2]
    if mirror:
        placed = placed[list(_MIRRORED)]
    if rng is not None:
        seen = _disturbed(seen, rng)
    return seen, (placed / SIDE).astype(np.float32).ravel()


def _disturbed(seen: Gray, rng: np.random.Generator) -> Gray:
    """Blur or few pixels, light from a side, contrast, something in front, noise."""
    face: npt.NDArray[np.floating] = seen.astype(np.float32)
    kind = rng.random()
    if kind < 0.25:
        face = np.asarray(cv2.GaussianBlur(face, (0, 0), float(rng.uniform(0.5, 2))))
    elif kind < 0.35:
        few = int(rng.integers(14, 30))
        coarse = cv2.resize(face, (few, few), interpolation=cv2.INTER_AREA)
        face = np.asarray(cv2.resize(coarse, (SIDE, SIDE)))
    if rng.random() < 0.3:
        ramp = 1 + np.linspace(-1, 1, SIDE, dtype=np.float32) * float(rng.uniform(-0.6, 0.6))
        face = face * (ramp[None] if rng.random() < 0.7 else ramp[:, None])
    face = (face - 128) * float(rng.uniform(0.6, 1.3)) + 128 + float(rng.normal(0, 25))
    if rng.random() < 0.25:
        (w, h), (x, y) = rng.integers(8, 34, 2), rng.integers(0, SIDE - 8, 2)
        face[y : y + h, x : x + w] = float(rng.uniform(0, 255))
    if rng.random() < 0.3:
        face = face + rng.normal(0, float(rng.uniform(2, 12)), face.shape)
    return np.clip(face, 0, 255).astype(np.uint8)


def network() -> nn.Sequential:
    """0.27 M parameters: grey (n, 1, SIDE, SIDE) in -0.5..0.5 to (n, 10) fractions of the side."""

    def layer(inputs: int, outputs: int, stride: int) -> nn.Sequential:
        convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())

    return nn.Sequential(
        layer(1, 16, 2),
        layer(16, 32, 2),
        layer(32, 32, 1),
        layer(32, 64, 2),
        layer(64, 64, 1),
        layer(64, 96, 2),
        nn.Flatten(),
        nn.Linear(96 * (SIDE // 16) ** 2, 96),
        nn.ReLU(),
        nn.Linear(96, 10),
    )


def error(predicted: Floats, true: Floats) -> Floats:
    """(n,) mean distance of the points (n, 5, 2) over the distance of the eyes."""
    eyes = np.hypot(*(true[:, 1] - true[:, 0]).T)
    distances: Floats = np.hypot(*(predicted - true).transpose(2, 0, 1)).mean(axis=1)
    return np.asarray(distances / eyes, np.float64)


def fit(faces: Marked, epochs: int = 35, batch: int = 128, seed: int = 0) -> nn.Sequential:
    """The network, trained on `faces`."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = network()
    steps = max(1, len(faces) // batch)
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, epochs * steps, pct_start=0.1)
    for epoch in range(epochs):
        net.train()
        order = rng.permutation(len(faces))
        total = 0.0
        for step in range(steps):
            rows = order[step * batch : (step + 1) * batch]
            views, points = zip(*(view(*_face(faces, i), rng) for i in rows), strict=True)
            predicted = net(_tensor(list(views)))
            value = functional.smooth_l1_loss(predicted * SIDE, torch.from_numpy(np.stack(points)) * SIDE)
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += value.item()
        print(f"epoch {epoch + 1}/{epochs}  loss {total / steps:.3f}", flush=True)
    return net.eval()


def assess(net: nn.Module, faces: Marked, *, disturbed: bool, seed: int = 1) -> Floats:
    """(n,) `error` of the network on `faces`, on plain or on changed views."""
    rng = np.random.default_rng(seed) if disturbed else None
    views, points = zip(*(view(*_face(faces, i), rng) for i in range(len(faces))), strict=True)
    with torch.no_grad():
        predicted = net(_tensor(list(views))).numpy().astype(np.float64)
    return error(predicted.reshape(-1, 5, 2), np.stack(points).astype(np.float64).reshape(-1, 5, 2))


def export(net: nn.Module, path: Path) -> None:
    """Writes the ONNX file that `inference.LandmarkModel` reads."""
    onnxfile.export(net, path, (1, SIDE, SIDE), "x", ("points",))


def _face(faces: Marked, row: int) -> tuple[Gray, Floats, Floats]:
    return faces.pictures[row], faces.boxes[row], faces.points[row]


def _tensor(views: list[Gray]) -> Tensor:
    return torch.from_numpy(np.stack(views))[:, None].float() / 255 - 0.5
