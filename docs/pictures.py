"""The pictures of these pages, made by the product itself from the sample clip:

python -m docs.pictures

Needs Chromium and the development packages. About a minute.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import av
from PIL import Image

import valence
from analysis.examples import SAMPLE, SCENES
from inference import ValenceModel
from results import Store, Studies, Viewings
from tests.chromium import launch
from tests.web import asking
from tests.web.browsing import signs_in, wait_for
from tests.web.serving import serving

PICTURES = Path(__file__).resolve().parent / "pictures"
WIDTH = 1000
"""Pixels of a picture; pages are shown in a window of 1280."""
BEGINNINGS = (0.0, 0.4, 0.8)
"""Seconds by which the clip is shifted: three times two faces stand for six viewers, so there is a band."""


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(
            temporary
        )  # pages name a file as it was named: without the folders of whoever makes pictures
        folder, clip = Path("sessions"), Path("sample.mp4")
        shutil.copy2(SAMPLE, clip)
        sessions = [valence.analyze(clip, folder=folder, annotate=number == 0) for number in range(3)]
        _annotated(sessions[0].files["annotated"])
        with Store(folder) as store:
            study = _study(store, [session.id for session in sessions])
        model = ValenceModel.open(device="cpu")
        from playwright.sync_api import sync_playwright

        with serving(folder, model) as served, sync_playwright() as driver:
            browser = launch(driver)
            page = signs_in(browser.new_page(viewport={"width": 1280, "height": 960}))
            page.goto(f"{served.url}/sessions/{sessions[0].id}")
            _seen(page, "session")
            page.goto(f"{served.url}/studies/{study}")
            _seen(page, "study")
            report = Path(temporary) / "report.html"
            report.write_bytes(
                asking.get(f"{served.url}/api/studies/{study}/report.html", timeout=300).content
            )
            page.goto(report.as_uri())
            page.wait_for_timeout(1000)
            _keep(page.screenshot(), "report")
            browser.close()


def _study(store: Store, sessions: list[str]) -> str:
    studies, viewings = Studies(store), Viewings(store)
    study = studies.create("Sample study", keep_media=True)
    stimulus = studies.add_stimulus(study.id, "The sample clip", 12.0, SAMPLE)
    for name, start, end in SCENES:
        studies.set_segment(study.id, stimulus.id, name, start, end)
    for number, (session, offset) in enumerate(zip(sessions, BEGINNINGS, strict=True)):
        for face in (1, 2):
            viewer = f"Viewer {2 * number + face}"
            viewings.attach(study.id, stimulus.id, session, viewer=viewer, face_id=face, offset_s=offset)
    return study.id


def _annotated(video: Path, at: int = 200) -> None:
    with av.open(str(video)) as container:
        frame = next(frame for number, frame in enumerate(container.decode(video=0)) if number == at)
        _webp(frame.to_image(), "annotated")


def _seen(page: Any, name: str) -> None:
    """A picture of the page once its curve is there, in the middle of the clip."""
    wait_for(
        page, "document.querySelector('#moments').children.length && !!document.querySelector('video')", 300
    )
    wait_for(page, "document.querySelector('video').readyState >= 2", 300)
    page.evaluate("document.querySelector('video').currentTime = 6.5")
    page.wait_for_timeout(3000)
    _keep(page.screenshot(), name)


def _keep(png: bytes, name: str) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    _webp(
        picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS), name
    )


def _webp(picture: Image.Image, name: str) -> None:
    picture.save(PICTURES / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
