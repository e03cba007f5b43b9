"""How well groups of faces are read, each by itself: who is read too positive, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.scoring.metrics import Values
from training.scoring.tables import cell, markdown

SMALL = 30
"""Faces below which a group's figures say little: intervals by bootstrap are too narrow there."""
_RESAMPLES = 1000

Interval = tuple[float, float]
_UNKNOWN: Interval = (float("nan"), float("nan"))


@dataclass(frozen=True)
class GroupScores:
    """One group; nan where a figure is not defined. Intervals are of 95 %, by percentile bootstrap."""

    group: str
    n: int
    true: float
    """Mean of the labels."""
    read: float
    """Mean of what was predicted."""
    bias: float
    """Mean of predicted minus true: above zero, the group is read too positive."""
    bias_ci95: Interval
    rmse: float
    rmse_ci95: Interval
    pcc: float
    """Pearson's correlation coefficient."""
    pcc_ci95: Interval

    @property
    def is_small(self) -> bool:
        return self.n < SMALL

    def to_dict(self) -> dict[str, Any]:
        """As it is stored and printed as JSON: rounded, with None where a figure is not defined."""
        told = {name: _rounded(value) for name, value in asdict(self).items()}
        return {**told, "small": self.is_small}


def unread(group: str) -> GroupScores:
    """A group of which nothing was read."""
    nan = float("nan")
    return GroupScores(group, 0, nan, nan, nan, _UNKNOWN, nan, _UNKNOWN, nan, _UNKNOWN)


def by_group(true: Values, predicted: Values, groups: Sequence[str], *, seed: int = 0) -> list[GroupScores]:
    """The scores of each of the `groups` (n,) that the labels (n,) and predictions (n,) belong to, by name.

    Rows are resampled within their group. Raises ValueError: the three differ in length.
    """
    t, p, names = np.asarray(true, np.float64), np.asarray(predicted, np.float64), np.asarray(groups, str)
    if not t.shape == p.shape == names.shape or t.ndim != 1:
        raise ValueError(f"need vectors of one length, got {t.shape}, {p.shape} and {names.shape}")
    return [
        _scored(str(name), t[names == name], p[names == name], np.random.default_rng(seed))
        for name in np.unique(names)
    ]


def table(groups: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table of groups as `GroupScores.to_dict` gives them."""
    rows = [
        {
            "group": group["group"] or "–",
            "n": f"{group['n']} (few)" if group["small"] else group["n"],
            "mean true": group["true"],
            "mean read": group["read"],
            **{f"{name} (95 %)": with_interval(group, name) for name in ("bias", "rmse", "pcc")},
        }
        for group in groups
    ]
    return markdown(rows, tuple(rows[0])) if rows else ""


def with_interval(group: Mapping[str, Any], name: str) -> str:
    """A figure of a group with its interval, e.g. ``+0.021 (-0.010 to +0.050)``."""
    shown = "{:+.3f}".format if name == "bias" else cell
    low, high = group[f"{name}_ci95"]
    if group[name] is None:
        return cell(None)
    return shown(group[name]) if low is None else f"{shown(group[name])} ({shown(low)} to {shown(high)})"


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if np.isfinite(value) else None
    return value


def _scored(group: str, true: Values, predicted: Values, random: np.random.Generator) -> GroupScores:
    n = len(true)
    drawn = random.integers(0, n, (_RESAMPLES, n))
    found, resampled = _figures(true[None], predicted[None]), _figures(true[drawn], predicted[drawn])
    bias, rmse, pcc = (float(values[0]) for values in found)
    intervals = [_interval(values) if n > 1 else _UNKNOWN for values in resampled]
    means = float(true.mean()), float(predicted.mean())
    return GroupScores(group, n, *means, bias, intervals[0], rmse, intervals[1], pcc, intervals[2])


def _figures(true: Values, predicted: Values) -> tuple[Values, Values, Values]:
    """(m,) bias, RMSE and correlation of each of m rows of labels and predictions (m, n)."""
    errors = predicted - true
    t = true - true.mean(axis=1, keepdims=True)
    p = predicted - predicted.mean(axis=1, keepdims=True)
    size = np.sqrt((t**2).sum(axis=1) * (p**2).sum(axis=1))
    varied = (np.ptp(true, axis=1) > 0) & (np.ptp(predicted, axis=1) > 0)
    pcc = np.full(len(true), np.nan)
    pcc[varied] = (t * p).sum(axis=1)[varied] / size[varied]
    return errors.mean(axis=1), np.sqrt((errors**2).mean(axis=1)), pcc


def _interval(values: npt.NDArray[np.floating]) -> Interval:
    known = values[np.isfinite(values)]
    if not len(known):
        return _UNKNOWN
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
