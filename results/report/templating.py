"""The templates of a report, and what they know beside what they are given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from results.audience import bootstrap, moments
from results.report import wording
from results.report.charts import HEIGHT, WIDTH
from results.sessions.statistics import NEUTRAL

TEMPLATES = Path(__file__).parent / "templates"

# What words one figure is a filter, what takes several is a function.
_FILTERS: tuple[Callable[..., str], ...] = (
    wording.signed,
    wording.unsigned,
    wording.percent,
    wording.clock,
    wording.hue,
    wording.short,
    wording.thousands,
)
_FUNCTIONS: tuple[Callable[..., str], ...] = (wording.count, wording.interval, wording.limits)
_CONSTANTS = {
    "NEUTRAL": NEUTRAL,
    "MIN_VIEWERS": bootstrap.MIN_VIEWERS,
    "BAND_RESAMPLES": bootstrap.RESAMPLES,
    "MOMENT_RESAMPLES": moments.RESAMPLES,
    "WIDTH": WIDTH,
    "HEIGHT": HEIGHT,
}


def render(template: str, **given: Any) -> str:
    """The HTML that a template, a file below `TEMPLATES`, makes of what it is given.

    Whatever is filled in is escaped. Raises jinja2.UndefinedError where the template names something that
    was not given.
    """
    return _ENVIRONMENT.get_template(template).render(given)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {word.__name__: word for word in _FILTERS}
    made.globals |= {word.__name__: word for word in _FUNCTIONS}
    made.globals |= _CONSTANTS
    made.tests["known"] = lambda figure: not np.isnan(figure)
    # `tojson` writes "−" as itself, not as six letters: there is one in every other row of the readout.
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return made


_ENVIRONMENT = _environment()
