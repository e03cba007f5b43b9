"""Batches of inputs through the upload of a real server."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from benchmarks.hostile.commandline import STARTS_S, Limits, environment
from benchmarks.hostile.inputs import Batch
from benchmarks.hostile.made import Made
from benchmarks.hostile.verdict import Verdict
from benchmarks.hostile.watching import Outside, Peak, end

AT_ONCE = 20
"""Files in a request."""


class Server:
    """`valence serve` in a process of its own; started again, on an empty store, where it was ended."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.log = work / "server.log"
        self._token = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0
        self._starts = 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self._port}",
            headers={"authorization": f"Bearer {self._token}"},
            timeout=60,
        )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Raises TimeoutError: it does not answer."""
        self._starts += 1  # the store of the last one may hold what it ended at, to be tried again
        store = self.work / f"served_{self._starts}"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "valence",
                    "serve",
                    "--port",
                    str(self._port),
                    "--no-open",
                    "--no-examples",
                ],
                cwd=self.work,
                env=environment(store, VALENCE_TOKEN=self._token),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + STARTS_S * 2
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                if self.client.get("/health", timeout=2).status_code == 200:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"the server does not answer; its log is {self.log}")

    def stop(self) -> None:
        if self._process is not None:
            end(self._process.pid)
            self._process.wait()

    def new_log(self) -> str:
        """What was logged since the last call."""
        data = self.log.read_bytes()
        text = data[self._read :].decode("utf-8", "replace")
        self._read = len(data)
        return text


@contextmanager
def serving(work: Path) -> Iterator[Server]:
    work.mkdir(parents=True, exist_ok=True)
    server = Server(work)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.client.close()


def send_batch(batch: Batch, server: Server, limits: Limits, verdict: Verdict, watched: Outside) -> None:
    """Judges every file of the batch that can be sent. A file at which the server hangs, swells or dies is
    noted, and the server started again."""
    before, began = watched.reads, time.monotonic()
    files = [made for made in batch.inputs if made.sent and (batch.folder / made.path).is_file()]
    groups = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]
    while groups:
        if not server.alive:
            server.start()
        with Peak(server.pid, limits.bytes) as peak:
            again = _send(batch, groups.pop(0), server, limits, verdict, peak)
        groups[:0] = again
        verdict.peak_mb = max(verdict.peak_mb, peak.most / 1e6)
    verdict.read_log(batch, server.new_log())
    verdict.seconds += time.monotonic() - began
    if watched.reads > before:
        verdict.offend("outside", batch, None, f"{watched.reads - before} openings of the pipe or the server")


def _send(
    batch: Batch, files: list[Made], server: Server, limits: Limits, verdict: Verdict, peak: Peak
) -> list[list[Made]]:
    """One request, followed until each of its files is done. Returns what must be sent again, by request."""
    parts = [("file", (_sent_name(made), (batch.folder / made.path).read_bytes())) for made in files]
    pending: dict[str, Made] = {}
    running: str | None = None
    try:
        answer = server.client.post("/api/analyses", files=parts)
        if answer.status_code != 202:
            if len(files) > 1:  # who of them it was shows when each comes alone
                return [[made] for made in files]
            verdict.judge(batch, files[0], f"HTTP {answer.status_code} {answer.text[:200]}")
            if answer.status_code >= 500:
                verdict.offend("faults", batch, files[0], f"HTTP {answer.status_code}")
            return []
        pending = {job["id"]: made for job, made in zip(answer.json(), files, strict=True)}
        last = time.monotonic()
        while pending:
            for job_id, made in list(pending.items()):
                job = server.client.get(f"/api/analyses/{job_id}").json()
                if job["status"] in ("done", "failed"):
                    verdict.judge(batch, made, _error(job))
                    verdict.slowest_s = max(verdict.slowest_s, time.monotonic() - last)
                    del pending[job_id]
                    last = time.monotonic()
                elif job["status"] == "running":
                    running = job_id
            if time.monotonic() - last > limits.seconds:
                return _give_up("slow", batch, pending, running, server, verdict)
            time.sleep(0.02)
    except httpx.TransportError:
        why = "large" if peak.over else "slow" if server.alive else "deaths"
        if not pending and len(files) > 1:
            server.stop()
            return [[made] for made in files]
        return _give_up(why, batch, pending or {"": files[0]}, running, server, verdict)
    return []


def _give_up(
    why: str, batch: Batch, pending: dict[str, Made], running: str | None, server: Server, verdict: Verdict
) -> list[list[Made]]:
    """The one that ran, else the first, is the offender. The others are sent again to a new server."""
    offender = running if running in pending else next(iter(pending))
    verdict.inputs += 1
    verdict.offend(why, batch, pending[offender])
    server.stop()
    rest = [made for job_id, made in pending.items() if job_id != offender]
    return [rest] if rest else []


def _error(job: dict[str, Any]) -> str | None:
    return None if job["status"] == "done" or job["no_face"] else str(job["error"])


def _sent_name(made: Made) -> str:
    return os.fsencode(made.path.name).decode("utf-8", "replace")
