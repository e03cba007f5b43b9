"""Self-distillation: labels moved towards what an earlier network says of the same faces.

Ten votes are a noisy label. A trained network has seen thousands of similar faces, and a second
network that learns from labels and from it together ends up better than both (Furlanello et al.,
"Born-Again Neural Networks", 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import torch

from training.datasets.faces import FaceSet
from training.errors import TrainingError
from training.fitting.batches import normalised
from training.networks.families import FaceNetwork

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Opinion:
    """What a teacher says of n faces, averaged over both mirror images."""

    valence: Floats
    """(n,)."""
    shares: Floats
    """(n, 8), of the emotions."""
    logits: Floats
    """(n, 8), of the emotions."""


def opinion(
    teacher: FaceNetwork, crops: npt.NDArray[np.uint8], device: torch.device, batch: int = 256
) -> Opinion:
    """What `teacher` says of grey `crops` (n, side, side), in half precision: it is an opinion."""
    teacher = cast(FaceNetwork, teacher.to(device, memory_format=torch.channels_last)).eval()  # type: ignore[call-overload]
    size = len(crops)
    told = Opinion(
        np.zeros(size, np.float32), np.zeros((size, 8), np.float32), np.zeros((size, 8), np.float32)
    )
    with torch.no_grad():
        for start in range(0, size, batch):
            rows = slice(start, start + batch)
            for view in (crops[rows], crops[rows, :, ::-1].copy()):
                with torch.autocast(device.type, torch.bfloat16):
                    said = teacher(normalised(torch.from_numpy(view), device))
                logits = said.emotions.float()
                told.valence[rows] += said.valence.float().cpu().numpy() / 2
                told.shares[rows] += logits.softmax(dim=1).cpu().numpy() / 2
                told.logits[rows] += logits.cpu().numpy() / 2
    return told


def soften(faces: FaceSet, told: Opinion, share: float) -> FaceSet:
    """`faces` with labels that are to `share` (0..1) the teacher's.

    Faces without votes keep having none.

    Raises:
        TrainingError: `share` is out of range.
    """
    if not 0 <= share <= 1:
        raise TrainingError(f"the teacher's share must lie between 0 and 1, it is {share}")
    return replace(
        faces,
        valence=(1 - share) * faces.valence + share * told.valence,
        votes=(1 - share) * faces.votes + share * told.shares,
    )
