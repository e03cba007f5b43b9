"""One input that was made, and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Expected(StrEnum):
    """What must become of an input. That it neither dies, hangs nor stops the others holds for all."""

    ANALYSED = "analysed"
    """It is a good file, whatever it is called."""
    REFUSED = "refused"
    """It can only give a picture by reading something outside of it."""
    EITHER = "either"


@dataclass(frozen=True)
class Made:
    """An input on the disk."""

    path: Path
    """Relative to the folder that the command line is run in."""
    group: str
    expected: Expected = Expected.EITHER
    named: bool = False
    """It must be named on the command line, since a folder that holds it does not stand for it."""
    sent: bool = True
    """It can be uploaded: it is a file."""
