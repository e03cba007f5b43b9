"""A small crowd, as the benchmark sends it, against a server with small bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crowded import Crowd, measure
from tests.web.serving import free_port, process
from web.live.offers import MOST

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("addresses", [1, 3])
def test_a_crowd_shuts_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addresses: int) -> None:
    monkeypatch.setenv("VALENCE_CONNECTIONS_PER_ADDRESS", "40")
    port, crowd = free_port(), Crowd(idle=80, half=40, body_mb=5, offers=12, addresses=addresses)
    with process(tmp_path / "sessions", port) as running:
        figures = measure(f"http://127.0.0.1:{port}", running.pid, crowd, hold=0, settle=0)
    assert figures.asked > 0 and figures.failed == []
    assert figures.offers == {200: MOST, 429: 12 - MOST}
    assert set(figures.bodies) <= {413, 0}
    assert figures.mb_peak - figures.mb_before < 100
    if addresses == 1:
        assert figures.sockets < 40 + 30, "the crowd's, somebody else's, and those of four offers"
