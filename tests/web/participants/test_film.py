"""The video of a participant's camera: it never holds up the end of a session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from web.participants.film import WAITING, Film


@pytest.mark.parametrize("error", [OSError("disk is full"), ValueError("a codec's own"), MemoryError()])
async def test_what_cannot_be_encoded_ends_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(_path: Path) -> None:
        raise error

    monkeypatch.setattr("web.participants.film.AnnotatedVideo", broken)
    film = Film()
    film.path = tmp_path / "recording.mp4"
    result: Any = SimpleNamespace(shot=SimpleNamespace())
    for _ in range(3 * WAITING):
        film(result)
    async with asyncio.timeout(20):
        assert await film.close() is None
