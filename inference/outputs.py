"""What a network says of a face: which outputs hold what, as data, and what comes out of them as numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

EXPRESSIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""Those that are told apart: the words that raters of faces choose from (Barsoum et al. 2016). A network may
know some of them only."""


@dataclass(frozen=True)
class Scalar:
    """One number a face, from -1 to 1."""

    name: str
    """The output that holds it."""
    index: int | None = None
    """Its column, where the output has several."""
    range: tuple[float, float] = (-1.0, 1.0)
    """The raw output's range, mapped linearly onto -1..1."""

    def read(self, raw: Mapping[str, Array]) -> Array:
        """(n,) before anything is cut to -1..1. raw: each output (n, columns)."""
        low, high = self.range
        return (raw[self.name][:, self.index or 0] - low) / (high - low) * 2 - 1


@dataclass(frozen=True)
class Shares:
    """How raters of a face would share out among expressions: together 1."""

    name: str
    """The output that holds them, ..."""
    expressions: tuple[str, ...]
    """... which expression each of its columns stands for, ..."""
    index: int = 0
    """... from this column on."""
    logits: bool = False
    """Whether it holds logits, whose softmax are the shares."""

    def read(self, raw: Mapping[str, Array]) -> Array:
        """(n, len(EXPRESSIONS)); nan for those that the network does not know. raw: as for `Scalar`."""
        values = raw[self.name][:, self.index : self.index + len(self.expressions)]
        if self.logits:
            values = np.exp(values - values.max(axis=1, keepdims=True))
        values = np.clip(values, 0, None)  # an int8 network's own softmax adds up to one but for its steps
        values = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6)
        shares = np.full((len(values), len(EXPRESSIONS)), np.nan, np.float32)
        shares[:, [EXPRESSIONS.index(name) for name in self.expressions]] = values
        return shares


@dataclass(frozen=True)
class ErrorBar:
    """One standard error of a reading: ``exp(offset + power * log(spread))`` of its spread, at most 1.

    `offset` and `power` are three numbers each: a constant, what is added as quality falls from 1 to 0, and
    what is added as the reading goes from 0 to -1 or 1. `training.shipping.errorbar` fits them so that the
    mean of raters lies within one error of 68 % of the readings, and within 2.1 of 95 %.
    """

    offset: tuple[float, ...]
    power: tuple[float, ...]

    def of(self, spread: float, quality: float, valence: float) -> float:
        """Of a reading `valence`. spread: what the network expects; quality: of the sample, 0..1."""
        offset, power = (
            constant + poor * (1 - quality) + strong * abs(valence)
            for constant, poor, strong in (self.offset, self.power)
        )
        return math.exp(min(0.0, offset + power * math.log(spread)))


@dataclass(frozen=True)
class Calibration:
    """From a network's valence to one whose distances are those that raters make; monotone."""

    slope: float = 1.0
    intercept: float = 0.0
    below: float = 1.0
    """By how much more values below zero are stretched: raters agree less on negative expressions, so that a
    network that learnt from them reads those too mildly."""

    def of(self, values: Array) -> Array:
        """``slope * value + intercept``, times ``below`` where that is negative."""
        straight = self.slope * values + self.intercept
        return np.asarray(np.where(straight < 0, self.below * straight, straight), np.float32)


@dataclass(frozen=True)
class Output:
    """Where valence, and what a network may say beside it, are among its outputs."""

    valence: Scalar
    calibration: Calibration = field(default_factory=Calibration)
    """Of the valence."""
    spread: str | None = None
    """Output with the logarithm of the valence's expected error, for models that state it."""
    error: ErrorBar | None = None
    """What that spread is worth; without it no error is told, for nobody has measured it."""
    arousal: Scalar | None = None
    """How calm or excited an expression looks."""
    expressions: Shares | None = None

    @property
    def names(self) -> list[str]:
        """The network's outputs that are wanted, each once."""
        parts = [self.valence, self.arousal, self.expressions]
        wanted = [*(part.name for part in parts if part is not None), self.spread]
        return list(dict.fromkeys(name for name in wanted if name is not None))

    def read(self, raw: Mapping[str, Array]) -> Readings:
        """What the outputs say of n crops. raw: each of `names` (n, columns)."""
        return Readings(
            valence=_within(self.calibration.of(self.valence.read(raw))),
            spread=None if self.spread is None else np.exp(np.clip(raw[self.spread][:, 0], -6, 2)),
            arousal=None if self.arousal is None else _within(self.arousal.read(raw)),
            expressions=None if self.expressions is None else self.expressions.read(raw),
            error=self.error,
        )


@dataclass(frozen=True)
class Readings:
    """What the model says of n crops; None where it does not say."""

    valence: Array
    """(n,), in [-1, 1]."""
    spread: Array | None = None
    """(n,), the error that the model expects of its own valence."""
    arousal: Array | None = None
    """(n,), in [-1, 1]."""
    expressions: Array | None = None
    """(n, len(EXPRESSIONS)), shares in [0, 1]; nan for those that the model does not know."""
    error: ErrorBar | None = None
    """What the spread is worth."""

    def __len__(self) -> int:
        return len(self.valence)

    def __getitem__(self, part: slice) -> Self:
        return replace(self, **{name: values[part] for name, values in self._arrays().items()})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Readings of one model, one after the other; of none, nothing."""
        if not parts:
            return cls(np.zeros(0, np.float32))
        if len(parts) == 1:
            return parts[0]
        arrays = [part._arrays() for part in parts]
        whole: dict[str, Any] = {name: np.concatenate([some[name] for some in arrays]) for name in arrays[0]}
        return replace(parts[0], **whole)

    def _arrays(self) -> dict[str, Any]:
        held = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: values for name, values in held.items() if isinstance(values, np.ndarray)}


def _within(values: Array) -> Array:
    return np.clip(values, -1, 1).astype(np.float32)
