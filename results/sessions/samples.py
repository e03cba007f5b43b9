"""The samples of a session as columns, and the one declaration of what those columns are.

Whatever keeps, reads, exports or sends samples follows the fields of `Samples`: a column that is added here
is in the database (`results.sessions.table`), in the CSV, JSON and Parquet files (`results.sessions.exports`)
and, if it says so, in the message of a live frame (`web.live.messages`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Any, Protocol, Self

import numpy as np

from results.sessions.records import Bools, Floats, Ints


@dataclass(frozen=True)
class Column:
    """One number of a sample: what it is called where, and with how many decimals it is told."""

    name: str
    """In files."""
    stored: str
    """In the database."""
    type: type[float] | type[int] | type[str] | type[bool] = float
    """Of numbers one of the first two; others are in files alone (`results.sessions.rows`)."""
    unit: str = ""
    """What one of it is; empty for a number without a unit."""
    key: bool = False
    """Whether it tells the samples of one session apart, together with the other keys."""
    decimals: int | None = None
    """In CSV and JSON (Parquet is unrounded); None: it is in no file."""
    live: int | None = None
    """Decimals in the message of a live frame; None: it is not in there."""
    optional: bool = False
    """Whether there may be no number: NaN in `Samples`, NULL in the database, an empty cell in files, where
    it stands behind all others."""
    output: bool = False
    """Whether it is an output that not every network has: where nothing is known of it, a session's file
    leaves it out."""


def _of(*columns: Column) -> dict[str, tuple[Column, ...]]:
    """The metadata of a field of `Samples`: an array (n,) of one column, or (n, k) of several of one type."""
    return {"columns": columns}


_EDGES = tuple(
    Column(edge, f"box_{edge}", unit="px", decimals=2, live=1) for edge in ("left", "top", "right", "bottom")
)
ERROR = Column("valence_error", "valence_error", decimals=4, live=3, optional=True, output=True)
AROUSAL = Column("arousal", "arousal", decimals=4, live=3, optional=True, output=True)
EXPRESSIONS = tuple(
    Column(f"expression_{name}", f"expression_{name}", decimals=4, live=3, optional=True, output=True)
    for name in ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
)
EXTRAS = (
    *(
        Column(name, name, unit=unit, decimals=decimals, optional=True)
        for name, unit, decimals in (
            ("roll", "°", 1),
            ("yaw", "°", 1),
            ("pitch", "°", 1),
            ("eyes_closed", "", 3),
            ("mouth_covered", "", 3),
            ("half_covered", "", 3),
        )
    ),
    ERROR,
    AROUSAL,
    *EXPRESSIONS,
)
"""What networks tell of a face beside its valence, as far as they do; `stream.frames.Extras` says what each
is. One more of them is a name here and there, and a revision of the database."""
MEASURES = {column.name: column for column in (AROUSAL, *EXPRESSIONS)}
"""What an audience may be asked for instead of valence, by name."""


@dataclass(frozen=True)
class Samples:
    """The samples of a session as columns of equal length n, ordered by frame, then face."""

    time: Floats = field(metadata=_of(Column("time_s", "time", unit="s", decimals=6)))
    """(n,) seconds from the start of the source."""
    frame: Ints = field(metadata=_of(Column("frame", "frame", int, key=True, decimals=0)))
    face_id: Ints = field(metadata=_of(Column("face_id", "face_id", int, key=True, decimals=0, live=0)))
    box: Floats = field(metadata=_of(*_EDGES))
    """(n, 4) left, top, right, bottom."""
    valence: Floats = field(metadata=_of(Column("valence", "valence", decimals=4, live=4)))
    smoothed: Floats = field(metadata=_of(Column("valence_smoothed", "smoothed", decimals=4, live=4)))
    quality: Floats = field(metadata=_of(Column("quality", "quality", decimals=4, live=3)))
    score: Floats = field(metadata=_of(Column("score", "score", decimals=4)))
    """(n,) the detector's confidence; 0 where the tracker carried the face."""
    extras: Floats = field(metadata=_of(*EXTRAS))
    """(n, len(EXTRAS)), NaN where nothing is known: in sessions of older programs, or with other models."""

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float | None]]) -> Self:
        """Samples from one row each, of one number per column in the order of the declaration."""
        return cls(*arrays_of(rows, columns_of(cls).values()))

    def by_column(self, every: bool = False) -> dict[Column, Floats | Ints]:
        """(n,) the values of each column, in the order of the declaration; masked where there is none.

        every: also outputs of networks of which nothing is known.
        """
        return {
            column: np.ma.masked_invalid(values) if column.optional else values
            for name, columns in columns_of(type(self)).items()
            for column, values in zip(
                columns, getattr(self, name).reshape(len(self), len(columns)).T, strict=True
            )
            if every or not column.output or not np.isnan(values).all()
        }

    def extra(self, column: Column) -> Floats:
        """(n,) one of the extras; NaN where nothing is known."""
        return self.extras[:, EXTRAS.index(column)]

    @property
    def outputs(self) -> list[Column]:
        """The outputs of networks, beside valence, of which something is known."""
        return [c for c in EXTRAS if c.output and not np.isnan(self.extra(c)).all()]

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, chosen: Bools | Ints | slice) -> Self:
        return type(self)(*(getattr(self, part.name)[chosen] for part in fields(self)))

    @property
    def faces(self) -> list[int]:
        """The face ids that occur, ascending."""
        return [int(face) for face in np.unique(self.face_id)]

    def of_face(self, face_id: int) -> Self:
        return self[self.face_id == face_id]


def columns_of(kind: type[Samples]) -> dict[str, tuple[Column, ...]]:
    """The columns of each field, in the order of the declaration."""
    return {part.name: part.metadata["columns"] for part in fields(kind)}


def arrays_of(rows: Sequence[Sequence[float | None]], parts: Collection[tuple[Column, ...]]) -> list[Any]:
    """The arrays of some fields, from rows of one number per column of theirs."""
    width = sum(map(len, parts))
    told: Iterable[float | None] = chain.from_iterable(rows)
    if any(column.optional for columns in parts for column in columns):
        told = (np.nan if number is None else number for number in told)
    table = np.fromiter(told, np.float64, len(rows) * width).reshape(len(rows), width)
    arrays, at = [], 0
    for columns in parts:
        part = table[:, at] if len(columns) == 1 else table[:, at : at + len(columns)]
        arrays.append(part.astype(np.int64 if columns[0].type is int else np.float64, order="C"))
        at += len(columns)
    return arrays


SAMPLE_COLUMNS = columns_of(Samples)
"""By the field of `Samples`, and the attribute of a `Sample`, that holds them."""


class Sample(Protocol):
    """One face in one frame, as the pipeline hands it in: an attribute for each field of `Samples`."""

    @property
    def time(self) -> float: ...
    @property
    def frame(self) -> int: ...
    @property
    def face_id(self) -> int: ...
    @property
    def box(self) -> tuple[float, float, float, float]: ...
    @property
    def valence(self) -> float: ...
    @property
    def smoothed(self) -> float: ...
    @property
    def quality(self) -> float: ...
    @property
    def score(self) -> float: ...
    @property
    def extras(self) -> Sequence[float | None]: ...
