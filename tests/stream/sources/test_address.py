"""Live streams by UDP, TCP, RTSP and RTMP, as cameras and encoders on this computer send them."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from stream.sources import address
from stream.sources.address import Address
from stream.sources.live import LiveError, Shot
from tests import MEDIA
from tests.stream.sources import senders

BOUND = 60
"""Seconds that a busy machine may take."""


async def seen(source: Address, count: int) -> list[Shot]:
    """The first so many shots that were taken."""
    shots: list[Shot] = []
    await source.open()
    try:
        async with asyncio.timeout(BOUND):
            while len(shots) < count and (shot := await source.next()) is not None:
                shots.append(shot)
    finally:
        await source.close()
    return shots


@pytest.mark.parametrize("sender", [senders.by_udp, senders.by_tcp, senders.by_rtsp])
async def test_a_stream_is_read_at_its_own_times_and_ended_without_a_word(
    sender: Callable[[], AbstractContextManager[str]],
) -> None:
    with sender() as url:
        source = Address(url)
        shots = await seen(source, 12)
    times = [shot.time for shot in shots]
    assert shots[0].size == (320, 240)
    assert times == sorted(times)
    assert all(round(10 * time, 2) == round(10 * time) for time in times), "ten pictures a second"
    assert source.notices == [], "nothing broke off: it was left"


async def test_a_stream_of_few_pictures_is_no_broken_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with one picture a second; all is quicker here."""
    monkeypatch.setattr(address, "PATIENCE", 3.0)
    with senders.by_udp(rate=2, whole=1) as url:
        source = Address(url)
        shots = await seen(source, 8)
    assert len(shots) == 8 and source.notices == []


async def test_who_comes_in_the_middle_waits_for_a_whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "PATIENCE", 3.0)
    with senders.by_udp(rate=20, whole=100, skipped=20) as url:
        source = Address(url)
        shots = await seen(source, 5)
    assert len(shots) == 5 and source.notices == []


async def test_where_nothing_comes_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "PATIENCE", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        source = Address(f"tcp://127.0.0.1:{silent.getsockname()[1]}", give_up=0.0)
        with pytest.raises(LiveError, match="gives no picture: nothing came for 0"):
            await seen(source, 1)


async def test_what_never_gives_a_picture_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "_WAITED", 0.5)
    told = "gives no picture: no picture in 0.5 seconds"
    with (
        senders.by_udp(rate=20, whole=10_000, skipped=1) as url,
        pytest.raises(LiveError, match=re.escape(told)),
    ):
        await seen(Address(url, give_up=1.0), 1)


@pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="RTMP is sent by the ffmpeg program, which is not here"
)
async def test_a_stream_by_rtmp_is_read() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"rtmp://127.0.0.1:{free.getsockname()[1]}/live/face"
    sending = ["-v", "error", "-re", "-stream_loop", "-1", "-i", str(MEDIA / "sample.mp4"), "-an"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15", "-f", "flv"]
    process = subprocess.Popen(["ffmpeg", *sending, *coded, "-listen", "1", url], stderr=subprocess.DEVNULL)
    try:
        source = Address(url)
        shots = await seen(source, 10)
    finally:
        process.kill()
        process.wait()
    assert shots[0].size == (640, 480)
    assert not any("broke off" in notice for notice in source.notices)
