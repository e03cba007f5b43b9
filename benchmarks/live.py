"""How fast the live view is: the real server and real browsers on this machine.

    python -m benchmarks.live                         # 1, 4 and 16 faces, 60 seconds each
    python -m benchmarks.live --faces 1 --slow 0.2 --seconds 180      # a model that takes 200 ms
    python -m benchmarks.live --faces 1 --browsers 3

Latency is from the camera's frame to its result on the page, by the browser's own clock; "at the end" is
the 95th percentile of the last third, as much as the whole where latency does not grow. Needs Chromium
and the `dev` extra; `nice` and other load change the figures, so run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from inference import Crop, Readings, ValenceModel
from tests.chromium import ROOT, crowd, launch

TOKEN = "the-token-of-this-benchmark"
SETTLE = 5.0
"""Seconds before measuring: connecting, and the encoder's first guesses at the bitrate."""

# Notes every result as it changes the status line.
NOTE = """() => {
  const status = document.querySelector("#status");
  window.noted = [];
  new MutationObserver(() => {
    const { frame, latencyMs, dropped, size } = status.dataset;
    const last = window.noted.at(-1);
    if (!last || last[1] !== Number(frame))
      window.noted.push([performance.now(), Number(frame), Number(latencyMs), Number(dropped), size]);
  }).observe(status, { attributes: true, attributeFilter: ["data-latency-ms"] });
}"""


class SlowModel(ValenceModel):
    """The model, made to take `delay` seconds longer for every batch."""

    delay = 0.0

    def read(self, crops: Sequence[Crop]) -> Readings:
        time.sleep(self.delay)
        return super().read(crops)


@dataclass(frozen=True)
class Figures:
    """What one browser saw, and what the server needed meanwhile."""

    faces: int
    faces_shown: float
    """Rows in the table at the end."""
    browsers: int
    seconds: float
    fps: float
    """Analysed frames a second."""
    latency_p50_ms: float
    latency_p95_ms: float
    latency_last_third_p95_ms: float
    dropped: int
    sizes: list[str]
    """Every size at which the camera's picture arrived."""
    server_cpu: float
    """Cores."""
    server_mb_start: float
    server_mb_end: float


def serve(port: int, folder: Path, delay: float) -> None:
    """The server, in this process."""
    import uvicorn

    from analysis.engine import Engine
    from analysis.settings import AnalysisSettings
    from inference.manifest import load
    from results import Store
    from web.app import create_app
    from web.state import ServerSettings

    model = SlowModel(load())
    model.warm_up()
    model.delay = delay
    with Store(folder) as store:
        app = create_app(Engine(AnalysisSettings(), model, store), ServerSettings(token=TOKEN))
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


@contextlib.contextmanager
def server(folder: Path, delay: float) -> Iterator[tuple[str, psutil.Process]]:
    """The server, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.live", "--serve", str(port), str(folder), str(delay)]
    running = subprocess.Popen(command, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=1):
                break
            time.sleep(0.1)
        else:
            raise SystemExit("the server did not start")
        yield url, psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait(20)


def measure(faces: int, seconds: float, delay: float, browsers: int) -> Figures:
    """One run: the first browser's figures."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        camera = crowd(faces, folder, seconds=10)
        with server(folder / "sessions", delay) as (url, process):
            opened, pages = [], []
            for _ in range(browsers):
                opened.append(launch(playwright, camera))
                page = opened[-1].new_page(viewport={"width": 1280, "height": 860})
                page.goto(f"{url}/?token={TOKEN}")
                page.click('[data-action="start"]')
                page.wait_for_selector("[data-face-id]", timeout=60_000)
                pages.append(page)
            pages[0].wait_for_timeout(SETTLE * 1000)
            pages[0].evaluate(NOTE)
            process.cpu_percent()
            start = process.memory_info().rss / 1e6
            pages[0].wait_for_timeout(seconds * 1000)
            cpu, end = process.cpu_percent() / 100, process.memory_info().rss / 1e6
            noted: list[list[Any]] = pages[0].evaluate("window.noted")
            shown = pages[0].evaluate("document.querySelectorAll('tr[data-face-id]').length")
            for page, browser in zip(pages, opened, strict=True):
                page.click('[data-action="stop"]')
                browser.close()
    if len(noted) < 3:
        raise SystemExit("no results came; is the camera's clip readable?")
    moments = [row[0] for row in noted]
    latency = np.array([row[2] for row in noted])
    return Figures(
        faces=faces,
        faces_shown=shown,
        browsers=browsers,
        seconds=seconds,
        fps=round((len(noted) - 1) / (moments[-1] - moments[0]) * 1000, 1),
        latency_p50_ms=round(float(np.percentile(latency, 50)), 1),
        latency_p95_ms=round(float(np.percentile(latency, 95)), 1),
        latency_last_third_p95_ms=round(float(np.percentile(latency[-len(latency) // 3 :], 95)), 1),
        dropped=noted[-1][3] - noted[0][3],
        sizes=sorted({row[4] for row in noted}),
        server_cpu=round(cpu, 2),
        server_mb_start=round(start, 1),
        server_mb_end=round(end, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--slow", type=float, default=0.0, help="seconds that every batch takes longer")
    parser.add_argument("--browsers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--serve", nargs=3, metavar=("PORT", "FOLDER", "DELAY"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(int(given.serve[0]), Path(given.serve[1]), float(given.serve[2]))
        return
    if not given.json:
        print("faces  shown  frames/s  latency p50    p95  at the end  dropped  sizes    cores  MB from..to")
    for faces in given.faces:
        f = measure(faces, given.seconds, given.slow, given.browsers)
        if given.json:
            print(json.dumps(asdict(f)), flush=True)
        else:
            print(
                f"{f.faces:5}  {f.faces_shown:5}  {f.fps:8}  {f.latency_p50_ms:8} ms"
                f"  {f.latency_p95_ms:5}  {f.latency_last_third_p95_ms:10}  {f.dropped:7}"
                f"  {' '.join(f.sizes):7}  {f.server_cpu:5}  {f.server_mb_start:.0f}..{f.server_mb_end:.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
