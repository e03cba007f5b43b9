"""What may talk to this server, and what its pages may do. Pure ASGI: it looks at headers only.

- **Host**: a page elsewhere can point its own name at 127.0.0.1 (DNS rebinding) and would then count as the
  same origin. So the server answers only to names that are its own.
- **Origin**: what changes something, and every WebSocket, must come from the server's own pages. Programs
  that are no browsers send no Origin and may.
- **Content Security Policy**: pages load, send and embed nothing but what this server gives.
"""

from __future__ import annotations

import ipaddress
import platform
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from web.access.audience import SAFE

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
WORKER_POLICY = f"{POLICY}; script-src 'self' 'wasm-unsafe-eval'"
"""Of the worker that runs networks, and of nothing else: WebAssembly may be compiled there."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with none at all, a form of ours would not say where it is from
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",  # but for pages and files, which say their own
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}
TRANSPORT = {"strict-transport-security": "max-age=31536000"}
"""Where HTTPS is ours; a proxy that speaks it sends its own."""


class Security:
    """ASGI middleware. `hosts`: names of this server beside loopback names, IP addresses and its own name."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), *, tls: bool = False) -> None:
        self._app = app
        self._headers = HEADERS | (TRANSPORT if tls else {})
        self._hosts = frozenset(host.lower() for host in ("localhost", platform.node(), *hosts) if host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    given.setdefault(name, value)
            await send(message)

        complaint = self._complaint(scope, Headers(scope=scope))
        if complaint is None:
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            await JSONResponse({"detail": complaint}, status_code=403)(scope, receive, send_with_headers)
        else:
            await WebSocketClose(1008, complaint)(scope, receive, send)

    def _complaint(self, scope: Scope, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self.knows(host):
            return f"This server is not called {host!r}; its names are set with VALENCE_ALLOWED_HOSTS."
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        origin = headers.get("origin")
        if origin is not None and _host_in(origin) != host.lower():
            return f"Pages of {origin} may not use this server."
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "Pages from elsewhere may not use this server."
        return None

    def knows(self, host: str) -> bool:
        """Whether a Host header (name, or name:port) is one of this server's.

        Addresses are: a page can rebind its name, not an address.
        """
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        if not name:
            return False
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _host_in(origin: str) -> str | None:
    """Name and port of an origin; None for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None
