"""What is lost while a database or a disk is away: a live session and an upload, and the outage in their
middle.

    python -m benchmarks.outages locked 40            # another program holds SQLite's lock
    python -m benchmarks.outages folder 20            # the sessions folder is moved away, and back
    python -m benchmarks.outages disk 20              # the disk is full, and has room again (root, Linux)
    python -m benchmarks.outages postgresql 60        # PostgreSQL is stopped, and started again

Prints, as JSON, how many of the samples that the page was told are stored, what the page was told of the
outage, and what became of the upload. Exits with 1 where a sample is missing or anything did not come to its
end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.files import repeat
from benchmarks.killing import Server
from results import State, Store
from tests.chromium import ROOT
from tests.web import asking
from tests.web.peers import ClipTrack, Peer, until

Outage = tuple[Callable[[], None], Callable[[], None]]
"""What begins it, and what ends it."""
AFTER = 60.0
"""Seconds within which all must be well again."""


@contextlib.contextmanager
def locked(work: Path) -> Iterator[tuple[Path, str | None, Outage]]:
    held: list[sqlite3.Connection] = []

    def begin() -> None:
        held.append(sqlite3.connect(work / "sessions" / "valence.db", isolation_level=None))
        held[0].execute("BEGIN IMMEDIATE")

    def end() -> None:
        held[0].execute("ROLLBACK")
        held[0].close()

    yield work / "sessions", None, (begin, end)


@contextlib.contextmanager
def folder(work: Path) -> Iterator[tuple[Path, str | None, Outage]]:
    here, there = work / "sessions", work / "elsewhere"

    def begin() -> None:
        here.rename(there)

    def end() -> None:
        there.rename(here)

    yield here, None, (begin, end)


@contextlib.contextmanager
def disk(work: Path) -> Iterator[tuple[Path, str | None, Outage]]:
    mounted = work / "disk"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(mounted)], check=True)
    filler = mounted / "filler"

    def begin() -> None:
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(4096))

    try:
        yield mounted / "sessions", None, (begin, filler.unlink)
    finally:
        subprocess.run(["umount", "-l", str(mounted)], check=True)


@contextlib.contextmanager
def postgresql(work: Path) -> Iterator[tuple[Path, str | None, Outage]]:
    user = "nobody" if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="valence-pg-"))
    if user:
        shutil.chown(home, user)

    def run(*command: object) -> None:
        words = [str(part) for part in command]
        subprocess.run(words, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)

    data = home / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories='{home}'"
    run("initdb", "-D", data, "-U", "valence", "-A", "trust", "-E", "UTF8")

    def start() -> None:
        run("pg_ctl", "-D", data, "-o", options, "-l", home / "log", "-w", "start")

    def stop() -> None:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")

    start()
    try:
        yield work / "sessions", f"postgresql+psycopg://valence@/postgres?host={home}", (stop, start)
    finally:
        stop()
        shutil.rmtree(home, ignore_errors=True)


async def measure(
    sessions: Path, url: str | None, outage: Outage, seconds: float, clip: Path
) -> dict[str, Any]:
    if url is not None:
        os.environ["VALENCE_DATABASE_URL"] = url
    server = Server(sessions)
    peer = Peer(server.url)
    try:
        await asyncio.wait_for(server.ready(), 60)
        peer.connection.addTrack(ClipTrack(rate=30))
        await peer.connect()
        async with asking.opened_async(base_url=server.url, timeout=60) as client:
            await client.post("/api/analyses", files={"file": (clip.name, clip.read_bytes())})
        await peer.until_frames(60, 60)
        outage[0]()
        await asyncio.sleep(seconds)
        told = [said["type"] for said in peer.control]
        async with asking.opened_async(base_url=server.url, timeout=60) as client:
            answer = (await client.get("/api/sessions")).status_code
        outage[1]()
        if "held" in told:
            await until(lambda: any(said["type"] == "stored" for said in peer.control), AFTER)
        peer.say("stop")
        with Store(sessions, url) as store:
            await until(lambda: store.get(peer.session).state is not State.RUNNING, AFTER)
            session = store.get(peer.session)
            samples = store.samples(peer.session)
            jobs = await server.jobs()
            while not all(job["status"] in ("done", "failed") for job in jobs):
                await asyncio.sleep(0.5)
                jobs = await server.jobs()
            stored = set(zip(samples.frame.tolist(), samples.face_id.tolist(), strict=True))
            heard = {(f["frame"], face["face_id"]) for f in peer.frames for face in f["faces"]}
            return {
                "heard": len(heard),
                "missing": len(heard - stored),
                "state": session.state.value,
                "said_held": told.count("held"),
                "answer_meanwhile": answer,
                "upload": [job["error"] or job["status"] for job in jobs],
                "running": sum(one.state is State.RUNNING for one in store.sessions()),
            }
    finally:
        await peer.close()
        server.process.terminate()
        server.process.wait(60)


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    kinds = {"locked": locked, "folder": folder, "disk": disk, "postgresql": postgresql}
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("seconds", type=float)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, kinds[given.kind](Path(name)) as (sessions, url, outage):
        clip = Path(name) / "clip.mp4"
        repeat(ROOT / "media" / "sample.mp4", 2, clip)
        found = asyncio.run(measure(sessions, url, outage, given.seconds, clip))
    print(json.dumps({"kind": given.kind, "seconds": given.seconds, **found}))
    fine = found["missing"] == 0 and found["state"] == "done" and found["upload"] == ["done"]
    sys.exit(0 if fine and not found["running"] else 1)


if __name__ == "__main__":
    main()
