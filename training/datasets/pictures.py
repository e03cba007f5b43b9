"""Pictures in and out of bytes; OpenCV's results with their type."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def decode(data: bytes) -> Image | None:
    """The BGR picture (H, W, 3) in `data`, or None where it is not a readable one."""
    if not data:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # e.g. more pixels than OpenCV takes
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def read_color(path: Path) -> Image | None:
    """The BGR picture (H, W, 3) at `path`, or None where there is no readable one."""
    try:
        return decode(path.read_bytes()) if path.is_file() else None
    except OSError:
        return None


def read_gray(path: Path) -> Image | None:
    """The grey picture (H, W) at `path`, or None where there is no readable one."""
    picture = read_color(path)
    return None if picture is None else gray(picture)


def gray(picture: Image) -> Image:
    """(H, W) from BGR (H, W, 3), by the weights that `inference.model` uses too."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def color(picture: Image) -> Image:
    """BGR (H, W, 3) from grey (H, W)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
