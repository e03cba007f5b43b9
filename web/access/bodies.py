"""How large a request may be: a route that takes files says so, every other one takes little."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, HTTPException
from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope

MOST = 2_000_000
"""Bytes: more than the clock of the longest viewing."""


def _files() -> None:
    """The route streams what comes to disk, and counts by itself."""


FILES = Depends(_files)
"""Declares a route that takes files."""


def takes_files(route: BaseRoute) -> bool:
    return any(dependency.dependency is _files for dependency in getattr(route, "dependencies", None) or ())


def announced(headers: Headers) -> int:
    """Bytes that a request says it has; 0 where it does not say."""
    said = headers.get("content-length", "0")
    return int(said) if said.isdecimal() else 0


def announces_too_much(scope: Scope) -> bool:
    """Whether a request says itself that it is too large."""
    return announced(Headers(scope=scope)) > MOST


def limited(receive: Receive) -> Receive:
    """Receives a request's body up to `MOST` bytes. Raises HTTPException 413 beyond."""
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message: Any = await receive()
        size += len(message.get("body", b""))
        if size > MOST:
            raise HTTPException(413, TOO_LARGE)
        return message  # type: ignore[no-any-return]

    return receive_some


TOO_LARGE = f"A request like this has at most {MOST // 1_000_000} MB."
