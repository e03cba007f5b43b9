"""What all tests of the web room share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inference import ValenceModel
from tests.chromium import launch, need_chromium
from tests.web.browsing import signs_in
from tests.web.serving import Served, serving
from tests.web.uploading import numbered_clip

VARIABLE = (3000, 9000, 1500, 6000, 2250)
"""How long frames are shown, in 1/90,000 s: between 10 and 60 frames a second."""


@pytest.fixture(scope="session")
def model() -> ValenceModel:
    opened = ValenceModel.open(device="cpu")
    opened.warm_up()
    return opened


@pytest.fixture
def served(tmp_path: Path, model: ValenceModel) -> Iterator[Served]:
    with serving(tmp_path / "sessions", model) as running:
        yield running


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Numbered clips: of a steady and of a changing frame rate, with a late start, and of an old codec."""
    folder = tmp_path_factory.mktemp("clips")
    made = {name: folder / f"{name}.mp4" for name in ("regular", "variable", "late")}
    numbered_clip(made["regular"])
    numbered_clip(made["variable"], ticks=VARIABLE)
    numbered_clip(made["late"], ticks=VARIABLE, start=45_000)
    made["old"] = folder / "old.avi"
    numbered_clip(made["old"], frames=20, codec="mpeg4")
    return made


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    """For one module only: while it is open, no asynchronous test can run."""
    need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    opened = launch(playwright)
    yield opened
    opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page; at the end of the test, no script in it has failed and none was forbidden."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = signs_in(context.new_page())
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield opened
    context.close()
    assert errors == []
