"""Whether a server that runs for long stays as it is: live sessions, pages, people who come and go.

    python -m benchmarks.soak --minutes 60 --cameras 3 --visits 50

The server is in a process of its own, the cameras in another. Prints a line of JSON a minute: memory (MB,
with workers), threads and open files of the server, frames a second that the cameras got back, the slowest
page. Visits are participants of a study who begin and leave, spread over the time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.killing import Server
from tests.web import asking
from tests.web.peers import ClipTrack, Peer

PAGES = ("/", "/sessions", "/api/sessions", "/studies", "/api/studies", "/health")


def cameras(url: str, count: int, rates: Any) -> None:
    """Plays for ever; `rates`: frames a second of each camera, over the last ten seconds."""

    async def one(number: int) -> None:
        peer = Peer(url)
        peer.connection.addTrack(ClipTrack(rate=30))
        await peer.connect()
        while True:
            before, began = len(peer.frames), time.monotonic()
            await asyncio.sleep(10)
            rates[number] = (len(peer.frames) - before) / (time.monotonic() - began)
            peer.frames[:-1] = []

    async def play() -> None:
        await asyncio.gather(*(one(number) for number in range(count)))

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(play())


async def invited(url: str) -> str:
    """A link to a study of one stimulus."""
    async with asking.opened_async(base_url=url, timeout=60) as client:
        study = (await client.post("/api/studies", json={"name": "soak"})).json()["study"]
        stimulus = {"name": "Ad", "duration_s": 30}
        await client.post(f"/api/studies/{study}/stimuli", json=stimulus)
        link = (await client.post(f"/api/studies/{study}/links", json={"stimulus": "ad"})).json()
        return urlsplit(link["address"]).path


async def visit(url: str, link: str) -> None:
    """A participant agrees, is seen for a moment, and leaves."""
    peer = Peer(url)
    peer.connection.addTrack(ClipTrack(rate=30))
    try:
        async with asking.opened_async(base_url=url, timeout=60) as client:
            consent = (await client.get(f"{link}/invitation")).json()["consent"]
            answer = await client.post(f"{link}/viewings", json={**await peer.offer(), "consent": consent})
            answer.raise_for_status()
            await peer.connected({**answer.json(), "session": ""})
            await peer.until_frames(30, 60)
            await client.delete(f"{link}/people/{answer.json()['person']}")
    finally:
        await peer.close()


def state_of(process: psutil.Process) -> dict[str, float]:
    family = [process, *process.children(recursive=True)]
    memory = sum(one.memory_info().rss for one in family if one.is_running())
    return {"mb": round(memory / 1e6), "threads": process.num_threads(), "files": process.num_fds()}


async def run(minutes: float, count: int, visits: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "sessions")
        playing = None
        try:
            await asyncio.wait_for(server.ready(), 60)
            link = await invited(server.url)
            rates = multiprocessing.Array("d", count)
            playing = multiprocessing.Process(target=cameras, args=(server.url, count, rates), daemon=True)
            playing.start()
            began, come, failed = time.monotonic(), 0, 0
            process = psutil.Process(server.process.pid)
            for minute in range(1, round(minutes) + 1):
                slowest = 0.0
                while (now := time.monotonic() - began) < 60 * minute:
                    if come < visits * now / (60 * minutes):
                        come += 1
                        try:
                            await visit(server.url, link)
                        except Exception as error:
                            failed += 1
                            print(f"visit {come}: {error!r}", flush=True)
                    async with asking.opened_async(base_url=server.url, timeout=60) as client:
                        for path in PAGES:
                            asked = time.monotonic()
                            await client.get(path)
                            slowest = max(slowest, time.monotonic() - asked)
                    await asyncio.sleep(1)
                figures: dict[str, object] = {"minute": minute, **state_of(process)}
                figures |= {"fps": [round(rate, 1) for rate in rates], "slowest_s": round(slowest, 3)}
                print(json.dumps(figures | {"visits": come, "failed": failed}), flush=True)
        finally:
            if playing is not None:
                playing.kill()
            server.process.terminate()
            server.process.wait(60)


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cameras", type=int, default=3)
    parser.add_argument("--visits", type=int, default=50)
    given = parser.parse_args()
    asyncio.run(run(given.minutes, given.cameras, given.visits))


if __name__ == "__main__":
    main()
