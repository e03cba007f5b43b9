"""Writing a session while it runs: samples are committed in small batches, so that little can be lost."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, bindparam, insert, select, update

from results.database.engine import Database
from results.database.errors import DeletedError, StoreError
from results.database.schema import EventRow, FrameTimesRow, SessionRow
from results.sessions.frame_times import keep_as_one, packed
from results.sessions.reading import load_samples
from results.sessions.records import State
from results.sessions.samples import SAMPLE_COLUMNS, Sample
from results.sessions.statistics import digest
from results.sessions.still_faces import keep_still
from results.sessions.table import SAMPLES, Rows, rows_of

BATCH_ROWS = 500
BATCH_SECONDS = 0.5
"""A commit is due after this many samples or this much wall time, whichever comes first."""

_INSERT_SAMPLE = insert(SAMPLES)
_ROW = ("session_key", *(column.stored for column in chain.from_iterable(SAMPLE_COLUMNS.values())))


@dataclass(frozen=True)
class _Attempt:
    """A commit of which it is not known whether it held: a server can be lost before it says so."""

    mark: datetime
    """The sign of life that it wrote, by which its outcome is told later."""
    rows: int
    events: int
    noted: int


class SessionWriter:
    """One running session's pen. Made by `Store.begin`; usable from any thread.

    As a context manager it finishes the session by itself: done, or failed with the exception's text.

    Raises StoreError when the database cannot be written, at once or after `patience` seconds in which it was
    tried again (nothing handed in is dropped: the next call tries again, too) and DeletedError once the
    session has been deleted by someone else.
    """

    def __init__(
        self, database: Database, key: int, session_id: str, folder: Path, patience: float = 0.0
    ) -> None:
        self.id = session_id
        self.waiting: Callable[[], None] = lambda: None
        """Called between two tries of a commit that fails, for as long as there is patience."""
        self._patience = patience
        self.folder = folder
        """Where the session's files go. It is not made here: a session without files needs no folder."""
        self._database = database
        self._key = key
        self._lock = Lock()
        self._rows: Rows = []
        self._events: list[dict[str, Any]] = []
        self._noted: list[tuple[int, float]] = []
        """Frames that were shown, and when."""
        self._last_noted = -1
        self._frames = 0
        self._frames_with_faces = 0
        self._duration = 0.0
        self._committed = clock.monotonic()
        self._finished = False
        self._uncertain: _Attempt | None = None

    def add(self, samples: Iterable[Sample]) -> None:
        """Keep samples. A frame and face may occur once per session."""
        rows = rows_of(self._key, samples)
        with self._lock:
            self._rows += rows
            self._commit_if_due()

    def keep(
        self,
        samples: Iterable[Sample],
        events: Iterable[tuple[str, str, float]] = (),
        progress: tuple[int, int, float] | None = None,
        frames: Iterable[tuple[int, float]] = (),
    ) -> None:
        """Take what `add`, `event` and `progress` take, without a commit: the next `flush` commits it.

        frames: number and seconds of each frame that was shown since the last call, also of those without a
        face, where `progress` does not tell of every one.
        """
        rows = rows_of(self._key, samples)
        with self._lock:
            self._rows += rows
            for kind, text, time in events:
                self._events.append({"session_key": self._key, "time": time, "kind": kind, "text": text})
            for frame, time in frames:
                self._note(frame, time)
            if progress is not None:
                self._frames, self._frames_with_faces, self._duration = progress

    def progress(self, frames: int, frames_with_faces: int, time: float) -> None:
        """Note how far the session is: totals since its start, and seconds of the source's clock.

        Told after every single frame of a source that loses none, this also keeps when each was shown.
        """
        with self._lock:
            if frames == self._frames + 1:
                self._note(frames - 1, time)
            self._frames, self._frames_with_faces, self._duration = frames, frames_with_faces, float(time)
            self._commit_if_due()

    def event(self, kind: str, text: str, time: float | None = None) -> None:
        """Note something that happened, by default at the time of the latest progress."""
        with self._lock:
            moment = self._duration if time is None else float(time)
            self._events.append({"session_key": self._key, "time": moment, "kind": kind, "text": text})
            self._commit_if_due()

    def flush(self) -> None:
        """Commit now what has been handed in."""
        with self._lock:
            self._commit()

    def finish(
        self,
        state: State = State.DONE,
        *,
        duration_s: float | None = None,
        error: str | None = None,
        device: str | None = None,
        settings: Mapping[str, Any] | None = None,
        still: Iterable[int] = (),
    ) -> None:
        """Commit the rest and close the session. Called again, it does nothing.

        `duration_s`: the source's length where it is known better than by the last frame's time. `still`: the
        faces that never moved.
        """
        if state is State.RUNNING:
            raise ValueError("a session cannot finish as running")
        with self._lock:
            if self._finished:
                return
            if duration_s is not None:
                self._duration = float(duration_s)
            self._commit()
            values: dict[str, Any] = {"state": state.value, "error": error}
            if device is not None:
                values["device"] = device
            if settings is not None:
                values["settings"] = dict(settings)
            tracks = sorted({*still})
            self._patiently(lambda: self._close(values, tracks))
            self._finished = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        elif isinstance(error, DeletedError):
            return
        elif isinstance(error, Exception):
            self.finish(State.FAILED, error=str(error) or type(error).__name__)
        else:  # Ctrl-C, a cancelled task
            self.finish(State.INTERRUPTED)

    def _note(self, frame: int, time: float) -> None:
        if frame > self._last_noted:
            self._noted.append((int(frame), float(time)))
            self._last_noted = int(frame)

    def _close(self, values: dict[str, Any], still: Sequence[int]) -> None:
        with self._database.read() as connection:  # of a long session it takes a while: nobody waits for it
            samples = load_samples(connection, self._key)
        values = {**values, "digest": digest(samples, self._duration).as_json()}
        with self._database.write() as connection:
            connection.execute(update(SessionRow).where(SessionRow.key == self._key).values(values))
            keep_still(connection, self._key, still)
            keep_as_one(connection, self._key)

    def _patiently(self, action: Callable[[], None]) -> None:
        give_up = clock.monotonic() + self._patience
        while True:
            try:
                action()
            except DeletedError:
                raise
            except StoreError:
                if clock.monotonic() >= give_up:
                    raise
                self.waiting()
                clock.sleep(BATCH_SECONDS)
            else:
                return

    def _commit_if_due(self) -> None:
        if len(self._rows) >= BATCH_ROWS or clock.monotonic() - self._committed >= BATCH_SECONDS:
            self._commit()

    def _commit(self) -> None:
        if self._finished:
            if self._rows or self._events:
                raise ValueError(f"session {self.id} is finished and takes no more")
            return
        self._patiently(self._write)
        self._committed = clock.monotonic()

    def _write(self) -> None:
        with self._database.write() as connection:
            self._forget_what_held(connection)
            attempt = _Attempt(datetime.now(UTC), len(self._rows), len(self._events), len(self._noted))
            self._sign_of_life(connection, attempt.mark)
            if self._rows:
                _insert_samples(connection, self._rows)
            if self._events:
                connection.execute(insert(EventRow), self._events)
            if self._noted:
                shown = {"first": self._noted[0][0], "packed": packed(self._noted)}
                connection.execute(insert(FrameTimesRow).values(session_key=self._key, **shown))
            self._uncertain = attempt
        self._uncertain = None
        self._rows, self._events, self._noted = [], [], []

    def _forget_what_held(self, connection: Connection) -> None:
        """Drop what a commit that failed at its very end wrote nevertheless: it would be doubled, or refused
        for ever."""
        attempt = self._uncertain
        if attempt is None:
            return
        # For update: on PostgreSQL this waits for a commit that is still under way.
        latest = select(SessionRow.heartbeat).where(SessionRow.key == self._key).with_for_update()
        if connection.execute(latest).scalar_one_or_none() == attempt.mark:
            del self._rows[: attempt.rows]
            del self._events[: attempt.events]
            del self._noted[: attempt.noted]
        self._uncertain = None

    def _sign_of_life(self, connection: Connection, now: datetime) -> None:
        """Update the totals; and be running again if another host had given this one up."""
        found = connection.execute(
            _SIGN_OF_LIFE,
            {
                "session": self._key,
                "state": State.RUNNING.value,
                "frames": self._frames,
                "frames_with_faces": self._frames_with_faces,
                "duration_s": self._duration,
                "heartbeat": now,
            },
        )
        if found.rowcount == 0:
            self._rows, self._events, self._noted = [], [], []
            self._finished = True
            raise DeletedError(f"Session {self.id} was deleted while it was running.")


_SIGN_OF_LIFE = update(SessionRow).where(SessionRow.key == bindparam("session"))
_SIGN_OF_LIFE = _SIGN_OF_LIFE.values(
    state=bindparam("state"),
    frames=bindparam("frames"),
    frames_with_faces=bindparam("frames_with_faces"),
    duration_s=bindparam("duration_s"),
    heartbeat=bindparam("heartbeat"),
)


def _insert_samples(connection: Connection, rows: Rows) -> None:
    connection.execute(_INSERT_SAMPLE, [dict(zip(_ROW, row, strict=True)) for row in rows])
