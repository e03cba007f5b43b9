"""What a live session hands to the store, also when it is cut off in the middle of handing over."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from analysis.recording import Recorder
from results import State, Store
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
        add, entered, gate = writer.add, threading.Event(), threading.Event()

        def slow_add(samples: Iterable[Sample]) -> None:
            entered.set()
            gate.wait(10)
            add(samples)

        monkeypatch.setattr(writer, "add", slow_add)
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


async def test_a_session_in_which_nothing_happened_is_removed(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        recorder = Recorder(store, store.begin("live", source="camera", kind="live"))
        await recorder.discard()
        assert store.sessions() == []
