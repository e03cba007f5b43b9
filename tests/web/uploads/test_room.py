"""A disk that has less room than what is sent to it: said at once, and as bytes come."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from inference import ValenceModel
from tests.web import asking
from tests.web.serving import Served, serving, wait_until
from tests.web.uploading import files_below
from web.state import ServerSettings
from web.uploads.receiving import ReceiveError
from web.uploads.room import SPARE, STEP, Room

MB = 1024**2
START = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
FORM = {"content-type": "multipart/form-data; boundary=b"}


class Disk:
    """Says what is free."""

    def __init__(self) -> None:
        self.free = SPARE + 100 * MB

    def __call__(self, path: Path) -> Any:
        return _USAGE._replace(free=self.free)


_USAGE = shutil.disk_usage(Path(__file__).parent)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr("web.uploads.room.shutil.disk_usage", made)
    return made


@pytest.fixture
def study(served: Served) -> str:
    made = asking.post(f"{served.url}/api/studies", json={"name": "S"}).json()
    return f"{served.url}/api/studies/{made['study']}/stimuli"


async def test_what_is_under_way_counts(disk: Disk, tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.claim(60 * MB) as first:
        with pytest.raises(ReceiveError, match="no room"):
            async with room.claim(60 * MB):
                pass
        async with room.claim(40 * MB):
            pass
        first.take(60 * MB)
        disk.free -= 60 * MB
        async with room.claim(40 * MB):
            pass
    disk.free += 60 * MB
    async with room.claim(100 * MB):
        pass


async def test_what_announces_nothing_leaves_to_others_what_is_theirs(disk: Disk, tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.claim(60 * MB) as known, room.claim(0) as unknown:
        for _ in range(2):
            unknown.take(STEP)
            disk.free -= STEP
        unknown.take(STEP - 1)
        disk.free -= STEP
        with pytest.raises(ReceiveError, match="no room") as caught:
            unknown.take(1)
        assert caught.value.status == 507
        known.take(STEP)


async def test_who_has_announced_is_stopped_only_by_a_full_disk(disk: Disk, tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.claim(90 * MB) as claim:
        claim.take(STEP)
        disk.free = SPARE - 1
        with pytest.raises(ReceiveError):
            claim.take(STEP)


@pytest.mark.parametrize("where", ["analyses", "stimuli"])
def test_a_body_without_a_length_stops_where_the_disk_ends(
    served: Served, study: str, disk: Disk, where: str
) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        yield START
        for _ in range(400):
            sent += MB
            disk.free -= MB
            yield bytes(MB)

    url = study if where == "stimuli" else f"{served.url}/api/analyses"
    try:
        answer = asking.post(url, content=body(), headers=FORM, timeout=60)
    except httpx.TransportError:  # the server hung up while the rest was still being sent
        pass
    else:
        assert answer.status_code == 507 and "no room" in answer.json()["detail"]
    assert sent < 200 * MB
    wait_until(lambda: files_below(served.store.root) == set(), 10)


@pytest.mark.parametrize("where", ["analyses", "stimuli"])
def test_two_that_fit_alone_do_not_fit_together(served: Served, study: str, disk: Disk, where: str) -> None:
    url = httpx.URL(study if where == "stimuli" else f"{served.url}/api/analyses")
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {60 * MB}\r\n"
        f"Content-Type: {FORM['content-type']}\r\nAuthorization: Bearer {asking.TOKEN}\r\n\r\n"
    ).encode()
    with closing(socket.create_connection((url.host, url.port), 20)) as first:
        first.sendall(head + START)
        wait_until(lambda: len(served.state.room._claims) == 1, 10)
        with closing(socket.create_connection((url.host, url.port), 20)) as second:
            second.sendall(head)  # nothing of the body: the answer does not wait for it
            assert second.recv(4096).startswith(b"HTTP/1.1 507")
    wait_until(lambda: not served.state.room._claims, 10)  # who breaks off leaves its claim


def test_a_stimulus_that_says_that_it_is_too_large_is_refused_at_once(
    tmp_path: Path, model: ValenceModel
) -> None:
    settings = ServerSettings(version="test", upload_limit=10 * MB)
    with serving(tmp_path / "s", model, settings) as served:
        made = asking.post(f"{served.url}/api/studies", json={"name": "S"}).json()
        url = httpx.URL(f"{served.url}/api/studies/{made['study']}/stimuli")
        head = (
            f"POST {url.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {20 * MB}\r\n"
            f"Content-Type: {FORM['content-type']}\r\nAuthorization: Bearer {asking.TOKEN}\r\n\r\n"
        ).encode()
        with closing(socket.create_connection((url.host, url.port), 20)) as opened:
            opened.sendall(head)
            answer = b""
            while not answer.endswith(b"}"):
                answer += opened.recv(4096)
            assert answer.startswith(b"HTTP/1.1 413") and b"at most 10 MB" in answer
