"""Frozen dataclasses from plain values (TOML, JSON), checked by name and by type."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from training.errors import TrainingError

T = TypeVar("T")


def from_dict(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """The dataclass `kind` with `values` over its defaults.

    Raises:
        TrainingError: a name is unknown or a value has another type; `where` is named in the text.
    """
    if not isinstance(values, Mapping):
        raise TrainingError(f"{where} must be a table of settings, not {values!r}")
    assert is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    known = [f.name for f in fields(kind)]
    if unknown := sorted(set(values) - set(known)):
        raise TrainingError(f"{where} has no setting {unknown[0]!r}; there are: {', '.join(known)}")
    given = {name: _value(hints[name], value, f"{where}.{name}") for name, value in values.items()}
    return kind(**given)


def _value(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        return from_dict(typing.cast(type[Any], hint), value, where)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _value(arguments[0], value, where)
    if origin is tuple and isinstance(value, list | tuple):
        inner = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(inner) == len(value):
            return tuple(
                _value(a, v, f"{where}[{i}]") for i, (a, v) in enumerate(zip(inner, value, strict=True))
            )
    elif origin is dict and isinstance(value, Mapping):
        return {str(k): _value(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise TrainingError(f"{where} cannot be {value!r}")
