"""How long uploads take, one after the other or side by side, and what a live session beside them keeps.

    python -m benchmarks.uploads --workers 2 --files 2           # two at once
    python -m benchmarks.uploads --workers 2 --files 2 --live    # with a camera at 30 frames a second beside
    them

Times are from the last upload's answer to the last one's end, with the workers warm (a first picture is
analysed before). The camera is a WebRTC peer in a process of its own. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.files import repeat
from tests.chromium import ROOT
from tests.web.asking import TOKEN
from tests.web.serving import free_port

LOOK = 0.5
"""Seconds between two questions whether all is done: each costs the server work too."""
SETTLE = 3.0
"""Seconds that the camera plays before the files come."""


@contextlib.contextmanager
def server(folder: Path, workers: int) -> Iterator[httpx.Client]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    known = {**os.environ, "VALENCE_TOKEN": TOKEN, "VALENCE_WORKERS": str(workers)}
    known["VALENCE_SESSIONS"] = str(folder)
    command = [
        sys.executable,
        "-m",
        "valence",
        "serve",
        "--port",
        str(port),
        "--device",
        "cpu",
        "--no-open",
        "--no-examples",
    ]
    running = subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.DEVNULL)
    headers = {"authorization": f"Bearer {TOKEN}"}
    try:
        with httpx.Client(base_url=address, headers=headers, timeout=120, trust_env=False) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if client.get("/health").status_code == 200:
                        break
                time.sleep(0.1)
            yield client
    finally:
        running.terminate()
        running.wait(30)


def finish(client: httpx.Client, files: list[Path]) -> float:
    """Uploads the files and returns the seconds until all are done."""
    jobs = []
    for path in files:
        with path.open("rb") as file:
            jobs += client.post("/api/analyses", files={"file": (path.name, file)}).json()
    began = time.monotonic()
    waiting = {job["id"] for job in jobs}
    while waiting:
        time.sleep(LOOK)
        for job in client.get("/api/analyses").json():
            if job["id"] in waiting and job["status"] in ("done", "failed"):
                assert job["status"] == "done", job["error"]
                waiting.discard(job["id"])
    return time.monotonic() - began


def play(address: str) -> None:
    """In a process of its own: a camera, measured from one line of input to the next; prints the frames a
    second that came back.
    """
    from tests.web.peers import ClipTrack, Peer

    async def camera() -> float:
        peer = Peer(address)
        peer.connection.addTrack(ClipTrack(rate=30))
        await peer.connect()
        await peer.until_frames(30, 30)
        print("playing", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        first, began = len(peer.frames), time.monotonic()
        await asyncio.to_thread(sys.stdin.readline)
        rate = (len(peer.frames) - first) / (time.monotonic() - began)
        await peer.close()
        return rate

    print(json.dumps({"fps": round(asyncio.run(camera()), 1)}), flush=True)


@contextlib.contextmanager
def beside(client: httpx.Client, figures: dict[str, Any]) -> Iterator[None]:
    """A live session while the block lasts."""
    command = [sys.executable, "-m", "benchmarks.uploads", "--play", str(client.base_url).rstrip("/")]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as camera:
        assert camera.stdin is not None and camera.stdout is not None
        assert camera.stdout.readline() == "playing\n"
        time.sleep(SETTLE)
        print(file=camera.stdin, flush=True)
        yield
        print(file=camera.stdin, flush=True)
        figures["live_fps"] = json.loads(camera.stdout.readline())["fps"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--files", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=4, help="how often the sample clip is in a file")
    parser.add_argument("--live", action="store_true", help="a camera beside them")
    parser.add_argument("--play", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.play:
        play(given.play)
        return
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "sessions", given.workers) as client:
        files = [Path(folder) / f"clip{number}.mp4" for number in range(given.files)]
        for path in files:
            repeat(ROOT / "media" / "sample.mp4", given.repeat, path)
        finish(client, [ROOT / "media" / "one_face.jpg"] * given.workers)
        figures: dict[str, Any] = {"workers": given.workers, "files": given.files}
        with beside(client, figures) if given.live else contextlib.nullcontext():
            figures["seconds"] = round(finish(client, files), 2)
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
