"""What processes take while they run, and who reads what is not theirs to read."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.hostile import good as good_files
from benchmarks.hostile.inputs import Canaries

_EVERY_S = 0.05


def memory(pid: int) -> int:
    """Bytes that a process and all its descendants hold; 0 once it is gone."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def end(pid: int) -> None:
    """Ends a process that we started, and its descendants."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (*process.children(recursive=True), process):
            with contextlib.suppress(psutil.Error):
                one.kill()


class Peak:
    """The most memory that a process tree held between `begin` and `end`."""

    def __init__(self, pid: int, limit: int) -> None:
        self.most = 0
        self.over = False
        """It came above `limit` bytes, and was ended for the machine's sake."""
        self._pid, self._limit = pid, limit
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_EVERY_S):
            self.most = max(self.most, memory(self._pid))
            if self.most > self._limit:
                self.over = True
                end(self._pid)
                return


class Outside:
    """Counts who opens the named pipe, and who connects to the server."""

    def __init__(self, canaries: Canaries, listening: socket.socket) -> None:
        self.canaries = canaries
        self.opened = 0
        self.connected = 0
        self._listening = listening
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._look_at_pipe, self._accept)
        ]

    @property
    def reads(self) -> int:
        return self.opened + self.connected

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _look_at_pipe(self) -> None:
        while not self._done.wait(_EVERY_S):
            try:  # it opens for writing only while somebody has it open, or waits to, for reading
                os.close(os.open(self.canaries.fifo, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                continue
            self.opened += 1

    def _accept(self) -> None:
        self._listening.settimeout(_EVERY_S)
        while not self._done.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listening.accept()
                connection.close()
                self.connected += 1


@contextmanager
def outside(folder: Path) -> Iterator[Outside]:
    """The canaries in `folder`, watched until the block ends."""
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        canaries = Canaries(
            folder / "canary.mp4", folder / "canary.txt", folder / "canary.fifo", listening.getsockname()[1]
        )
        good_files.video(canaries.video, "mp4", "neutral_face.jpg")
        canaries.text.write_text("nobody may read this\n")
        os.mkfifo(canaries.fifo)
        watcher = Outside(canaries, listening)
        watcher.start()
        try:
            yield watcher
        finally:
            watcher.stop()
