"""How the application is put on a socket: one configuration for `valence serve` and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from web.addresses import Network
from web.connections import BoundedProtocol, Bounds, Connections

GRACE = 3
"""Seconds for what is under way when the server stops: a page that listens for events would hold it."""


def server_config(
    app: Any,
    *,
    proxies: Sequence[Network] = (),
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    bounds: Bounds | None = None,
    log_level: str = "warning",
) -> uvicorn.Config:
    """For `uvicorn.Server`. proxies: whose word on the sender's address and HTTPS is believed."""
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
