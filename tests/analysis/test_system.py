"""What is done on systems that this is not run on: what they lack is not asked of them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis import memory, system


def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python does not have on Windows is gone."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)  # its import fails
    for where, name in ((os, "nice"), (os, "sched_getaffinity"), (signal, "pthread_sigmask")):
        monkeypatch.delattr(where, name, raising=False)


def test_cores_are_counted_where_no_process_is_held_to_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert system.cores() == 6


def test_windows_is_told_to_give_way_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    windows(monkeypatch)
    said: list[tuple[int | None, int]] = []

    def this_process() -> int:
        return 0xFFFF_FFFF_FFFF_FFFF  # -1, as wide as a handle

    kernel: Any = SimpleNamespace(
        GetCurrentProcess=this_process,
        SetPriorityClass=lambda handle, level: said.append((handle.value, level)),
    )
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    system.give_way()
    assert said == [(this_process(), 0x4000)]


def test_without_masks_of_signals_work_is_started_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    windows(monkeypatch)
    with system.without_interrupts():
        started = True
    assert started


@pytest.mark.parametrize("name", ["win32", "darwin"])
def test_a_system_without_limits_is_asked_for_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    windows(monkeypatch)
    monkeypatch.setattr(sys, "platform", name)
    assert memory.limit_memory(500) is None
    memory.set_memory(500_000_000)


def test_another_c_library_keeps_memory_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def absent(name: str) -> None:
        asked.append(name)
        raise OSError(f"{name}: not found")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    memory.give_back_large()
    assert len(asked) == 1


def test_memory_that_is_not_told_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.megabytes_now() > 0

    def missing(path: Path, *_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No such file", str(path))

    monkeypatch.setattr(Path, "read_text", missing)
    assert memory.megabytes_now() == 0
