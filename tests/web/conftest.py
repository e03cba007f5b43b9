"""What all tests of the web room share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import ValenceModel

sys.path.insert(0, str(Path(__file__).parent))  # for `serving`, `browsing` and `peers`, which are no tests

from serving import Served, serving


@pytest.fixture(scope="session")
def model() -> ValenceModel:
    opened = ValenceModel.open(device="cpu")
    opened.warm_up()
    return opened


@pytest.fixture
def served(tmp_path: Path, model: ValenceModel) -> Iterator[Served]:
    with serving(tmp_path / "sessions", model) as running:
        yield running
