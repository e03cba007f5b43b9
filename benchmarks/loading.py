"""How soon pages are there on slow lines, with nothing in the browser's cache.

    python -m benchmarks.loading                 # three lines, every page, three times each
    python -m benchmarks.loading --sessions 1000 --turns 5

A server in a process of its own holds so many sessions and a study of three viewers; Chromium is given a line
of 1.6 Mbit/s and 150 ms, then one of 400 kbit/s and 400 ms, then none at all that is slow. Shown for each
page: when something is painted first, when it can be used (its data are there), what was sent, in how many
answers.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from results import Store, Studies, Viewings
from tests.chromium import launch
from tests.web import asking
from tests.web.browsing import signs_in, wait_for
from tests.web.serving import free_port, process
from tests.web.storing import react, stored

LINES = {"1.6 Mbit/s, 150 ms": (200_000, 150), "400 kbit/s, 400 ms": (50_000, 400), "this machine": (0, 0)}
"""Bytes a second, and milliseconds that each answer takes longer."""

LOADED = "document.readyState === 'complete'"
READY: Mapping[str, str] = {
    "live": LOADED,
    "upload": LOADED,
    "library": "document.querySelector('tr[data-session]')",
    "session": "document.body?.dataset.ready",
    "studies": "document.querySelector('main a[href^=\"/studies/\"]')",
    "study": "document.body?.dataset.ready",
    "help": LOADED,
    "about": LOADED,
    "docs": LOADED,
    "participant": "document.querySelector('.take-part')?.dataset.state === 'consent'",
}
"""When a page can be used: an expression that is true then."""


def furnish(folder: Path, sessions: int) -> str:
    """Sessions and a study; the id of a session."""
    with Store(folder) as store:
        for number in range(sessions):
            stored(store, f"clip {number}")
        viewers = [react(store, f"viewer {n}") for n in range(3)]
        studies = Studies(store)
        studies.create("Spring")
        studies.add_stimulus("spring", "Spot", 10)
        for viewer in viewers:
            Viewings(store).attach("spring", "spot", viewer)
        return viewers[0]


def load(page: Any, address: str, line: tuple[int, int], ready: str) -> tuple[float, float, int, int]:
    """Seconds to the first paint and until `ready`, bytes that were sent, and answers."""
    rate, wait = line
    devtools = page.context.new_cdp_session(page)
    page.goto("about:blank")
    devtools.send("Network.enable")
    devtools.send("Network.clearBrowserCache")
    limits = {
        "offline": False,
        "latency": wait,
        "downloadThroughput": rate or -1,
        "uploadThroughput": rate or -1,
    }
    devtools.send("Network.emulateNetworkConditions", limits)
    sent: list[int] = []
    devtools.on("Network.loadingFinished", lambda told: sent.append(int(told["encodedDataLength"])))
    began = time.monotonic()
    page.goto(address, wait_until="commit")
    wait_for(page, f"Boolean({ready})", 60)
    usable = time.monotonic() - began
    wait_for(page, "performance.getEntriesByName('first-contentful-paint').length > 0", 60)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
    devtools.detach()
    return painted, usable, sum(sent), len(sent)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        session = furnish(Path(name) / "sessions", given.sessions)
        with process(Path(name) / "sessions", port), sync_playwright() as playwright:
            link = asking.post(f"{url}/api/studies/spring/links", json={"stimulus": "spot"}).json()["address"]
            paths = {"live": "/", "upload": "/upload", "library": "/sessions", "studies": "/studies"}
            paths |= {"session": f"/sessions/{session}", "study": "/studies/spring", "help": "/help"}
            paths |= {"about": "/about", "docs": "/docs", "participant": urlsplit(link).path}
            browser = launch(playwright)
            page = signs_in(browser.new_page())
            page.goto(url)
            for line, limits in LINES.items():
                print(f"{line}, {given.sessions} sessions (medians of {given.turns})")
                for what, path in paths.items():
                    turns = [load(page, url + path, limits, READY[what]) for _ in range(given.turns)]
                    painted, usable, size, answers = (
                        statistics.median(one) for one in zip(*turns, strict=True)
                    )
                    print(f"  {what:12} painted {painted:5.2f} s, usable {usable:5.2f} s", end="")
                    print(f" ({size / 1000:4.0f} KB in {answers:2.0f} answers)", flush=True)
            browser.close()


if __name__ == "__main__":
    main()
