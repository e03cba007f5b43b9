"""How a stored picture is turned or mirrored to be seen as it was taken: one of eight ways.

They are counted as in EXIF (CIPA DC-008, tag 274): 1 as it is, 2 mirrored, 3 turned by half, 4 upside down
and mirrored, 5 transposed, 6 turned right by a quarter, 7 transposed along the other diagonal, 8 turned left
by a quarter.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

AS_IT_IS = 1
# What each does to a point, x right and y down: x' = a x + c y, y' = b x + d y; (a, b, c, d).
_MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def of_matrix(matrix: Sequence[float]) -> int:
    """The orientation nearest to a display matrix, nine numbers row by row (ISO/IEC 14496-12, 6.2.2)."""
    a, b, _, c, d = matrix[:5]
    given = (a, b, c, d)
    fits = {way: sum(x * y for x, y in zip(given, known, strict=True)) for way, known in _MATRICES.items()}
    return max(fits, key=lambda way: fits[way])


def turned(image: Image, orientation: int) -> Image:
    """The picture (H, W, 3) as it is seen; from 5 on its sides change places. Unknown numbers count as 1."""
    if orientation == 2:
        return np.asarray(cv2.flip(image, 1), np.uint8)
    if orientation == 3:
        return np.asarray(cv2.flip(image, -1), np.uint8)
    if orientation == 4:
        return np.asarray(cv2.flip(image, 0), np.uint8)
    if orientation == 5:
        return np.asarray(cv2.transpose(image), np.uint8)
    if orientation == 6:
        return np.asarray(cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE), np.uint8)
    if orientation == 7:
        return np.asarray(cv2.flip(cv2.transpose(image), -1), np.uint8)
    if orientation == 8:
        return np.asarray(cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE), np.uint8)
    return image


def turned_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height as seen."""
    return (height, width) if 5 <= orientation <= 8 else (width, height)
