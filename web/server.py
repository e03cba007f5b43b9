"""How the application is put on a socket: one configuration for `valence serve` and for tests."""

from __future__ import annotations

import gc
import socket
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from web.addresses import Network
from web.connections import BoundedProtocol, Bounds, Connections

TIDY = 300
"""Ticks (tenths of a second) between two looks for what has ended."""
GRACE = 3
"""Seconds for what is under way when the server stops: a page that listens for events would hold it."""


class LastingServer(uvicorn.Server):
    """A server that stays as it is for as long as it runs.

    Connections that have ended hang together in circles, with their decoders' threads and pictures. Python
    looks for circles only when many objects have come to stay, which hundreds of ended sessions do not make:
    so it is told to, now and then. What is there at the start is left out: a look takes a few milliseconds.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        gc.collect()
        gc.freeze()

    async def on_tick(self, counter: int) -> bool:
        if counter % TIDY == 0:
            gc.collect()
        return await super().on_tick(counter)


def server_config(
    app: Any,
    *,
    proxies: Sequence[Network] = (),
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    bounds: Bounds | None = None,
    log_level: str = "warning",
) -> uvicorn.Config:
    """For a server of uvicorn. proxies: whose word on the sender's address and HTTPS is believed."""
    connections = Connections(bounds, proxies)
    return uvicorn.Config(
        app,
        http=partial(BoundedProtocol, connections=connections),  # type: ignore[arg-type]
        log_level=log_level,
        lifespan="on",
        timeout_graceful_shutdown=GRACE,
        # Who only says who they are is not believed.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[str(proxy) for proxy in proxies],
        server_header=False,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )
