"""Self-distillation: labels moved towards what an earlier network says of the same faces.

Ten votes are a noisy label. A trained network has seen thousands of similar faces, and a second
network that learns from labels and from it together ends up better than both (Furlanello et al.,
"Born-Again Neural Networks", 2018).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from training.datasets.faces import FaceSet
from training.errors import TrainingError
from training.fitting.batches import normalised
from training.networks.families import FaceNetwork


def soften(
    faces: FaceSet, teacher: FaceNetwork, share: float, device: torch.device, batch: int = 256
) -> FaceSet:
    """`faces` with labels that are to `share` (0..1) the `teacher`'s, averaged over both mirror images.

    Faces without votes keep having none.

    Raises:
        TrainingError: `share` is out of range.
    """
    if not 0 <= share <= 1:
        raise TrainingError(f"the teacher's share must lie between 0 and 1, it is {share}")
    teacher.eval()
    valence = np.zeros_like(faces.valence)
    votes = np.zeros_like(faces.votes)
    with torch.no_grad():
        for start in range(0, len(faces), batch):
            rows = slice(start, start + batch)
            crops = faces.crops[rows]
            for view in (crops, crops[:, :, ::-1].copy()):
                said = teacher(normalised(torch.from_numpy(view), device))
                valence[rows] += said.valence.float().cpu().numpy() / 2
                votes[rows] += said.emotions.float().softmax(dim=1).cpu().numpy() / 2
    return replace(
        faces,
        valence=(1 - share) * faces.valence + share * valence,
        votes=(1 - share) * faces.votes + share * votes,
    )
