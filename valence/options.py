"""Options that several commands share, as the fields of a dataclass."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

import typer


def finite(value: float | None) -> float | None:
    """For an option that is a number: `nan` and `inf` are none that can be used."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number that can be used.")
    return value


Seconds = Annotated[
    float | None, typer.Option(min=0.1, callback=finite, help="End a live session after so many seconds.")
]


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command` for Typer, which knows no dataclasses: the fields of its first parameter become options.

    The parameter's type is a dataclass whose fields are typed as Typer's parameters are, with defaults. Its
    options stand behind the command's own in the help.
    """
    hints = get_type_hints(command, include_extras=True)
    first, *own = inspect.signature(command).parameters.values()
    shared = hints.pop(first.name)
    types = get_type_hints(shared, include_extras=True)
    names = [field.name for field in fields(shared)]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(shared(**{name: given.pop(name) for name in names}), **given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [p.replace(kind=keyword, annotation=hints[p.name]) for p in own]
    for field in fields(shared):
        parameters.append(
            inspect.Parameter(field.name, keyword, default=field.default, annotation=types[field.name])
        )
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run
