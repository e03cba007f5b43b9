"""When each frame of a session was shown, those without a face too, in a few bytes a frame."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, insert, select

from results.database.errors import InputError
from results.database.schema import FrameTimesRow
from results.sessions.records import Floats, Ints
from results.sessions.samples import Samples

_TICKS = 1_000_000
"""Of a second: times are told with six decimals."""


@dataclass(frozen=True)
class FrameTimes:
    """Frames of a session and when they were shown."""

    frame: Ints
    """(n,) ascending."""
    time: Floats
    """(n,) seconds from the start of the source, to the microsecond."""


def packed(frames: Iterable[tuple[int, float]]) -> bytes:
    """Frames (number, seconds) as bytes. What one differs by from the one before is nearly always the same:
    an hour at 30 frames a second takes 5 kB, one of a live source whose frames come unevenly 270."""
    numbers = np.array([(frame, round(time * _TICKS)) for frame, time in frames], np.int64).reshape(-1, 2)
    steps = np.diff(numbers, axis=0, prepend=np.zeros((1, 2), np.int64))
    return zlib.compress(steps.T.astype("<i8").tobytes())


def unpacked(data: bytes) -> FrameTimes:
    steps = np.frombuffer(zlib.decompress(data), "<i8").reshape(2, -1)
    frame, ticks = np.cumsum(steps.astype(np.int64), axis=1)
    return FrameTimes(frame, ticks / _TICKS)


def load_frame_times(connection: Connection, session_key: int) -> FrameTimes:
    """What is kept of the frames of a session, which may be nothing."""
    query = select(FrameTimesRow.packed).where(FrameTimesRow.session_key == session_key)
    found = [unpacked(data) for data in connection.execute(query.order_by(FrameTimesRow.first)).scalars()]
    return FrameTimes(
        np.concatenate([np.zeros(0, np.int64), *(some.frame for some in found)]),
        np.concatenate([np.zeros(0), *(some.time for some in found)]),
    )


def keep_as_one(connection: Connection, session_key: int) -> None:
    """Put the rows of a session that has come to its end into one, which is much smaller."""
    found = load_frame_times(connection, session_key)
    if not len(found.frame):
        return
    connection.execute(delete(FrameTimesRow).where(FrameTimesRow.session_key == session_key))
    data = packed(zip(found.frame.tolist(), found.time.tolist(), strict=True))
    first = int(found.frame[0])
    connection.execute(insert(FrameTimesRow).values(session_key=session_key, first=first, packed=data))


def all_frames(connection: Connection, session: Row[Any], samples: Samples) -> FrameTimes:
    """Every frame of a session whose samples these are.

    Raises InputError where it is not known when all of them were shown: sessions of older versions keep it of
    frames with a face alone.
    """
    kept = load_frame_times(connection, session.key)
    # Those of the samples come first: of a frame that both know, theirs is the time that stands beside it.
    frame, at = np.unique(np.concatenate([samples.frame, kept.frame]), return_index=True)
    if len(frame) < session.frames:
        raise InputError(
            f"Session {session.id} does not know when its frames without a face were shown (those of older "
            "versions do not keep it): export it without them."
        )
    return FrameTimes(frame, np.concatenate([samples.time, kept.time])[at])
