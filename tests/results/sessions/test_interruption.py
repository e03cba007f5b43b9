"""What is left of a session whose process is killed, and of its neighbours."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from results import State, Store
from results.sessions import owner
from results.sessions.owner import Owner, this_process
from tests import ROOT

CHILD = """
import sys, time
from pathlib import Path
from results import Store
from stream.frames import Box, Sample

store = Store(Path(sys.argv[1]))
writer = store.begin(sys.argv[2], source="clip.mp4", kind="video")
start, frame = time.monotonic(), 0
while True:  # 100 frames a second, in step with the wall clock
    while frame / 100 < time.monotonic() - start:
        writer.add([Sample(frame / 100, frame, 1, Box(0, 0, 9, 9), 0.5, 0.5, 1.0, 1.0)])
        writer.progress(frame + 1, frame + 1, frame / 100)
        frame += 1
        print(frame / 100, flush=True)
    time.sleep(0.002)
"""


@pytest.fixture
def start_writer(tmp_path: Path):
    running: list[subprocess.Popen[str]] = []

    def start(name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CHILD, str(tmp_path), name]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def written_until(process: subprocess.Popen[str], seconds: float) -> float:
    """Read what the child says until it has handed in that many seconds of samples."""
    assert process.stdout
    said = 0.0
    while said < seconds:
        said = float(process.stdout.readline())
    return said


def test_kill_9_loses_less_than_a_second_and_is_listed_as_interrupted(start_writer, tmp_path: Path) -> None:
    victim, survivor = start_writer("victim"), start_writer("survivor")
    written_until(survivor, 0.8)
    handed_in = [written_until(victim, 1.7)]

    victim.send_signal(signal.SIGKILL)
    assert victim.stdout
    handed_in += [float(line) for line in victim.stdout.readlines() if line.endswith("\n")]
    victim.wait()

    with Store(tmp_path) as store:
        killed, alive = (store.sessions(search=name)[0] for name in ("victim", "survivor"))
        samples = store.samples(killed.id)
        assert killed.state is State.INTERRUPTED
        assert alive.state is State.RUNNING, "a neighbour that lives is left alone"
        assert samples.frame.tolist() == list(range(len(samples))), "no hole, nothing damaged"
        assert max(handed_in) - samples.time[-1] <= 1.0
        assert 0 <= len(samples) - killed.frames <= 1, "a frame's samples come before its count"
        assert killed.digest is not None and killed.digest.samples == len(samples)


def test_a_killed_child_that_nobody_has_reaped_counts_as_gone(start_writer, tmp_path: Path) -> None:
    victim = start_writer("victim")
    written_until(victim, 0.8)

    victim.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, victim.pid, os.WEXITED | os.WNOWAIT)

    with Store(tmp_path) as store:
        assert store.sessions()[0].state is State.INTERRUPTED


def test_two_processes_write_and_a_third_reads_without_waiting(start_writer, tmp_path: Path) -> None:
    processes = [start_writer("one"), start_writer("two")]
    for process in processes:
        written_until(process, 0.6)

    with Store(tmp_path) as store:
        started = time.perf_counter()
        for _ in range(10):
            assert len(store.sessions()) == 2
        assert time.perf_counter() - started < 2.0
    for process in processes:
        written_until(process, 1.2)


def test_a_process_knows_itself_and_not_a_later_one_of_its_number() -> None:
    own = this_process()

    assert own.alive() is True
    assert Owner(own.host, own.pid, "another start").alive() is False
    assert Owner("elsewhere", own.pid, own.started).alive() is None


@pytest.fixture
def without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on macOS and Windows."""
    monkeypatch.setattr(owner, "_PROC", tmp_path / "none")
    owner._owner.cache_clear()
    yield
    owner._owner.cache_clear()


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps (Debian: procps)")
@pytest.mark.usefixtures("without_proc")
def test_where_there_is_no_proc_the_start_of_a_process_is_known_too() -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with sleeper:
        started = owner._start_of(sleeper.pid)
        assert started
        assert Owner(this_process().host, sleeper.pid, started).alive() is True
        assert Owner(this_process().host, sleeper.pid, "Mon Jan 1 00:00:00 2001").alive() is False
        sleeper.kill()
    assert Owner(this_process().host, sleeper.pid, started).alive() is False
    assert this_process().alive() is True


@pytest.mark.usefixtures("without_proc")
def test_where_nothing_tells_of_processes_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The age of a session's last sign of life decides then; and no process is harmed by the question."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("on Windows this would end the process"))
    assert Owner(this_process().host, os.getppid(), "").alive() is None
    assert this_process().alive() is True
