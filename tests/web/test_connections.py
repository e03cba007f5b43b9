"""Sockets that do not finish what they begin, too large a header, too many connections of one address."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from inference import ValenceModel
from tests.web import asking
from tests.web.serving import Served, serving, wait_until
from web.addresses import household
from web.connections import Bounds, Connections

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
EVENTS = (
    f"GET /api/analyses/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {asking.TOKEN}\r\n\r\n"
).encode()
UPLOAD = (
    "POST /api/analyses HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    f"Authorization: Bearer {asking.TOKEN}\r\nContent-Length: 1000000\r\n\r\n"
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
).encode()

Limited = Callable[..., Served]


@pytest.fixture
def limited(tmp_path: Path, model: ValenceModel) -> Iterator[Limited]:
    """Starts a server with these bounds."""
    with ExitStack() as stack:
        yield lambda proxies=(), **bounds: stack.enter_context(
            serving(tmp_path / "sessions", model, bounds=Bounds(**bounds), proxies=proxies)
        )


@contextmanager
def connected(served: Served, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    port = int(served.url.rpartition(":")[2])
    with closing(socket.create_connection(("127.0.0.1", port), 20, (address, 0))) as opened:
        yield opened


def status(opened: socket.socket, request: bytes = b"") -> int:
    """Of the answer; 0 where the connection is closed without one."""
    try:
        opened.sendall(request)
        return int(opened.recv(4096).partition(b" ")[2][:3] or 0)
    except ConnectionError:
        return 0


def closed(opened: socket.socket) -> bool:
    """Waits for the other side's end, less long than it keeps an idle connection anyway."""
    opened.settimeout(4)
    try:
        while opened.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


def test_a_header_that_does_not_come_is_not_waited_for(limited: Limited) -> None:
    served = limited(header_seconds=0.3)
    with connected(served) as silent, connected(served) as half, connected(served) as later:
        assert status(later, HEALTH) == 200
        assert status(half, HEALTH[:20]) == 408 and closed(half)
        assert status(silent) == 0
        assert status(later, HEALTH[:20]) in (0, 408), "a later request has no more time than the first"


def test_a_drop_now_and_then_does_not_hold_a_connection(limited: Limited) -> None:
    served = limited(header_seconds=0.3)
    with connected(served) as dripping:
        answered = threading.Event()

        def drip() -> None:
            for byte in HEALTH[:-1] * 20:
                if answered.wait(0.02):
                    return
                dripping.sendall(bytes([byte]))

        sending = threading.Thread(target=drip)
        sending.start()
        assert status(dripping) == 408
        answered.set()
        sending.join()


@pytest.mark.parametrize(
    "header",
    [b"X-Long: " + b"x" * 2_000_000, b"".join(b"X-%d: %s\r\n" % (n, b"x" * 500) for n in range(200))],
)
def test_a_header_has_a_largest_size(limited: Limited, header: bytes) -> None:
    served = limited()
    with connected(served) as opened:
        assert status(opened, HEALTH[:-2] + header) in (0, 431)  # 0: hung up while the rest was being sent
        assert closed(opened)
    with connected(served) as opened:
        assert status(opened, HEALTH[:-2] + b"X-Long: " + b"x" * 60_000 + b"\r\n\r\n") == 200


def test_what_comes_behind_chunks_counts_as_header(limited: Limited) -> None:
    served = limited()
    with connected(served) as opened:
        request = (
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        )
        assert status(opened, request + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 500) for n in range(200))) in (
            0,
            431,
        )
        assert closed(opened)


def test_a_body_that_stalls_is_given_up_and_leaves_nothing(limited: Limited) -> None:
    served = limited(stall=0.3)
    with connected(served) as opened:
        assert status(opened, UPLOAD + bytes(100_000)) == 408
        assert closed(opened)
    folder = served.store.root / ".uploads"
    wait_until(lambda: not any(path.is_file() for path in folder.rglob("*")), 10)


def test_a_body_may_be_slow_but_not_drip(limited: Limited) -> None:
    served = limited(stall=0.6, window=0.5, rate=2000)
    steady, answered = threading.Event(), threading.Event()

    def send(opened: socket.socket, size: int, until: threading.Event) -> None:
        while not until.wait(0.02):
            try:
                opened.sendall(bytes(size))
            except ConnectionError:
                return

    with connected(served) as slow, connected(served) as dripping:
        for opened in (slow, dripping):
            opened.sendall(UPLOAD)
        threads = [
            threading.Thread(target=send, args=(slow, 400, steady)),  # 20 KB/s
            threading.Thread(target=send, args=(dripping, 1, answered)),
        ]
        for thread in threads:
            thread.start()
        assert status(dripping) == 408
        answered.set()
        slow.settimeout(0.3)
        with pytest.raises(TimeoutError):
            slow.recv(1)  # nothing was said to it, and it goes on
        steady.set()
        for thread in threads:
            thread.join()


def test_who_is_idle_makes_room_and_who_is_busy_stays(limited: Limited) -> None:
    served = limited(per_address=3)
    with ExitStack() as stack:
        half, idle, busy = (stack.enter_context(connected(served)) for _ in range(3))
        half.sendall(HEALTH[:20])
        assert status(idle, HEALTH) == 200
        assert status(busy, EVENTS) == 200
        first = stack.enter_context(connected(served))
        assert status(first, EVENTS) == 200 and closed(half)
        second = stack.enter_context(connected(served))
        assert status(second, EVENTS) == 200 and closed(idle)
        third = stack.enter_context(connected(served))
        third.sendall(HEALTH)
        answer = third.recv(4096)
        assert answer.startswith(b"HTTP/1.1 503") and b"close some, or try again" in answer
        other = stack.enter_context(connected(served, "127.0.0.2"))
        assert status(other, HEALTH) == 200
        busy.close()
        wait_until(lambda: asks(served, HEALTH) == 200, 10)


def asks(served: Served, request: bytes) -> int:
    with connected(served) as opened:
        return status(opened, request)


def test_all_connections_together_are_limited(limited: Limited) -> None:
    served = limited(per_address=2, in_all=4)
    with ExitStack() as stack:
        opened = [stack.enter_context(connected(served, f"127.0.0.{n}")) for n in (2, 2, 3, 3)]
        assert [status(one, HEALTH) for one in opened] == [200] * 4
        newcomer = stack.enter_context(connected(served, "127.0.0.4"))
        assert status(newcomer, HEALTH) == 200 and closed(opened[0])


def test_a_proxy_is_everybody(limited: Limited) -> None:
    served = limited(proxies=[ipaddress.ip_network("127.0.0.2")], per_address=1)
    with ExitStack() as stack:
        opened = [stack.enter_context(connected(served, "127.0.0.2")) for _ in range(3)]
        assert [status(one, EVENTS) for one in opened] == [200] * 3


def test_who_is_refused_while_sending_hears_why(limited: Limited) -> None:
    """A JSON body of 300 MB: the answer comes at once, and the rest is not taken."""
    served = limited()
    head = (
        "POST /api/offer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {asking.TOKEN}\r\nContent-Length: 300000000\r\n\r\n"
    ).encode()
    with connected(served) as opened:
        assert status(opened, head + bytes(1_000_000)) == 413
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 300_000_000:
                sent += opened.send(bytes(1_000_000))
        assert sent < 100_000_000


def test_a_connection_goes_on_after_a_refusal_whose_body_was_small(limited: Limited) -> None:
    served = limited()
    request = b"POST /api/offer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000\r\n\r\n"
    with connected(served) as opened:
        opened.sendall(request)
        answer = b""
        while not answer.endswith(b"}"):
            answer += opened.recv(4096)
        assert answer.startswith(b"HTTP/1.1 401")  # before the body came
        assert status(opened, bytes(10_000) + HEALTH) == 200


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("unknown", "unknown"),
    ],
)
def test_what_counts_as_one_address(address: str, counted: Any) -> None:
    assert household(address) == counted


def test_a_system_that_counts_no_files_limits_no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "resource", None)  # its import fails
    assert Connections(Bounds(in_all=5000))._most == 5000
