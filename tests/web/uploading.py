"""A server that analyses uploads, clips to send to it, and waiting for what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import accumulate, cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from inference import ValenceModel
from tests import ROOT
from tests.web import asking
from tests.web.serving import SAMPLE, Served, serving, wait_until
from web.state import ServerSettings
from web.uploads.analyses import Analyze

NO_FACE = ROOT / "media" / "no_face.jpg"
ONE_FACE = ROOT / "media" / "one_face.jpg"
TICK = Fraction(1, 90_000)
BITS, BLOCK = 9, 24
"""A numbered clip's frames have their number in their lowest rows: BITS squares of BLOCK pixels."""


@contextmanager
def taking_uploads(
    folder: Path, model: ValenceModel, analyze: Analyze | None = None, limit: int = 50 * 1024**2
) -> Iterator[Served]:
    """A server whose uploads are analysed as by `valence serve`, or by `analyze`."""
    with serving(folder, model, ServerSettings(version="test", upload_limit=limit), analyze) as served:
        yield served


def send(url: str, *paths: Path) -> list[dict[str, Any]]:
    """Uploads files in one request."""
    files = [("file", (path.name, path.read_bytes())) for path in paths]
    answer = asking.post(f"{url}/api/analyses", files=files, timeout=60)
    assert answer.status_code == 202, answer.text
    jobs: list[dict[str, Any]] = answer.json()
    return jobs


def outcome(url: str, job: dict[str, Any], seconds: float = 90) -> dict[str, Any]:
    """The job once it is done or has failed."""
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(asking.get(f"{url}/api/analyses/{job['id']}", timeout=30).json())
        return found["status"] in ("done", "failed")

    wait_until(over, seconds)
    return found


def numbered_clip(
    path: Path, frames: int = 60, ticks: tuple[int, ...] = (3000,), start: int = 0, codec: str = "libx264"
) -> list[float]:
    """The sample's first frames with their numbers in the picture; returns when each is shown, in seconds.

    ticks: how long frames are shown, in 1/90,000 s, over and over; start: when the first one is.
    """
    times = [start, *accumulate(islice(cycle(ticks), frames - 1), initial=start)][1:]
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w") as target:
        # Chromium 150 takes a frame's duration from the order of decoding: where frames are reordered and
        # unevenly spaced, it never shows some of them when it seeks.
        stream = target.add_stream(codec, rate=30, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.codec_context.time_base = stream.time_base = TICK if codec == "libx264" else Fraction(1, 30)
        for number, picture in enumerate(islice(source.decode(video=0), frames)):
            image = np.ascontiguousarray(picture.to_ndarray(format="bgr24"))
            for bit in range(BITS):
                image[-BLOCK:, bit * BLOCK : (bit + 1) * BLOCK] = 255 * (number >> bit & 1)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = times[number] if codec == "libx264" else number
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return [float((time - start) * TICK) for time in times]


def files_below(folder: Path) -> set[str]:
    """Every file of a sessions folder except the database's own."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith("valence.db")}
