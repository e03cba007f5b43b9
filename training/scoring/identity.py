"""How well descriptions of faces tell people apart: the equal-error rate, from pairs of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from training.datasets.pictures import Image

_BORDER = 1.2
"""Side of a view, in sides of the face, to each side of its centre."""


@dataclass(frozen=True)
class Telling:
    """Errors over all pairs of n descriptions."""

    equal_error: float
    """Share of wrong answers at the limit where as many pairs of one person as of two are taken wrongly."""
    limit: float
    """That distance."""
    same: tuple[float, float]
    """Distances of one person: median and 99th percentile."""
    others: tuple[float, float]
    """Distances of two people: 0.1st percentile and median."""


def telling(descriptions: npt.NDArray[np.float32], people: npt.NDArray[np.integer]) -> Telling:
    """The errors of `descriptions` (n, d) of `people` (n,)."""
    a, b = np.triu_indices(len(people), 1)
    distance = np.linalg.norm(descriptions[a] - descriptions[b], axis=1)
    same = np.sort(distance[people[a] == people[b]])
    others = np.sort(distance[people[a] != people[b]])
    limits = np.linspace(0, 2, 2001)
    missed = 1 - np.searchsorted(same, limits) / len(same)
    mistaken = np.searchsorted(others, limits) / len(others)
    at = int(np.argmin(np.abs(missed - mistaken)))
    low, middle = np.percentile(others, (0.1, 50))
    return Telling(
        float(missed[at] + mistaken[at]) / 2,
        float(limits[at]),
        (float(np.median(same)), float(np.percentile(same, 99))),
        (float(low), float(middle)),
    )


def changed(
    picture: Image, box: npt.NDArray[np.float64], sides: tuple[float, float], rng: np.random.Generator
) -> tuple[Image, npt.NDArray[np.float64]]:
    """Another view of the face in `box` of a BGR picture, and the face's box there.

    Rolled (10° in the standard deviation), at a size between `sides` pixels, in another light, blurred,
    noisy, as JPEG.
    """
    centre, side = (box[:2] + box[2:]) / 2, float(np.sqrt(np.prod(box[2:] - box[:2])))
    face = float(rng.uniform(*sides))
    size = int(2 * _BORDER * face)
    matrix = cv2.getRotationMatrix2D(
        (float(centre[0]), float(centre[1])), float(rng.normal(0, 10)), face / side
    )
    matrix[:, 2] = matrix[:, 2] + size / 2 - centre
    flags = cv2.INTER_AREA if face < side else cv2.INTER_LINEAR
    view = cv2.warpAffine(picture, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    light: npt.NDArray[np.floating] = (view.astype(np.float32) - 128) * float(rng.uniform(0.7, 1.25))
    light = light + 128 + float(rng.normal(0, 18))
    if rng.random() < 0.4:
        light = light * (1 + np.linspace(-1, 1, size)[None, :, None] * float(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.4:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 0.3 + 0.02 * face))))
    light = light + rng.normal(0, float(rng.uniform(0, 5)), light.shape)
    quality = int(rng.integers(35, 95))
    _, data = cv2.imencode(
        ".jpg", np.clip(light, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    half = face / 2
    return decoded, np.array([size / 2 - half, size / 2 - half, size / 2 + half, size / 2 + half])
