"""What a file holds of a session: its samples, and beside each what users said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from results.sessions.exclusions import excluded, within
from results.sessions.frame_times import FrameTimes
from results.sessions.records import Bools, Stretch, StretchKind
from results.sessions.samples import EXTRAS, Column, Samples

FACE_NAME = Column("face_name", "", str, decimals=0)
EXCLUDED = Column("excluded", "", bool, decimals=0)
SESSION = Column("session", "", str, decimals=0)
SOURCE = Column("source", "", str, decimals=0)

NO_FRAMES = FrameTimes(np.zeros(0, np.int64), np.zeros(0))


class Table(Protocol):
    """What exports write: `Samples`, or `Rows`."""

    def __len__(self) -> int: ...

    def by_column(self) -> Mapping[Column, Any]:
        """(n,) the values of each column; masked, or None of a text, where there is none."""
        ...


@dataclass(frozen=True)
class Rows:
    """One row a face and frame, ordered by frame, then face: the columns of `Samples`, then users', then
    those that are not always known."""

    samples: Samples
    names: Sequence[str | None]
    """(n,) of the faces."""
    excluded: Bools
    """(n,)"""
    bare: FrameTimes = NO_FRAMES
    """Frames without a face, which are to have a row each."""
    bare_excluded: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    first: Mapping[Column, str] = field(default_factory=dict)
    """Columns before all others, of one value."""

    def __len__(self) -> int:
        return len(self.samples) + len(self.bare.frame)

    def by_column(self) -> dict[Column, Any]:
        bare = len(self.bare.frame)
        order = np.argsort(np.concatenate([self.samples.frame, self.bare.frame]), kind="stable")
        told: dict[Column, Any] = {
            column: np.full(len(self), value, object) for column, value in self.first.items()
        }
        own = {"time_s": self.bare.time, "frame": self.bare.frame}
        for column, values in self.samples.by_column(every=bool(self.first)).items():
            filler = own.get(column.name, np.zeros(bare, values.dtype))
            hidden = np.concatenate([np.ma.getmaskarray(values), np.ones(bare, np.bool_)])[order]
            whole = np.concatenate([np.ma.getdata(values), filler])[order]
            known = column.name in own or not hidden.any()
            told[column] = whole if known else np.ma.masked_array(whole, hidden)
        told[FACE_NAME] = np.array([*self.names, *[None] * bare], object)[order]
        told[EXCLUDED] = np.concatenate([self.excluded, self.bare_excluded])[order]
        last = {column: told.pop(column) for column in EXTRAS if column in told}
        return {**told, **last}


def rows_of_session(
    samples: Samples,
    names: Mapping[int, str],
    stretches: Sequence[Stretch],
    frames: FrameTimes | None = None,
    first: Mapping[Column, str] | None = None,
) -> Rows:
    """The rows of a session's samples. names: of faces, by their ids. frames: all of the session, if those
    without a face are to have a row, which is excluded where a stretch of every face says so."""
    bare = NO_FRAMES
    if frames is not None:
        without = ~np.isin(frames.frame, samples.frame)
        bare = FrameTimes(frames.frame[without], frames.time[without])
    spans = [
        (stretch.start, stretch.end)
        for stretch in stretches
        if stretch.kind is StretchKind.EXCLUDED and stretch.face_id is None
    ]
    return Rows(
        samples,
        [names.get(face) for face in samples.face_id.tolist()],
        excluded(samples, stretches),
        bare,
        within(bare.time, spans),
        first or {},
    )
