"""What is lost when servers and workers are killed at random moments of uploads and live sessions.

    python -m benchmarks.killing --kills 50 --seed 0

Each round: a server on the folder of the round before, an upload, a camera; after a random time the server or
one of its workers is killed (SIGKILL). At the end everything that was uploaded must have become one session,
no session may say that it runs, and of a live session that was cut off no more than a second may be missing
that its page had been told. Exits with 1 where it is otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.files import repeat
from results import Store
from tests.chromium import ROOT
from tests.web import asking
from tests.web.peers import ClipTrack, Peer
from tests.web.serving import free_port

LONGEST = 7.0
"""Seconds until the kill, at most."""
FORGIVEN = 1.0
"""Seconds of a live session that may be missing."""


@dataclass
class Toll:
    kills: Counter[str] = field(default_factory=Counter)
    uploads: list[str] = field(default_factory=list)
    lost: list[float] = field(default_factory=list)
    """Seconds of each live session that was cut off."""
    faults: list[str] = field(default_factory=list)


class Server:
    """`valence serve` as a process."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        known = {**os.environ, "VALENCE_TOKEN": asking.TOKEN, "VALENCE_SESSIONS": str(folder)}
        serve = ["serve", "--port", str(port), "--device", "cpu", "--no-open", "--no-examples"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "valence", *serve], cwd=ROOT, env=known, stdout=subprocess.DEVNULL
        )

    async def ready(self) -> None:
        async with asking.opened_async(base_url=self.url, timeout=5) as client:
            while True:
                with contextlib.suppress(Exception):
                    if (await client.get("/health")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    def workers(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        return []

    async def jobs(self) -> list[dict[str, Any]]:
        async with asking.opened_async(base_url=self.url, timeout=60) as client:
            found: list[dict[str, Any]] = (await client.get("/api/analyses")).json()
            return found


async def one_round(folder: Path, clip: Path, chance: random.Random, toll: Toll) -> None:
    server = Server(folder)
    peer = Peer(server.url)
    try:
        await asyncio.wait_for(server.ready(), 60)
        async with asking.opened_async(base_url=server.url, timeout=60) as client:
            content = clip.read_bytes()
            answer = await client.post("/api/analyses", files={"file": (clip.name, content)})
            toll.uploads += [job["id"] for job in answer.json()]
        peer.connection.addTrack(ClipTrack(rate=30))
        await peer.connect()
        await peer.until_frames(5, 30)
        await asyncio.sleep(chance.uniform(0.0, LONGEST))
        workers = server.workers()
        if workers and chance.random() < 0.4:
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice(workers).send_signal(signal.SIGKILL)
            toll.kills["worker"] += 1
            await asyncio.sleep(1.0)
        else:
            toll.kills["server"] += 1
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(20)
        heard = peer.frames[-1]["time_s"] if peer.frames else 0.0
        with Store(folder) as store:
            samples = store.samples(peer.session)
            lost = heard - (float(samples.time.max()) if len(samples) else 0.0)
            toll.lost.append(round(lost, 3))
            if lost > FORGIVEN:
                toll.faults.append(f"of {peer.session} {lost:.2f} s are missing")
    finally:
        await peer.close()
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(20)


async def settle(folder: Path, toll: Toll) -> None:
    """A last server, which is left alone until the queue is empty."""
    server = Server(folder)
    try:
        await asyncio.wait_for(server.ready(), 60)
        listed: list[dict[str, Any]] = []

        async def done() -> bool:
            listed[:] = await server.jobs()
            return all(job["status"] in ("done", "failed") for job in listed)

        while not await done():
            await asyncio.sleep(1.0)
        by_id = {job["id"]: job for job in listed}
        for job_id in toll.uploads:
            job = by_id.get(job_id)
            if job is None:
                toll.faults.append(f"upload {job_id} is gone")
            elif job["status"] == "failed" and "set aside" not in (job["error"] or ""):
                toll.faults.append(f"upload {job_id}: {job['error']}")
        with Store(folder) as store:
            states = Counter(session.state.value for session in store.sessions() if session.kind == "live")
            videos = [session.id for session in store.sessions() if session.kind == "video"]
        if states["running"]:
            toll.faults.append(f"{states['running']} live sessions still run")
        expected = {job["session"] for job in listed if job["status"] == "done"}
        if set(videos) != expected:
            toll.faults.append(f"{len(videos)} sessions, and {len(expected)} uploads that are done")
    finally:
        server.process.terminate()
        server.process.wait(30)


async def run(kills: int, seed: int) -> Toll:
    toll, chance = Toll(), random.Random(seed)
    with tempfile.TemporaryDirectory() as work:
        folder, clip = Path(work) / "sessions", Path(work) / "clip.mp4"
        repeat(ROOT / "media" / "sample.mp4", 1, clip)
        for number in range(kills):
            try:
                await one_round(folder, clip, chance, toll)
            except Exception as error:
                toll.faults.append(f"round {number}: {error!r}")
            print(f"{number + 1}/{kills} {dict(toll.kills)} {len(toll.faults)} faults", file=sys.stderr)
        await settle(folder, toll)
    return toll


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    toll = asyncio.run(run(given.kills, given.seed))
    lost = sorted(toll.lost)
    print(
        json.dumps(
            {
                "kills": dict(toll.kills),
                "uploads": len(toll.uploads),
                "lost_s_most": lost[-1] if lost else None,
                "lost_s_median": lost[len(lost) // 2] if lost else None,
                "faults": toll.faults,
            },
            indent=1,
        )
    )
    sys.exit(1 if toll.faults else 0)


if __name__ == "__main__":
    main()
