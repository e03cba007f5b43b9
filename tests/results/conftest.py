"""Stores on a real disk, and sessions with known samples in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from results import Store
from stream.frames import Box, Sample

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "sessions") as opened:
        yield opened


@pytest.fixture
def finished(store: Store) -> str:
    """A video's session: face 1 rises from -0.5 to 0.5 in 3 seconds, face 2 comes late and is carried."""
    with store.begin(
        "clip",
        source="films/clip.mp4",
        kind="video",
        device="CPUExecutionProvider",
        model_name="test-model",
        model_sha256="c0ffee",
        settings={"detector": "hog"},
        created=NOON,
    ) as writer:
        for frame in range(31):
            value = -0.5 + frame / 30
            writer.add(
                [Sample(frame / 10, frame, 1, Box(10, 20, 110.126, 140), value, value * 0.8, 0.9, 0.7)]
            )
            if frame >= 20:
                writer.add([Sample(frame / 10, frame, 2, Box(-5, 0, 40, 45.5), -1e-9, 0.3, 0.4, 0.0)])
        writer.progress(31, 31, 3.0)
        writer.event("cut", "The source ended early.", 3.0)
    return writer.id
