"""A browser whose camera shows the sample clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import as_camera, launch, need_chromium
from tests.web.browsing import LISTEN
from tests.web.serving import SAMPLE


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_chromium()
    return as_camera(SAMPLE, tmp_path_factory.mktemp("camera") / "sample.mjpeg")


@pytest.fixture(scope="module")
def browser(playwright: Any, camera: Path) -> Iterator[Any]:
    opened = launch(playwright, camera)
    yield opened
    opened.close()


@pytest.fixture
def page(page: Any) -> Any:
    page.add_init_script(LISTEN)
    return page
