"""Stores on a real disk, and sessions with known samples in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from results import Store
from results.audience.panel import Response
from results.sessions.records import Floats
from stream.frames import Box, Sample
from tests.results.made import NOON

# A busy machine may make any example slow; how fast things are is measured elsewhere.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


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


class Synthetic:
    """Viewers whose true common curve is known."""

    duration = 30.0

    @staticmethod
    def truth(time: Floats) -> Floats:
        """The audience's curve: a peak at 8 s, a trough at 20 s, both far from the ends."""
        bumps = 0.45 * np.exp(-(((time - 8) / 2) ** 2)) - 0.4 * np.exp(-(((time - 20) / 2.5) ** 2))
        return np.asarray(0.03 + bumps)

    @staticmethod
    def viewer(rng: np.random.Generator, name: str, differ: float = 1.0) -> Response:
        """Someone who feels the truth in their own strength and mood, seen by a camera of their own frame
        rate, with noise, dropped frames, and up to two stretches in which they are not seen at all."""
        rate = rng.choice([8, 15, 25, 30, 60])
        time = np.arange(0, Synthetic.duration, 1 / rate) + rng.uniform(0, 1 / rate)
        strength, mood = rng.normal(1, 0.35 * differ), rng.normal(0, 0.1 * differ)
        drift = np.interp(time, np.arange(32), np.cumsum(rng.normal(0, 0.02 * differ, 32)))
        valence = mood + strength * Synthetic.truth(time) + drift + rng.normal(0, 0.12, len(time))
        there = rng.random(len(time)) > 0.03
        for _ in range(rng.integers(0, 3)):
            start, length = rng.uniform(0, Synthetic.duration), rng.uniform(0.5, 5)
            there &= (time < start) | (time > start + length)
        return Response(name, time[there], valence[there], np.ones(int(there.sum())))


@pytest.fixture
def synthetic() -> type[Synthetic]:
    return Synthetic
