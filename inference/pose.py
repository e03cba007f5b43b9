"""How a head is turned, from the five points of its face.

The points are taken for those of a rigid face under weak perspective (turned, scaled, moved, seen from far
away): the affine map that takes the face to them best, and the rotation that is nearest to it (POS; DeMenthon
& Davis, "Model-based object pose in 25 lines of code", IJCV 15, 1995, with the nearest rotation by singular
values). With points that are off by 3 % of the distance of the eyes, roll is off by 1 to 2 degrees, yaw and
pitch by 2 to 3; fitting the angles themselves gained a tenth and took eight times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Left eye, right eye, nose, left and right mouth corner, in distances of the eyes: across and down as our
# landmark network sees those of FER+ who look straight ahead (median of the validation split), ahead as in
# MediaPipe's canonical face model (Kartynnik et al. 2019).
_FACE = np.array(
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.586, 0.52], [-0.42, 1.015, -0.05], [0.42, 1.015, -0.05]]
)
_CENTRED = _FACE - _FACE.mean(axis=0)
AFFINE = np.linalg.pinv(_CENTRED)
"""(3, 5): takes five points, less their mean, to the map of the face that fits them best."""


class Pose(NamedTuple):
    """Degrees. All zero for an upright face that looks at the camera."""

    roll: float
    """-180..180; clockwise as seen."""
    yaw: float
    """-90..90; positive where the face looks to the right of the picture (before it is rolled)."""
    pitch: float
    """-90..90; positive where it looks up."""


def poses(points: Floats) -> list[Pose]:
    """One pose for each of `points` (n, 5, 2): left eye, right eye, nose, left and right mouth corner (left
    and right of the picture where the face is upright), x to the right and y down, in any unit."""
    seen = np.asarray(points, np.float64).reshape(-1, 5, 2)
    maps = (AFFINE @ (seen - seen.mean(axis=1, keepdims=True))).transpose(0, 2, 1)
    left, _, right = np.linalg.svd(maps, full_matrices=False)
    # The first two rows of the rotation `_rotation`, of which the third is the cross product.
    (a, b, c), (d, e, f) = (left @ right).transpose(1, 2, 0)
    yaw = np.arcsin(np.clip(c * e - b * f, -1.0, 1.0))
    turns = np.stack([np.arctan2(d, a), yaw, np.arctan2(c * d - a * f, a * e - b * d)], axis=1)
    return [Pose(*turn) for turn in np.rad2deg(turns).tolist()]


def project(turns: Sequence[Pose]) -> Floats:
    """(n, 5, 2): the points of the rigid face, so turned, around their mean, in distances of the eyes."""
    return np.stack([(_CENTRED @ _rotation(np.deg2rad(turn)).T)[:, :2] for turn in turns])


def _rotation(angles: Floats) -> Floats:
    """(3, 3): first the nod, then the turn, then the roll; axes x right, y down, z towards the camera."""
    (sr, sy, sp), (cr, cy, cp) = np.sin(angles), np.cos(angles)
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(roll @ turn @ nod)
