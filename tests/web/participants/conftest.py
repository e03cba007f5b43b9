"""A camera that sees one face, a study, and something to watch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from results import Studies
from tests.chromium import seeing_one_face
from tests.web.serving import Served
from tests.web.uploading import numbered_clip


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Its camera sees one face."""
    with seeing_one_face(playwright, tmp_path_factory.mktemp("camera")) as opened:
        yield opened


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A stimulus of ten seconds whose frames carry their numbers, and when each is shown."""
    path = tmp_path_factory.mktemp("stimulus") / "ad.mp4"
    return path, numbered_clip(path, frames=300)


@pytest.fixture
def studies(served: Served) -> Studies:
    """Has a study with something that is shown elsewhere, for six seconds."""
    made = Studies(served.store)
    made.create("Spring")
    made.add_stimulus("spring", "Spot", 6)
    return made
