"""Chromium on this machine, for tests and benchmarks: where it is, its flags, and clips as its camera."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests import ROOT

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
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


def need_chromium() -> None:
    """Skips the test, with the reason, where no browser can be driven."""
    pytest.importorskip("playwright", reason="Playwright is not installed (the 'dev' extra)")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")


def launch(playwright: Any, camera: Path | None = None, *flags: str) -> Any:
    """A browser; its camera plays the MJPEG file `camera` over and over."""
    own = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={camera}"]
    given = [*FLAGS, *(own if camera else []), *flags]
    return playwright.chromium.launch(executable_path=str(CHROMIUM), args=given)


def as_camera(clip: Path, target: Path) -> Path:
    """`clip` as MJPEG, the form in which Chromium takes a video for its camera."""
    with av.open(str(clip)) as container, target.open("wb") as out:
        for picture in container.decode(video=0):
            image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
            out.write(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return target


def crowd(faces: int, folder: Path, seconds: int = 3) -> Path:
    """A camera that sees so many moving faces."""
    clip = folder / f"crowd{faces}.mp4"
    command = [sys.executable, "media/crowd.py", str(faces), str(clip), "--seconds", str(seconds)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return as_camera(clip, folder / f"crowd{faces}.mjpeg")


@contextmanager
def seeing_one_face(playwright: Any, folder: Path) -> Iterator[Any]:
    """A browser whose camera sees one face."""
    need_chromium()
    opened = launch(playwright, crowd(1, folder))
    yield opened
    opened.close()
