"""The settings of a phase: data, recipe, search; from a small TOML file or from the defaults."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.fitting.headroom import Headroom
from training.fitting.recipe import Recipe
from training.fitting.settings import from_dict

KINDS = ("afew-va", "ferplus", "csv")


@dataclass(frozen=True)
class Data:
    """Which pictures, and how they are split."""

    kind: str = "afew-va"
    """One of KINDS."""
    path: str = ""
    """The folder (``csv``: the file); by default ``data``, ``data/ferplus`` or ``data/labels.csv``."""
    splits: str = ""
    """The assignment of clips; by default in ``data/splits_metadata``, made when it is not there."""
    by_clip: bool = False
    """Keep only clips together, not people; the report then says that people are shared."""
    seed: int = 0
    """Of the assignment."""


@dataclass(frozen=True)
class Search:
    """What `tune` tries."""

    trials: int = 30
    warmup_epochs: int = 3
    """No trial is pruned before."""
    startup_trials: int = 5
    """So many random trials come first, and none of them is pruned."""
    learning_rate: tuple[float, float] = (5e-4, 1e-2)
    """Searched on a logarithmic scale, as is the next one."""
    weight_decay: tuple[float, float] = (1e-3, 1e-1)
    dropout: tuple[float, float] = (0.1, 0.5)
    ccc: tuple[float, float] = (0.0, 2.0)
    """Weight of the concordance loss."""
    augmentation: tuple[float, float] = (0.5, 1.5)
    """Factor on the strength of every augmentation."""


@dataclass(frozen=True)
class Config:
    data: Data = field(default_factory=Data)
    recipe: Recipe = field(default_factory=lambda: Recipe(patience=10))
    networks: tuple[str, ...] = ("residual", "mobilenet", "efficientnet")
    """Compared by `model-selection`."""
    fold: int = 1
    """The fold that validates, except in `cross-validate`."""
    teachers: tuple[str, ...] = ()
    """Folders of earlier training runs whose networks, averaged, soften the labels (`train` only)."""
    teacher_share: float = 0.4
    """How much of a softened label is the teachers', 0..1."""
    headroom: Headroom = field(default_factory=Headroom)
    """How far labels are spread by the evidence that the teachers find (`train` only)."""
    workers: int = 1
    """Processes that prepare batches."""
    search: Search = field(default_factory=Search)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_config(path: Path | None) -> Config:
    """The settings in the TOML file `path` over the defaults.

    Raises:
        TrainingError: it is missing, is not TOML, or has a setting that does not exist.
    """
    if path is None:
        return Config()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TrainingError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} is not readable TOML: {error}") from error
    return config_from(values, str(path))


def config_from(values: dict[str, Any], where: str = "config") -> Config:
    """The settings in `values` over the defaults. Raises TrainingError for what does not exist."""
    recipe = values.get("recipe", {})
    if isinstance(recipe, dict):
        values = {**values, "recipe": {"patience": Config().recipe.patience, **recipe}}
    config = from_dict(Config, values, where)
    if config.data.kind not in KINDS:
        raise TrainingError(f"unknown data set {config.data.kind!r}; there are: {', '.join(KINDS)}")
    return config


def to_toml(values: dict[str, Any], table: str = "") -> str:
    """`values` as TOML: numbers, strings, booleans, lists of them, and tables."""
    lines: list[str] = []
    tables: list[str] = []
    for name, value in values.items():
        if isinstance(value, dict):
            inner = f"{table}.{name}" if table else name
            tables.append(f"\n[{inner}]\n{to_toml(value, inner)}".rstrip() + "\n")
        else:
            lines.append(f"{name} = {_toml(value)}\n")
    return "".join(lines + tables)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
