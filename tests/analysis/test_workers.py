"""Workers: what goes in, what comes out, and what becomes of those that die, hang or ask for too much."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from analysis.errors import AnalysisError
from analysis.workers import (
    Progress,
    ThisProcess,
    WorkerDiedError,
    WorkerFaultError,
    WorkerLateError,
    WorkerLimits,
    Workers,
)
from results import StoreError
from tests import ROOT


def product(a: int, b: int) -> int:
    return a * b


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def hang(progress: Progress | None = None) -> None:
    while True:
        time.sleep(0.01)
        if progress is not None:
            progress(1, None, 0.0)


def hold(megabytes: int) -> int:
    return len(bytearray(megabytes * 1_000_000))


def fail(kind: str) -> None:
    if kind == "known":
        raise AnalysisError("it is no video")
    if kind == "store":
        raise StoreError("the database is away")
    raise UnsendableError("what nobody expected", 7)


class UnsendableError(Exception):
    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number


def count(until: int, progress: Progress) -> int:
    for number in range(until):
        progress(number, until, number / 30)
    return until


def test_values_go_in_and_come_out_of_the_same_process() -> None:
    with Workers(1) as workers:
        assert workers.run(product, 6, 7) == 42
        first = workers.run(os.getpid)
        assert first != os.getpid() and workers.run(os.getpid) == first


def test_progress_comes_in_the_callers_thread() -> None:
    told: list[tuple[int, int | None, float]] = []
    with Workers(1) as workers:
        assert workers.run(count, 500, progress=lambda *what: told.append(what)) == 500
    assert told and all(expected in (None, 500) for _, expected, _ in told)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_one_that_dies_is_replaced(number: int) -> None:
    with Workers(1) as workers:
        before = workers.run(os.getpid)
        with pytest.raises(WorkerDiedError) as died:
            workers.run(die, number)
        assert died.value.blameless is (number == signal.SIGTERM)
        assert workers.run(os.getpid) != before


def test_one_that_was_killed_while_it_had_nothing_to_do_is_replaced() -> None:
    with Workers(1) as workers:
        pid = workers.run(os.getpid)
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
        assert workers.run(product, 2, 3) == 6


def test_one_that_hangs_is_ended() -> None:
    with Workers(1, WorkerLimits(worker_patience=0.5)) as workers:
        with pytest.raises(WorkerLateError, match="nothing more could be read"):
            workers.run(hang)
        assert workers.run(product, 2, 3) == 6


def test_work_has_a_limit_in_all() -> None:
    limits = WorkerLimits(worker_hours=1 / 3600)
    with Workers(1, limits) as workers, pytest.raises(WorkerLateError, match="VALENCE_WORKER_HOURS"):
        workers.run(hang, progress=lambda *_what: None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's data")
def test_memory_has_a_limit() -> None:
    with Workers(1, WorkerLimits(worker_memory_mb=800)) as workers:
        assert workers.run(hold, 100) == 100_000_000
        with pytest.raises(AnalysisError, match="more memory"):
            workers.run(hold, 2000)
        assert workers.run(hold, 100) == 100_000_000


def test_errors_come_out_as_they_are() -> None:
    with Workers(1) as workers:
        with pytest.raises(AnalysisError, match="it is no video"):
            workers.run(fail, "known")
        with pytest.raises(StoreError, match="is away"):
            workers.run(fail, "store")
        with pytest.raises(WorkerFaultError, match="UnsendableError: what nobody expected"):
            workers.run(fail, "unknown")
        assert workers.run(product, 2, 3) == 6


def test_who_raises_in_progress_stops_the_work_and_keeps_the_worker() -> None:
    def enough(*_what: object) -> None:
        raise RuntimeError("enough")

    with Workers(1) as workers:
        workers.run(product, 2, 3)  # what it does is loaded: that may take longer than it has to stop
        pid = workers.run(os.getpid)
        with pytest.raises(RuntimeError, match="enough"):
            workers.run(hang, progress=enough)
        assert workers.run(os.getpid) == pid, "it was asked to stop, and did"


def test_they_end_with_their_parent_however_that_ends(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import os, sys\n"
        "from analysis.workers import Workers\n"
        "if __name__ == '__main__':\n"
        "    workers = Workers(1)\n"
        "    print(workers.run(os.getpid), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    running = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    worker = psutil.Process(int(running.stdout.readline()))
    running.kill()
    running.communicate()
    gone, alive = psutil.wait_procs([worker], timeout=20)
    assert gone and not alive


def test_closing_ends_what_runs() -> None:
    workers = Workers(2)
    pids = {workers.run(os.getpid)}
    workers.close()
    assert not any(child.pid in pids for child in multiprocessing.active_children())
    with pytest.raises(AnalysisError, match="stopping"):
        workers.run(os.getpid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's data")
def test_a_program_that_has_much_already_may_have_as_much_more() -> None:
    held = bytearray(900_000_000)
    with ThisProcess(WorkerLimits(worker_memory_mb=600)) as here:
        assert here.run(hold, 300) == 300_000_000
        threading.Thread(target=len, args=(held,)).start()
        with pytest.raises(AnalysisError, match="more memory"):
            here.run(hold, 2000)
    assert hold(1000) == 1_000_000_000, "the limit is gone again"
