"""Types that several routes share, with the bounds that keep a request from asking for the impossible."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field


class Described(BaseModel):
    """A body of a request or an answer; what stands below a field is its description in the API."""

    model_config = ConfigDict(use_attribute_docstrings=True)


MOST = 2**31 - 1
"""What fits into an integer of every database."""
LONGEST_S = 1e7
"""Seconds: a third of a year."""

FaceId = Annotated[int, Field(ge=0, le=MOST)]
Key = Annotated[int, Path(ge=0, le=MOST)]
"""Of a row, in an address."""
Seconds = Annotated[float, Field(ge=-LONGEST_S, le=LONGEST_S, allow_inf_nan=False)]
"""On some clock; negative before its zero."""
Moment = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]
"""Seconds of a session's or a stimulus's clock."""
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
"""What people call something."""
