"""The valence model: aligned crops in, valence out, as its manifest says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.alignment import Aligner, Crop, Image
from inference.device import open_session, running_on
from inference.landmarks import LandmarkModel
from inference.manifest import DEFAULT, Manifest, ManifestError, load

BATCHES = (1, 2, 4, 8, 16)
"""Sizes that a GPU meets: it searches its fastest kernels anew for every other, so smaller batches
are padded up to one of these there. The last is the largest batch on any device."""


@dataclass(frozen=True)
class Readings:
    """What the model says of n crops."""

    valence: npt.NDArray[np.float32]
    """(n,), in [-1, 1]."""
    spread: npt.NDArray[np.float32] | None
    """(n,), the error that the model expects of its own valence (a standard deviation); None
    where the model does not say."""

    def __len__(self) -> int:
        return len(self.valence)

    def __getitem__(self, part: slice) -> Readings:
        return Readings(self.valence[part], None if self.spread is None else self.spread[part])


class ValenceModel:
    """An ONNX valence model with its alignment. Safe to share between threads."""

    def __init__(self, manifest: Manifest, device: str = "auto", threads: int = 1) -> None:
        self.manifest = manifest
        self.requested_device = device
        self._session = open_session(manifest.path, device, threads)
        inputs = [i.name for i in self._session.get_inputs()]
        outputs = [o.name for o in self._session.get_outputs()]
        if manifest.input.name not in inputs:
            raise ManifestError(f"{manifest.path.name} has inputs {inputs}, not {manifest.input.name!r}")
        wanted = [n for n in (manifest.output.valence, manifest.output.spread) if n is not None]
        for name in wanted:
            if name not in outputs:
                raise ManifestError(f"{manifest.path.name} has outputs {outputs}, not {name!r}")
        self._wanted = wanted
        landmarks = LandmarkModel(manifest.landmarks, threads=threads) if manifest.landmarks else None
        self.aligner = Aligner(manifest.alignment, manifest.input.side, landmarks)
        self._mean = np.array(manifest.input.mean, np.float32)
        self._scale = np.array(manifest.input.scale, np.float32)

    @classmethod
    def open(cls, path: Path = DEFAULT, device: str = "auto", threads: int = 1) -> ValenceModel:
        """The model whose manifest is at `path`.

        Raises:
            ManifestError: the manifest or its files cannot be used.
            DeviceError: the device that was asked for cannot run it.
        """
        return cls(load(path), device, threads)

    @property
    def device(self) -> str:
        """Where it really runs: ``cuda`` or ``cpu``."""
        return running_on(self._session)

    def warm_up(self) -> None:
        """Runs every batch size once, so that the first frames do not wait for it."""
        side = self.manifest.input.side
        blank = np.zeros((side, side, 3), np.uint8)
        for size in BATCHES if self.device == "cuda" else BATCHES[:1]:
            self.read_pixels([blank] * size)

    def align(
        self, image: Image, boxes: Sequence[Sequence[float]], rolls: Sequence[float] | None = None
    ) -> list[Crop]:
        """One crop for each of `boxes` (left, top, right, bottom) in the BGR `image`.

        `rolls` are the degrees by which the faces are turned, clockwise as seen, as far as is known.
        """
        return self.aligner.align(image, boxes, rolls)

    def read(self, crops: Sequence[Crop]) -> Readings:
        """Valence of aligned crops, any number of them, from any frames."""
        return self.read_pixels([crop.pixels for crop in crops])

    def read_pixels(self, pictures: Sequence[Image]) -> Readings:
        """Valence of aligned BGR pictures (side, side, 3)."""
        if not pictures:
            return Readings(np.zeros(0, np.float32), np.zeros(0, np.float32))
        faces = self._prepare(pictures)
        parts = [self._run(faces[i : i + BATCHES[-1]]) for i in range(0, len(faces), BATCHES[-1])]
        valence = np.concatenate([p[0] for p in parts])
        spread = np.concatenate([p[1] for p in parts]) if len(self._wanted) == 2 else None
        output = self.manifest.output
        low, high = output.range
        valence = (valence - low) / (high - low) * 2 - 1
        valence = np.clip(output.slope * valence + output.intercept, -1, 1)
        return Readings(
            valence.astype(np.float32),
            None if spread is None else np.exp(np.clip(spread, -6, 2)).astype(np.float32),
        )

    def _prepare(self, pictures: Sequence[Image]) -> npt.NDArray[np.float32]:
        color = self.manifest.input.color
        if color == "gray":
            stack = np.stack([cv2.cvtColor(p, cv2.COLOR_BGR2GRAY)[..., None] for p in pictures])
        elif color == "rgb":
            stack = np.stack([p[..., ::-1] for p in pictures])
        else:
            stack = np.stack(pictures)
        faces = (stack.astype(np.float32) - self._mean) * self._scale
        if self.manifest.input.layout == "nchw":
            faces = np.ascontiguousarray(faces.transpose(0, 3, 1, 2))
        return faces

    def _run(self, faces: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Outputs (n,) for one batch; on a GPU padded up to a size that it has met."""
        n = len(faces)
        if self.device == "cuda":
            size = next(b for b in BATCHES if b >= n)
            faces = np.concatenate([faces, np.repeat(faces[:1], size - n, axis=0)])
        results = self._session.run(self._wanted, {self.manifest.input.name: faces})
        valence = results[0].reshape(len(faces), -1)[:n]
        column = self.manifest.output.index or 0
        return [valence[:, column], *(r.reshape(len(faces), -1)[:n, 0] for r in results[1:])]
