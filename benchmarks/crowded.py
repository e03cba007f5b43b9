"""Whether a crowd that wants nothing good shuts others out: a real server, and many sockets.

    python -m benchmarks.crowded              # from one address, then from forty
    python -m benchmarks.crowded --idle 2000 --offers 1000

While connections stay idle, send half a header, a body of 300 MB or WebRTC offers by the hundred, somebody at
the same address and somebody at another ask for pages, each time on a new connection. Shown are their slowest
answers (they should stay below a second) and the server's memory before, at its peak, and when all is over
(it should grow by less than 100 MB, and return). Linux only: it comes from 127.0.0.1, 127.0.0.2, ...
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from aiortc import RTCConfiguration, RTCPeerConnection

from tests.web import asking
from tests.web.serving import free_port, process, wait_until

PATHS = ("/", "/sessions", "/api/sessions", "/health")
SETTLE = 20.0
"""Seconds after the crowd has gone: cameras that never came are waited for, too."""


@dataclass(frozen=True)
class Crowd:
    """What comes at the same time."""

    idle: int = 500
    half: int = 300
    """Connections with half a header."""
    body_mb: int = 300
    """Of two JSON bodies, one that says its length and one that does not."""
    offers: int = 200
    addresses: int = 1
    """From which all of it comes; the offers come from one."""

    def address(self, number: int) -> str:
        return f"127.0.0.{10 + number % self.addresses}"


@dataclass
class Figures:
    """What others saw meanwhile, and what the server needed."""

    asked: int = 0
    failed: list[str] = field(default_factory=list)
    slowest_same_ms: float = 0.0
    """Of who shares the crowd's address."""
    slowest_other_ms: float = 0.0
    sockets: int = 0
    """That the server had open at most, beyond those before."""
    bodies: list[int] = field(default_factory=list)
    """Answers to the bodies; 0 where the connection was closed while they were being sent."""
    offers: dict[int, int] = field(default_factory=dict)
    """Answers to the offers, and how often."""
    mb_before: float = 0.0
    mb_peak: float = 0.0
    mb_after: float = 0.0


def measure(url: str, pid: int, crowd: Crowd, hold: float, settle: float) -> Figures:
    """Let a crowd come, stay for `hold` seconds and go, and look again `settle` seconds later."""
    figures, server = Figures(), psutil.Process(pid)
    for path in PATHS:  # what is made at the first request is no growth
        asking.get(url + path, timeout=30)
    figures.mb_before = figures.mb_peak = _mb(server)
    with ExitStack() as stack:
        files = server.num_fds()
        stack.enter_context(_over_and_over(lambda: _look(server, figures, files)))
        for name, address in (("slowest_same_ms", crowd.address(0)), ("slowest_other_ms", "127.0.0.2")):
            stack.enter_context(_over_and_over(_asker(url, address, name, figures)))
        opened = [_opened(stack, url, crowd.address(n)) for n in range(crowd.idle + crowd.half)]
        for connection in opened[crowd.idle :]:
            with contextlib.suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half")
        figures.bodies = [_send(url, crowd, chunked) for chunked in (False, True)]
        figures.offers = _offer(url, crowd)
        time.sleep(hold)
    if settle:
        wait_until(lambda: asking.get(f"{url}/health").json()["live_sessions"] == 0, 60)
        time.sleep(settle)
    figures.mb_after = _mb(server)
    return figures


@contextlib.contextmanager
def _over_and_over(act: Callable[[], None]) -> Iterator[None]:
    """Does it in a thread, until the block ends."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(0.02):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(server: psutil.Process, figures: Figures, files: int) -> None:
    figures.sockets = max(figures.sockets, server.num_fds() - files)
    figures.mb_peak = max(figures.mb_peak, _mb(server))


def _mb(server: psutil.Process) -> float:
    return float(server.memory_info().rss) / 1e6


def _asker(url: str, address: str, name: str, figures: Figures) -> Callable[[], None]:
    turns = iter(range(1 << 30))

    def ask() -> None:
        path = PATHS[next(turns) % len(PATHS)]
        began = time.monotonic()
        try:
            with _client(address) as client:
                status = client.get(url + path).status_code
        except httpx.TransportError as error:
            figures.failed.append(f"{path} from {address}: {error!r}")
        else:
            if status != 200:
                figures.failed.append(f"{path} from {address}: {status}")
        figures.asked += 1
        took = (time.monotonic() - began) * 1000
        setattr(figures, name, max(getattr(figures, name), took))

    return ask


def _client(address: str) -> httpx.Client:
    transport = httpx.HTTPTransport(local_address=address, verify=False)  # no certificates to load: HTTP
    return httpx.Client(transport=transport, headers=asking.HEADERS, timeout=60)


def _opened(stack: ExitStack, url: str, address: str) -> socket.socket:
    parts = httpx.URL(url)
    opened = socket.create_connection((parts.host, parts.port or 80), 20, (address, 0))
    time.sleep(0.002)  # who asks meanwhile runs in this process, and gets its turn
    stack.callback(opened.close)
    return opened


def _send(url: str, crowd: Crowd, chunked: bool) -> int:
    """Sends a JSON body; the answer's status."""
    size = crowd.body_mb * 1_000_000

    def body() -> Iterator[bytes]:
        for _ in range(crowd.body_mb):
            yield b" " * 1_000_000

    headers = {"content-type": "application/json"} | ({} if chunked else {"content-length": str(size)})
    try:
        with _client(crowd.address(0)) as client:
            return client.post(f"{url}/api/offer", content=body(), headers=headers).status_code
    except httpx.TransportError:
        return 0


def _offer(url: str, crowd: Crowd) -> dict[int, int]:
    """Offers of cameras that never come; the answers' statuses, and how often."""
    body = asyncio.run(_a_camera())

    def ask(_number: int) -> int:
        with _client(crowd.address(0)) as client:
            return client.post(f"{url}/api/offer", json=body).status_code

    with ThreadPoolExecutor(20) as threads:
        return dict(Counter(threads.map(ask, range(crowd.offers))))


async def _a_camera() -> dict[str, Any]:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.createDataChannel("valence")
    connection.addTransceiver("video", direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    sdp = connection.localDescription.sdp
    await connection.close()
    return {"sdp": sdp, "type": "offer"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = Crowd()
    parser.add_argument("--idle", type=int, default=usual.idle)
    parser.add_argument("--half", type=int, default=usual.half)
    parser.add_argument("--body-mb", type=int, default=usual.body_mb)
    parser.add_argument("--offers", type=int, default=usual.offers)
    parser.add_argument("--addresses", type=int, nargs="+", default=[1, 40])
    parser.add_argument("--hold", type=float, default=15.0, help="seconds for which the crowd stays")
    given = parser.parse_args()
    for addresses in given.addresses:
        crowd = Crowd(given.idle, given.half, given.body_mb, given.offers, addresses)
        with tempfile.TemporaryDirectory() as name:
            port = free_port()
            with process(Path(name) / "sessions", port) as running:
                figures = measure(f"http://127.0.0.1:{port}", running.pid, crowd, given.hold, SETTLE)
        print(f"{crowd.idle} idle and {crowd.half} half-open connections from {addresses} address(es)")
        print(f"  sockets of the server at most: {figures.sockets}")
        print(f"  bodies of {crowd.body_mb} MB: {figures.bodies}; offers: {json.dumps(figures.offers)}")
        print(f"  {figures.asked} questions meanwhile, {len(figures.failed)} failed {figures.failed[:3]}")
        print(f"  slowest, same address:  {figures.slowest_same_ms:5.0f} ms")
        print(f"  slowest, other address: {figures.slowest_other_ms:5.0f} ms")
        memory = " .. ".join(f"{mb:.0f}" for mb in (figures.mb_before, figures.mb_peak, figures.mb_after))
        print(f"  server memory before .. at its peak .. after: {memory} MB", flush=True)


if __name__ == "__main__":
    main()
