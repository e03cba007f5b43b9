"""What a live session hands to the store, also when it is cut off in the middle of handing over."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import recording
from analysis.recording import Recorder
from results import Format, State, Store, StoreError, export
from results.database.engine import Database
from stream.frames import Box, Sample
from stream.pipelines.live import LiveResult
from stream.sources.live import Shot


def result(index: int) -> LiveResult:
    shot = Shot(np.zeros((48, 64, 3), np.uint8), index, index / 30, 0.0)
    sample = Sample(shot.time, index, 1, Box(1, 2, 3, 4), 0.1, 0.1, 0.9, 0.8)
    return LiveResult(shot, (64, 48), [sample], 30.0, 0.02, 0, index + 1, index + 1)


async def test_a_cancelled_commit_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        writer = store.begin("live", source="camera", kind="live")
        flush, entered, gate = writer.flush, threading.Event(), threading.Event()

        def slow_flush() -> None:
            entered.set()
            gate.wait(10)
            flush()

        monkeypatch.setattr(writer, "flush", slow_flush)
        recorder = Recorder(store, writer)
        for index in range(5):
            recorder(result(index))
        running = asyncio.ensure_future(recorder.run())
        await asyncio.to_thread(entered.wait, 10)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        recorder(result(5))
        finishing = asyncio.ensure_future(recorder.finish("Stopped."))
        await asyncio.sleep(0)
        gate.set()
        await finishing
        assert list(store.samples(writer.id).frame) == [0, 1, 2, 3, 4, 5]
        session = store.get(writer.id)
        assert session.state is State.DONE
        assert session.frames == 6


async def test_when_frames_without_a_face_were_shown_is_kept(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        for index in (0, 1, 3, 4):  # one was dropped
            shown = result(index)
            recorder(replace(shown, samples=[] if index in (1, 4) else shown.samples, frames=index))
        await recorder.finish("Stopped.")
        export(store, recorder.id, Format.CSV, tmp_path / "out.csv", every_frame=True)
    text = (tmp_path / "out.csv").read_text()
    assert [row.split(",")[1] for row in text.splitlines()[1:]] == ["0", "1", "3", "4"]
    assert [bool(row.split(",")[2]) for row in text.splitlines()[1:]] == [True, False, True, False]


async def test_a_session_in_which_nothing_happened_is_removed(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        await recorder.discard()
        assert store.sessions() == []


class Outage:
    """A database that can be away. `tries`: how often somebody wanted to write meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.away = True
        self.tries = 0
        write = Database.write

        @contextmanager
        def perhaps(database: Database) -> Iterator[object]:
            if self.away:
                self.tries += 1
                raise StoreError("The database is away.")
            with write(database) as connection:
                yield connection

        monkeypatch.setattr(Database, "write", perhaps)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_comes_while_the_store_is_away_is_kept_and_stored_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float | None] = []
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        recorder.on_outage = told.append
        running = asyncio.ensure_future(recorder.run())
        recorder(result(0))
        await until(lambda: len(store.samples(recorder.id)) == 1)
        outage = Outage(monkeypatch)
        for index in range(1, 50):
            recorder(result(index))
            recorder.event("pause", f"after frame {index}")
            await asyncio.sleep(0)
        await until(lambda: outage.tries > 3)
        assert told and told[-1] is not None and told[-1] > 1.0, "seconds that are only in memory"
        outage.away = False
        await until(lambda: told[-1] is None)
        running.cancel()
        await recorder.finish("Stopped.")
        assert list(store.samples(recorder.id).frame) == list(range(50)), "nothing lost, nothing doubled"
        events = store.events(recorder.id)
        assert [event.text for event in events if event.kind == "pause"] == [
            f"after frame {index}" for index in range(1, 50)
        ]
        assert [event.kind for event in events if event.kind != "pause"] == ["outage", "end"]
        assert store.get(recorder.id).state is State.DONE


async def test_the_end_is_tried_until_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        kept, empty = (Recorder(store, store.begin("live", source="camera", kind="live")) for _ in range(2))
        outage = Outage(monkeypatch)
        kept(result(0))
        ending = asyncio.gather(kept.finish("Stopped.", "broken"), empty.discard())
        await until(lambda: outage.tries > 5)
        outage.away = False
        await ending
        (session,) = store.sessions()
        assert session.id == kept.id and session.state is State.FAILED and session.error == "broken"
        assert len(store.samples(kept.id)) == 1


async def test_a_program_that_ends_gives_up_at_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LAST_TRIES", 0.0)
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        recorder(result(0))
        outage = Outage(monkeypatch)
        ending = asyncio.ensure_future(recorder.finish("Stopped."))
        await until(lambda: outage.tries > 1)
        assert not ending.done()
        recorder.hurry()
        await asyncio.wait_for(ending, 30)


async def test_no_more_is_held_than_is_said_and_all_of_that_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_HELD", 20)
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        outage = Outage(monkeypatch)
        running = asyncio.ensure_future(recorder.run())
        for index in range(50):
            recorder(result(index))
        with pytest.raises(StoreError, match="no more than"):
            await asyncio.wait_for(running, 30)
        outage.away = False
        await recorder.finish("The session cannot be stored.")
        assert list(store.samples(recorder.id).frame) == list(range(20))


def test_a_file_waits_for_a_database_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        writer = store.begin("a", source="a.mp4", kind="video", patience=30)
        outage = Outage(monkeypatch)

        def waiting() -> None:
            outage.away = outage.tries < 2

        writer.waiting = waiting
        writer.keep(result(0).samples)
        writer.flush()
        outage.away, outage.tries = True, 0
        writer.finish()
        assert store.get(writer.id).state is State.DONE and len(store.samples(writer.id)) == 1


async def test_faces_that_never_moved_are_told_at_the_end(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        recorder.still_faces = lambda: [1]
        recorder(result(0))
        await recorder.finish("Stopped.")
        assert store.get(recorder.id).still_faces == {1}


async def test_a_pause_is_as_long_as_nothing_was_shown(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        recorder(result(30))
        recorder.event("pause", "Paused.")
        recorder.event("resume", "Resumed.", with_next=True)
        recorder(result(300))
        recorder.event("pause", "Paused.")
        recorder.event("resume", "Resumed.", with_next=True)
        await recorder.finish("Stopped.")
        told = [(event.kind, event.time) for event in store.events(recorder.id)]
    assert told == [("pause", 1), ("resume", 10), ("pause", 10), ("resume", 10), ("end", 10)]
