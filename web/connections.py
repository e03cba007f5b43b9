"""Connections with bounds: how many there may be, how large a header, and how long it and a body may take.

uvicorn bounds none of these, so a few sockets that never finish what they began could take every place that
the process has. `Connections` counts them by address; `BoundedProtocol` is uvicorn's own protocol that keeps
the time. (h11 would bound the header, for nearly twice the time of every small request.)

Of HTTPS the protocol hears after the handshake only, for which the event loop waits a minute: a server before
strangers had better stand behind a proxy.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.addresses import Network, household


@dataclass(frozen=True)
class Bounds:
    """What a connection may take. Seconds and bytes."""

    per_address: int = 100
    """Connections of one address. A browser opens six."""
    in_all: int = 1000
    """Connections; fewer where the process may not open twice as many files."""
    header_seconds: float = 10.0
    """From a connection's beginning, or a later request's, to the end of the request's header."""
    header_bytes: int = 64 * 1024
    stall: float = 30.0
    """For which nothing of a body may come."""
    window: float = 60.0
    """Over which a body must come at `rate`, so that drops do not hold a place..."""
    rate: float = 1024.0
    """... bytes a second: far less than the slowest line over which one would send a video."""
    linger: float = 2.0
    """For which a body is read on that has been answered already: who is cut off while sending sees a broken
    connection, and not the answer..."""
    linger_bytes: int = 16_000_000
    """... and as much of it, at most."""
    refused: int = 50
    """Connections beyond the limits that are answered at a time; the rest are dropped."""


class Connections:
    """The connections of one server, by address. All is done in the event loop's thread.

    trusted: proxies, from which everybody comes: they are counted in all, but not by address.
    """

    def __init__(self, bounds: Bounds | None = None, trusted: Sequence[Network] = ()) -> None:
        self.bounds = bounds or Bounds()
        self.refused: set[BoundedProtocol] = set()
        self._most = min(self.bounds.in_all, _most_files() // 2)
        self._trusted = trusted
        self._by_address: dict[str, set[BoundedProtocol]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_address.values()))

    def admit(self, newcomer: BoundedProtocol) -> bool:
        """Take one in, if need be in the place of that which has been idle the longest."""
        own = self._by_address.get(newcomer.address, set())
        if len(own) >= self.bounds.per_address and not self._is_proxy(newcomer.address):
            if not self._make_room(own):
                return False
        elif len(self) >= self._most:
            everybody = set().union(*self._by_address.values())
            if not self._make_room(everybody):
                return False
        self._by_address.setdefault(newcomer.address, set()).add(newcomer)
        return True

    def remove(self, connection: BoundedProtocol) -> None:
        self.refused.discard(connection)
        own = self._by_address.get(connection.address, set())
        own.discard(connection)
        if not own:
            self._by_address.pop(connection.address, None)

    def _make_room(self, among: set[BoundedProtocol]) -> bool:
        gone = [one for one in among if one.transport.is_closing()]  # WebSockets do not say when they end
        idle = [one for one in among if one.idle_since is not None]
        if not gone and idle:
            gone = [min(idle, key=lambda one: one.idle_since or 0.0)]
        for one in gone:
            one.leave()
            self.remove(one)
        return bool(gone)

    def _is_proxy(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address.partition("/")[0])
        except ValueError:
            return False
        return any(known in network for network in self._trusted)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `idle_since`: when its latest request was over; None while one is under way."""

    def __init__(self, *given: Any, connections: Connections, **named: Any) -> None:
        super().__init__(*given, **named)
        self.address = ""
        self.idle_since: float | None = None
        self._connections, self._bounds = connections, connections.bounds
        self._timer: asyncio.TimerHandle | None = None
        self._in_header = self._body_comes = False
        self._header_bytes = self._unfinished = 0
        """Of a header: what has been understood; and what came since the chunk that it began in."""
        self._received = self._linger_left = 0
        self._heard = 0.0
        self._window = (0.0, 0)
        """When it began, and how much had been received by then."""

    @property
    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = household(self.client[0] if self.client else "")
        self.idle_since = time.monotonic()  # the loop's own clock is too coarse to say who came first
        if self._connections.admit(self):
            self._after(self._bounds.header_seconds, self._header_is_late)
        elif len(self._connections.refused) < self._bounds.refused:
            self._connections.refused.add(self)
            self._after(self._bounds.linger, self.leave)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        self._connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self in self._connections.refused:
            self._refuse(503, "Too many connections are open from your address; close some, or try again.")
            return
        self._received += len(data)
        self._heard = self.loop.time()
        header_went_on = self._in_header
        super().data_received(data)
        if not self.transport.is_closing() and self.transport.get_protocol() is self:
            self._keep_time(len(data), header_went_on)

    def _keep_time(self, size: int, header_went_on: bool) -> None:
        if self._in_header and header_went_on:
            self._unfinished += size
            if self._unfinished > self._bounds.header_bytes:
                self.send_400_response("")
                return
        if self._body_comes and not self._busy:
            self._linger_left -= size
            if self._linger_left < 0:
                self.leave()
        elif self._timer is None and self._body_comes:
            self._window = (self._heard, self._received)
            self._after(self._bounds.stall / 6, self._look_at_body)
        elif self._timer is None and not self._busy:
            self._after(self._bounds.header_seconds, self._header_is_late)

    # The parser's events

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_header, self._header_bytes, self._unfinished = True, 0, 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)  # what comes behind a body in chunks counts, too
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._cancel()
        self._in_header, self._body_comes, self.idle_since = False, True, None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._cancel()
        self._body_comes = False

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._busy:  # with the next request, which came before this answer
            return
        self.idle_since = time.monotonic()
        if self._body_comes and not self.transport.is_closing():
            self._linger_left = self._bounds.linger_bytes
            self._after(self._bounds.linger, self.leave)

    def send_400_response(self, msg: str) -> None:
        if max(self._header_bytes, self._unfinished) > self._bounds.header_bytes:
            most = self._bounds.header_bytes // 1024
            self._refuse(431, f"The header of a request has at most {most} KB; send less of it.")
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > self._bounds.header_bytes:
            raise ValueError("The header is too large.")  # the parser stops: `send_400_response`

    # What time brings

    def _header_is_late(self) -> None:
        if self._in_header:
            self._refuse(408, "The request's header did not come in time; send it again.")
        else:
            self.leave()

    def _look_at_body(self) -> None:
        now, bounds = self.loop.time(), self._bounds
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:  # it is us who keep it waiting
            self._heard, self._window = now, (now, self._received)
        began, before = self._window
        whole = now - began >= bounds.window
        if now - self._heard > bounds.stall or (
            whole and self._received - before < bounds.rate * (now - began)
        ):
            self._refuse(408, "The rest of the request did not come in time; send it again.")
            return
        if whole:
            self._window = (now, self._received)
        self._after(bounds.stall / 6, self._look_at_body)

    def leave(self) -> None:
        """Close it, at once where the other side takes nothing any more."""
        self._cancel()
        self.transport.close()
        self.loop.call_later(self._bounds.linger, self.transport.abort)

    def _refuse(self, status: int, said: str) -> None:
        """Answer in the application's place, unless its own answer has begun."""
        if not (self._busy and self.cycle.response_started):
            body = json.dumps({"detail": said}).encode()
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.leave()

    def _after(self, seconds: float, then: Any) -> None:
        self._cancel()
        self._timer = self.loop.call_later(seconds, then)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _most_files() -> int:
    """How many files and sockets the process may have open."""
    if sys.platform == "win32":  # which has no such limit, nor the module
        return 1 << 20
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if most != resource.RLIM_INFINITY else 1 << 20
