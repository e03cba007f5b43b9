"""The cookie of a browser that is signed in.

Browsers keep cookies by host and not by port: each server of a computer has a name of its own for it, so that
signing in to one is not signing out of another.
"""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response

from results import SIGNED_IN_FOR


def name_of(connection: HTTPConnection) -> str:
    """What the cookie is called at the address that the browser uses."""
    port = connection.url.port
    return f"valence_{port}" if port else "valence"


def cookie_of(connection: HTTPConnection) -> str:
    """What the browser shows; empty where it shows nothing."""
    return connection.cookies.get(name_of(connection), "")


def give(response: Response, connection: HTTPConnection, cookie: str) -> None:
    """Sign the browser that gets this response in."""
    response.set_cookie(
        name_of(connection),
        cookie,
        max_age=round(SIGNED_IN_FOR.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_secure(connection),
    )


def take(response: Response, connection: HTTPConnection) -> None:
    """Let the browser that gets this response forget."""
    response.delete_cookie(
        name_of(connection), httponly=True, samesite="strict", secure=_is_secure(connection)
    )


def _is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser talks HTTPS: with us, or with a proxy that is trusted."""
    return connection.url.scheme in ("https", "wss")
