"""The real application on a real port, in a thread of this process or in a process of its own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from analysis.engine import Engine
from analysis.settings import AnalysisSettings
from inference import ValenceModel
from results import Store
from tests import ROOT
from tests.web import asking
from web.addresses import Network
from web.app import create_app
from web.connections import Bounds
from web.server import server_config
from web.state import ServerSettings, State
from web.uploads.analyses import Analyze

SAMPLE = ROOT / "media" / "sample.mp4"


@dataclass
class Served:
    """A running server."""

    url: str
    store: Store
    state: State
    loop: asyncio.AbstractEventLoop
    """The server's, for looking at its tasks."""

    def tasks(self) -> set[str]:
        """Names of the server's tasks that belong to live sessions."""

        async def look() -> set[str]:
            return {task.get_name() for task in asyncio.all_tasks()}

        names = asyncio.run_coroutine_threadsafe(look(), self.loop).result(5)
        return {n for n in names if n.startswith(("live ", "analyse ", "record ", "watch ", "drain "))}


@contextmanager
def serving(
    folder: Path,
    model: ValenceModel,
    settings: ServerSettings | None = None,
    analyze_upload: Analyze | None = None,
    bounds: Bounds | None = None,
    proxies: Sequence[Network] = (),
) -> Iterator[Served]:
    """Serves as `valence serve` does, on a free port until the block ends; then all must have stopped."""
    settings = replace(settings or ServerSettings(version="test"), token=asking.TOKEN)
    with Store(folder) as store, socket.create_server(("127.0.0.1", 0)) as listening:
        engine = Engine(AnalysisSettings(device="cpu"), model, store)
        app = create_app(engine, settings, analyze_upload=analyze_upload)
        server = uvicorn.Server(server_config(app, proxies=proxies, bounds=bounds, log_level="error"))
        loops: list[asyncio.AbstractEventLoop] = []

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await server.serve(sockets=[listening])

        def run() -> None:
            with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
                runner.run(serve())

        thread = threading.Thread(target=run, name="server")
        thread.start()
        try:
            wait_until(lambda: server.started, 20)
            yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", store, app.state.valence, loops[0])
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not stop"


@contextmanager
def process(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`valence serve` in a process of its own."""
    code = (
        "from pathlib import Path; "
        "from valence.commands.serve import run; from valence.settings import load; "
        f"run(load(port={port}, sessions=Path({str(folder)!r}), device='cpu', token={asking.TOKEN!r}, "
        "examples=False))"
    )
    running = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: healthy(port), 60)
        yield running
    finally:
        running.kill()
        running.wait(10)


def healthy(port: int) -> bool:
    try:
        return asking.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def wait_until(condition: Any, seconds: float) -> float:
    """Waits for `condition()` to be true and returns how long it took; fails after `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not after {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - began
