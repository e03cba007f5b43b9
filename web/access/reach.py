"""Whether a link that is handed out works on other computers, and what to do if not."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request

from web.access.identity import identity_of
from web.live.ice import is_loopback
from web.state import state_of


@dataclass(frozen=True)
class Reach:
    """How far the server's links reach."""

    base: str
    """What links begin with, e.g. ``https://study.example.org``."""
    elsewhere: bool
    """Whether other computers can open them, cameras included."""
    advice: str
    """What to do where they cannot, or should rather not; empty where all is well."""
    told: bool
    """Whether the sender may have links whole: who may only read may not take part by one either."""

    def address(self, kind: str, token: str) -> str:
        """Of a link: ``t`` for participants, ``l`` for spectators."""
        return f"{self.base}/{kind}/{token if self.told else '…'}"


def reach_of(request: Request) -> Reach:
    """How far links reach that are shown to whoever sends this request."""
    settings = state_of(request).settings
    told = not identity_of(request).read_only
    here = f"{request.url.scheme}://{request.headers.get('host', '')}"
    base = (settings.public_url or here).rstrip("/")
    parts = urlsplit(base)
    name = parts.hostname or ""
    if is_loopback(name):
        how = (
            "stop it, add operators (valence operators add NAME) and start it with --host 0.0.0.0 and HTTPS"
            if is_loopback(settings.host) and not settings.proxied
            else "open this page under the server's name or address, or start it with --public-url"
        )
        return Reach(base, False, f"This link works on this computer only. For other computers {how}.", told)
    if parts.scheme != "https":
        return Reach(
            base,
            False,
            "Other computers can open this link, but their browsers give no camera without HTTPS: start the "
            "server with --tls-cert and --tls-key, or behind a proxy with --trusted-proxy.",
            told,
        )
    if _is_private(name):
        return Reach(base, True, "This link works in your own network only.", told)
    return Reach(base, True, "", told)


def _is_private(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_private
    except ValueError:
        return "." not in name
