"""What a network's spread is worth: the error bar, fitted to readings whose errors are known.

Quantile regression (Koenker & Bassett 1978) of the logarithm of the absolute error: one line for the error
that 68.27 % of readings do not exceed, and WIDE times as much for 95 %. Clean
faces weigh as much as all corrupted ones together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from inference import ErrorBar, ValenceModel
from training.datasets.examples import Example
from training.datasets.files import read_json, write_json
from training.datasets.prepare import Prepared
from training.fitting.progress import Bars
from training.scoring.judged import Judge, Judged, Values, judge
from training.scoring.robustness import Box
from training.scoring.tables import markdown

WIDE = 2.1
"""Errors within which 95 % of readings are to lie: more than a normal distribution's 1.96, for some faces are
read quite wrongly."""
LEVELS = {1.0: 0.6827, WIDE: 0.95}
"""The share that lies within so many standard errors."""
_JUDGED_FACES = 1500
"""Of a split, at most: each is read under thirteen corruptions."""
FEWEST = 200
"""Readings, below which nothing is fitted."""
_PARTS = 3
"""Of readings by their quality, in each of which the shares are to be right."""
_LEAST = 1e-3
"""An error as good as none: logarithms need one."""
_ROUND = 0.05
"""Of a logarithm of an error, the width of the loss's corner, which is rounded so that it has a slope."""

Mask = npt.NDArray[np.bool_]


def add_error_bar(path: Path, prepared: Prepared, fold: int, quality: Judge, bars: Bars) -> None:
    """Fits the error bar of the model with the manifest at `path` on the validation split, and writes it in
    there with its coverage of the test split. Where nothing can be fitted, it says so."""
    model = ValenceModel.open(path, device="cpu")
    examples = {example.name: example for example in prepared.data.examples}

    def faces(part: str) -> Iterator[tuple[Example, Box]]:
        rows = prepared.rows(part, fold)
        rows = rows[:: -(-len(rows) // _JUDGED_FACES)]
        named = {str(prepared.collected.faces.names[row]): row for row in rows}
        for example in bars.align([examples[name] for name in named]):
            yield example, prepared.collected.boxes[named[example.name]].astype(np.float64)

    bar = fit(judge(faces("validation"), model, quality))
    if bar is None:
        bars.say("no error bar: the network states no spread, or there are too few faces")
        return
    rows = coverage(judge(faces("test"), model, quality), bar)
    values = read_json(path)
    values["output"]["error"] = asdict(bar)
    values["metrics"]["error"] = rows
    write_json(path, values)
    bars.say(markdown(rows, tuple(rows[0])))


def fit(judged: Judged) -> ErrorBar | None:
    """The error bar of these readings; None where the network states no spread, or they are too few."""
    if judged.error.size < FEWEST or not np.isfinite(judged.spread).all():
        return None
    terms = _terms(judged)
    size = np.log(np.abs(judged.error.ravel()) + _LEAST)
    weight = np.ones_like(judged.error)
    weight[:, 0] = judged.error.shape[1] - 1
    weight /= weight.sum()

    def cost(line: Values) -> tuple[float, Values]:
        """Of a line through `terms`, with its slope."""
        total, slope = 0.0, np.zeros(len(size))
        for width, share in LEVELS.items():
            rest = size - terms @ line - np.log(width)
            below = np.exp(-np.logaddexp(0, rest / _ROUND))  # 1 where it is, 0 where not
            total += float(weight.ravel() @ (share * rest + _ROUND * np.logaddexp(0, -rest / _ROUND)))
            slope += share - below
        return total, -terms.T @ (weight.ravel() * slope)

    begin = np.zeros(terms.shape[1])
    begin[1] = 1.0  # the error is the spread
    line = [round(float(part), 4) for part in minimize(cost, begin, jac=True, method="BFGS").x]
    return ErrorBar(offset=tuple(line[0::2]), power=tuple(line[1::2]))


def coverage(judged: Judged, bar: ErrorBar) -> list[dict[str, Any]]:
    """Of readings clean and corrupted, and of parts of each by quality: how many, the shares (in per cent)
    whose true value lies within one standard error and within WIDE of them, and the error's median."""
    told = errors_of(judged, bar)
    size = np.abs(judged.error)
    return [
        {
            "readings": name,
            "n": int(group.sum()),
            "within 68 %": round(100 * float(np.mean(size[group] < told[group])), 1),
            "within 95 %": round(100 * float(np.mean(size[group] < WIDE * told[group])), 1),
            "median error": round(float(np.median(told[group])), 3),
        }
        for name, group in _groups(judged).items()
    ]


def errors_of(judged: Judged, bar: ErrorBar) -> Values:
    """(n, k) what `bar` says of each reading."""
    parts = (judged.spread.ravel(), judged.quality.ravel(), judged.valence.ravel())
    told = [bar.of(*each) for each in zip(*(part.tolist() for part in parts), strict=True)]
    return np.array(told).reshape(judged.spread.shape)


def _terms(judged: Judged) -> Values:
    """(n k, 6): what `ErrorBar` multiplies with its numbers, in the order offset, power, offset, power, …"""
    spread = np.log(judged.spread.ravel())
    parts = (np.ones_like(spread), 1 - judged.quality.ravel(), np.abs(judged.valence.ravel()))
    return np.stack([part * factor for part in parts for factor in (np.ones_like(spread), spread)], axis=1)


def _groups(judged: Judged) -> dict[str, Mask]:
    """Masks (n, k) of readings, by name."""
    clean = np.zeros(judged.error.shape, np.bool_)
    clean[:, 0] = True
    groups: dict[str, Mask] = {}
    for name, whole in (("clean", clean), ("corrupted", ~clean)):
        groups[name] = whole
        edges = np.quantile(judged.quality[whole], np.linspace(0, 1, _PARTS + 1))
        for low, high in pairwise(edges):
            within = whole & (judged.quality >= low) & (judged.quality <= high)
            groups[f"{name}, quality {low:.2f} to {high:.2f}"] = within
    return groups
