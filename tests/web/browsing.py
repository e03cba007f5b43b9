"""Chromium with a video as its camera."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from serving import ROOT

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
)

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


def need_chromium() -> None:
    """Skips the test, with the reason, where no browser can be driven."""
    pytest.importorskip("playwright", reason="Playwright is not installed (the 'dev' extra)")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")


def launch(playwright: Any, camera: Path, *flags: str) -> Any:
    """A browser whose camera plays the MJPEG file `camera` over and over."""
    own = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *own, *flags])


def wait_for(page: Any, expression: str, seconds: float = 60) -> None:
    """Waits for a JavaScript expression to be true.

    Playwright's own `wait_for_function` evaluates in the page, which its Content Security Policy forbids.
    """
    began = time.monotonic()
    while not page.evaluate(expression):
        assert time.monotonic() - began < seconds, f"not after {seconds} s: {expression}"
        page.wait_for_timeout(30)


def as_camera(clip: Path, target: Path) -> Path:
    """`clip` as MJPEG, the form in which Chromium takes a video for its camera."""
    with av.open(str(clip)) as container, target.open("wb") as out:
        for picture in container.decode(video=0):
            image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
            out.write(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return target


def crowd(faces: int, folder: Path, seconds: int = 3) -> Path:
    """A camera with so many faces."""
    clip = folder / f"crowd{faces}.mp4"
    command = [sys.executable, "media/crowd.py", str(faces), str(clip), "--seconds", str(seconds)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return as_camera(clip, folder / f"crowd{faces}.mjpeg")


def start(page: Any, url: str, faces: int = 1) -> str:
    """Opens the live page, presses Start, waits for so many faces, and returns the session's id."""
    page.goto(url)
    page.click('[data-action="start"]')
    wait_for(page, f"document.querySelectorAll('[data-face-id]').length >= {faces}", 60)
    return str(page.get_attribute("#session", "data-session"))


def frame_of(page: Any) -> int:
    """The number of the latest frame that the page has shown."""
    return int(page.get_attribute("#status", "data-frame") or -1)
