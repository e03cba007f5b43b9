"""A study with a video that five people saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from results import Studies, Viewings
from tests.web.serving import Served
from tests.web.storing import react
from tests.web.uploading import numbered_clip


@pytest.fixture(scope="module")
def ad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stimulus of ten seconds."""
    path = tmp_path_factory.mktemp("stimulus") / "ad.mp4"
    numbered_clip(path, frames=300)
    return path


@pytest.fixture
def studies(served: Served) -> Studies:
    made = Studies(served.store)
    made.create("Spring")
    return made


@pytest.fixture
def watched(served: Served, studies: Studies, ad: Path) -> Served:
    """Spring has a video that five viewers saw, with a peak at 4 s, and a spot that four of them heard."""
    kept = studies.upload_folder() / "ad.mp4"
    kept.write_bytes(ad.read_bytes())
    studies.add_stimulus("spring", "Ad", 10, kept)
    studies.add_stimulus("spring", "Spot", 8)
    viewings = Viewings(served.store)
    for n in range(5):
        viewings.attach("spring", "ad", react(served.store, f"viewer {n}", level=0.03 * n))
    for n in range(4):
        viewings.attach("spring", "spot", react(served.store, f"viewer {n}", 6.0, level=0.03 * n - 0.3))
    return served
