"""The valence model: aligned crops in, valence out, as its manifest says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from inference.alignment import Aligner, Crop, Image
from inference.device import cuda_is_offered, open_session, running_on
from inference.landmarks import LandmarkModel
from inference.manifest import DEFAULT, Manifest, ManifestError, load
from inference.outputs import Readings

log = logging.getLogger(__name__)

BATCHES = (1, 2, 4, 8, 16)
"""Sizes that a GPU meets: it searches its fastest kernels anew for every other, so smaller batches
are padded up to one of these there. The last is the largest batch on any device."""


class ValenceModel:
    """An ONNX valence model with its alignment. Safe to share between threads."""

    def __init__(self, manifest: Manifest, device: str = "auto", threads: int = 1) -> None:
        self.requested_device = device
        self.for_cpu = manifest
        """The manifest as it is for a CPU, whatever runs here."""
        self._session, self.manifest = _opened(manifest, device, threads)
        manifest = self.manifest
        inputs = [i.name for i in self._session.get_inputs()]
        outputs = [o.name for o in self._session.get_outputs()]
        if manifest.input.name not in inputs:
            raise ManifestError(f"{manifest.path.name} has inputs {inputs}, not {manifest.input.name!r}")
        self._wanted = manifest.output.names
        for name in self._wanted:
            if name not in outputs:
                raise ManifestError(f"{manifest.path.name} has outputs {outputs}, not {name!r}")
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

    @property
    def remark(self) -> str:
        """What to know of how it runs; empty where all is as it should be."""
        return self.manifest.lacks(self.device)

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
            return Readings.joined([])
        faces = self._prepare(pictures)
        parts = [self._run(faces[i : i + BATCHES[-1]]) for i in range(0, len(faces), BATCHES[-1])]
        raw = {name: np.concatenate([part[name] for part in parts]) for name in self._wanted}
        return self.manifest.output.read(raw)

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

    def _run(self, faces: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        """Each output (n, columns) for one batch; on a GPU padded up to a size that it has met."""
        n = len(faces)
        if self.device == "cuda":
            size = next(b for b in BATCHES if b >= n)
            faces = np.concatenate([faces, np.repeat(faces[:1], size - n, axis=0)])
        results = self._session.run(self._wanted, {self.manifest.input.name: faces})
        return {
            name: np.asarray(result, np.float32).reshape(len(faces), -1)[:n]
            for name, result in zip(self._wanted, results, strict=True)
        }


def _opened(manifest: Manifest, device: str, threads: int) -> tuple[ort.InferenceSession, Manifest]:
    """A session on `device` with the file that is meant for it, and the manifest of that."""
    if device != "cpu" and cuda_is_offered():
        on_gpu = manifest.on("cuda")
        session = open_session(on_gpu.path, device, threads)
        if on_gpu is manifest or running_on(session) == "cuda":
            if missing := on_gpu.lacks(running_on(session)):
                log.warning("%s%s.", missing[0].upper(), missing[1:])
            return session, on_gpu
        device = "cpu"
    return open_session(manifest.path, device, threads), manifest
