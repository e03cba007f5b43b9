"""What the pipelines read: anything that yields frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from stream.frames import Frame

Kind = Literal["image", "video", "live"]


class Source(Protocol):
    """Anything that yields frames."""

    kind: Kind
    warnings: list[str]
    """What was wrong with it, known when the last frame has come."""

    @property
    def name(self) -> str: ...

    @property
    def frames_expected(self) -> int | None:
        """How many frames will come, where the source says so; an estimate."""
        ...

    @property
    def duration(self) -> float | None:
        """Seconds, where the source says so."""
        ...

    def __iter__(self) -> Iterator[Frame]: ...
