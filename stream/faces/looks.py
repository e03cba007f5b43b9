"""What a face looks like, coarsely: enough to tell the people in one recording apart."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from stream.frames import Box

Image = npt.NDArray[np.uint8]
Looks = npt.NDArray[np.float32]


def looks_of(image: Image, box: Box) -> Looks:
    """What a face looks like, as a vector of unit length: a coarse colour picture of the head.

    Brightness is centred, so that a shadow is not another person.
    """
    height, width = image.shape[:2]
    grow = 0.15
    x0 = int(np.clip(box.left - grow * box.width, 0, width - 2))
    y0 = int(np.clip(box.top - grow * box.height, 0, height - 2))
    x1 = int(np.clip(box.right + grow * box.width, x0 + 2, width))
    y1 = int(np.clip(box.bottom + grow * box.height, y0 + 2, height))
    small = cv2.resize(image[y0:y1, x0:x1], (12, 16), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).astype(np.float32)
    lab[..., 0] -= lab[..., 0].mean()
    lab[..., 1:] = 2 * (lab[..., 1:] - 128)
    vector = lab.ravel()
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


def likeness(a: Looks, b: Looks) -> float:
    """Cosine similarity of two looks, -1..1."""
    return float(a @ b)
