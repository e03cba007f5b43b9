"""Faces moved as a held camera and its landmarks move them from frame to frame, and changed by its noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_SHIFT, _ZOOM, _ROLL, _LIGHT, _NOISE = 0.012, 0.012, 0.02, 0.05, 0.02
"""Standard deviations: shares of the side, natural logarithm, radians, share of the contrast, brightness."""


def shaken(faces: Tensor) -> Tensor:
    """`faces` (n, 1, side, side) in [-1, 1], each moved by about a pixel; from torch's own random numbers."""
    n, device = len(faces), faces.device

    def normal(deviation: float, *shape: int) -> Tensor:
        return deviation * torch.randn(n, *shape, device=device)

    zoom, roll = normal(_ZOOM).exp(), normal(_ROLL)
    # Affine grids are in half sides.
    shift = 2 * normal(_SHIFT, 2)
    cos, sin = zoom * roll.cos(), zoom * roll.sin()
    rows = torch.stack([cos, -sin, shift[:, 0], sin, cos, shift[:, 1]], dim=1).view(n, 2, 3)
    grid = functional.affine_grid(rows, list(faces.shape), align_corners=False)
    moved = functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    contrast = normal(_LIGHT).exp().view(n, 1, 1, 1)
    return moved * contrast + normal(_NOISE, *faces.shape[1:])
