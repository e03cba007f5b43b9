"""Pages in Chromium: waiting for them, pictures of them, and the steps that several tests take."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.web.asking import TOKEN

SCREENS = os.environ.get("VALENCE_SCREENS")
"""A folder in which the screenshots are kept; without it they are made and thrown away."""

# Keeps every message of the data channel `valence`.
LISTEN = """
window.messages = [];
const create = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (label, ...rest) {
  const channel = create.call(this, label, ...rest);
  channel.addEventListener("message", (e) => label === "valence" && window.messages.push(JSON.parse(e.data)));
  return channel;
};
"""


# What makes the page wider than its window: nothing, or the elements that stick out furthest.
WIDER = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const past = (one) => one.getBoundingClientRect().right - root.clientWidth;
  const out = [...document.body.querySelectorAll("*")].filter((one) => past(one) > 0.5);
  return out.sort((a, b) => past(b) - past(a)).slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
}"""


def wait_for(page: Any, expression: str, seconds: float = 60) -> None:
    """Waits for a JavaScript expression to be true.

    Playwright's own `wait_for_function` evaluates in the page, which its Content Security Policy forbids.
    """
    began = time.monotonic()
    while not page.evaluate(expression):
        assert time.monotonic() - began < seconds, f"not after {seconds} s: {expression}"
        page.wait_for_timeout(30)


def barriers(page: Any) -> list[str]:
    """What axe-core finds on the page as it is now: rule, and the elements that break it."""
    page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)")
    return [f"{one['id']}: {[node['target'] for node in one['nodes']][:5]}" for one in found]


def shoot(page: Any, name: str) -> None:
    """Screenshots at two widths in two schemes: nothing sticks out, and nothing keeps anybody out (axe)."""
    page.set_viewport_size({"width": 320, "height": 700})
    page.wait_for_timeout(200)
    assert page.evaluate(WIDER) == [], f"{name} at 320 px"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (400, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(200)
            assert page.evaluate(WIDER) == [], f"{name} at {width} px"
            if (scheme == "light") == (width == 1280):
                found = barriers(page)
                assert not found, f"{name} at {width} px, {scheme}: {found}"
            picture = page.screenshot(full_page=True)
            if SCREENS:
                Path(SCREENS).mkdir(parents=True, exist_ok=True)
                Path(SCREENS, f"{name}-{width}-{scheme}.png").write_bytes(picture)
    page.emulate_media(color_scheme="light")


def signs_in(page: Any) -> Any:
    """A page whose browser is signed in at every server that it goes to, as by the address that it prints."""
    goto, known = page.goto, set()

    def going(url: str, **given: Any) -> Any:
        server = "/".join(url.split("/")[:3])
        if url.startswith("http") and server not in known and "/t/" not in url and "/l/" not in url:
            page.context.request.get(f"{server}/?token={TOKEN}")
            known.add(server)
        return goto(url, **given)

    page.goto = going
    return page


def start(page: Any, url: str, faces: int = 1, name: str = "") -> str:
    """Opens the live page, presses Start, waits for so many faces, returns the id of session `name`."""
    page.goto(url)
    page.fill("#name", name)
    page.click('[data-action="start"]')
    wait_for(page, f"document.querySelectorAll('[data-face-id]').length >= {faces}", 60)
    return str(page.get_attribute("#session", "data-session"))


def frame_of(page: Any) -> int:
    """The number of the latest frame that the page has shown."""
    return int(page.get_attribute("#status", "data-frame") or -1)
