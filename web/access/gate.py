"""The gate before every route: finds out who sends a request, and whether the route is for them.

Pure ASGI, before anything of the body is read. What no route declares is not admitted.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from results import ResultsError
from web.access.audience import SAFE, Audience, audience_of
from web.access.bodies import TOO_LARGE, announces_too_much, limited, takes_files
from web.access.cookie import cookie_of, give
from web.access.desk import Desk, TooManyError
from web.access.identity import NOBODY, Identity, Role, identify
from web.layout import page, wants_page

ENTRY = "token"
"""The parameter of an address that signs a browser in."""


log = logging.getLogger(__name__)

_ASKED = "valence.asked"
_NOTHING = Audience("an address at which there is nothing", frozenset(Role))


@dataclass(frozen=True)
class _Asked:
    """What a request is about, as far as the gate needs it."""

    audience: Audience
    token: str
    """Of the link in its address; empty without one."""


class Gate:
    """ASGI middleware inside the application, which has its state and its routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identify(scope, NOBODY)
        match, route, path_params = _route_of(scope)
        if route is None:
            scope[_ASKED] = _Asked(_NOTHING, "")
            with suppress(ResultsError, TooManyError):  # who they are only says how the 404 is framed
                identify(scope, await _identity(HTTPConnection(scope)))
            await self._app(scope, receive, send)
            return
        scope[_ASKED] = _Asked(audience_of(route), str(path_params.get("token", "")))
        refusal = await self._refusal(scope, match)
        if refusal is None and scope["type"] == "http" and not takes_files(route):
            if announces_too_much(scope):
                refusal = _answer(scope, 413, TOO_LARGE)
            receive = limited(receive)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope, match: Match) -> Response | WebSocketClose | None:
        """None for who may pass; whom the request is from is noted in the scope."""
        connection = HTTPConnection(scope)
        asked: _Asked = scope[_ASKED]
        method = scope.get("method", "WEBSOCKET")
        try:
            identity = await _identity(connection)
            if asked.audience.page and match is Match.FULL and _is_entry(connection):
                return await _entered(connection, identity)
        except ResultsError as error:
            if asked.audience.admits(NOBODY, method):
                return None
            log.error("Who sends a request cannot be told: %s", error)
            if scope["type"] == "http" and wants_page(connection):
                reason = "The server's database cannot be used; its log says why."
                return page("shared/away.html", "", status=503, guest=True, reason=reason)
            return _answer(scope, 503, "The database cannot be used just now; try again.")
        except TooManyError as error:
            if asked.audience.admits(NOBODY, method):
                return None
            return _answer(scope, 429, str(error), {"retry-after": str(max(1, round(error.left)))})
        if asked.audience.admits(identity, method):
            identify(scope, identity)
            return None
        return _denied(scope, connection, identity, asked.audience)


async def still_admitted(connection: HTTPConnection) -> bool:
    """Whether who was let in would be let in again: for what goes on long after the request.

    What cannot be told just now does not throw anybody out.
    """
    try:
        identity = await _identity(connection)
    except (ResultsError, TooManyError):
        return True
    asked: _Asked = connection.scope[_ASKED]
    return asked.audience.admits(identity, connection.scope.get("method", "WEBSOCKET"))


def client_address(connection: HTTPConnection) -> str:
    """Where a request comes from, as far as can be told."""
    return connection.client.host if connection.client else "unknown"


def _route_of(scope: Scope) -> tuple[Match, BaseRoute | None, dict[str, object]]:
    """The route that will answer, as Starlette's router chooses it: the first full match, else the first that
    matches but for the method (it answers 405)."""
    partly: tuple[Match, BaseRoute | None, dict[str, object]] = (Match.NONE, None, {})
    for route in scope["app"].router.routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return match, route, child.get("path_params", {})
        if match is Match.PARTIAL and partly[1] is None:
            partly = (match, route, child.get("path_params", {}))
    return partly


async def _identity(connection: HTTPConnection) -> Identity:
    """By link where the route is for those who have one, else by token, else by cookie."""
    desk: Desk = connection.scope["app"].state.valence.desk
    asked: _Asked = connection.scope[_ASKED]
    if asked.audience.own:
        return Identity(Role.PARTICIPANT, Role.PARTICIPANT.value)
    for role in (Role.PARTICIPANT, Role.SPECTATOR):
        if asked.audience.roles == {role}:
            return await desk.by_link(asked.token, role)
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await desk.by_bearer(bearer.strip(), client_address(connection))
    cookie = cookie_of(connection)
    return await desk.by_cookie(cookie) if cookie else NOBODY


def _is_entry(connection: HTTPConnection) -> bool:
    """Whether somebody opens the address that signs a browser in; pages elsewhere must not use it up."""
    headers = connection.headers
    opened = headers.get("sec-fetch-site") != "cross-site" or headers.get("sec-fetch-dest") == "document"
    return connection.scope.get("method") == "GET" and ENTRY in connection.query_params and opened


async def _entered(connection: HTTPConnection, identity: Identity) -> Response:
    """The same address without its token, signed in if it was one."""
    rest = [(name, value) for name, value in parse_qsl(connection.url.query) if name != ENTRY]
    cleaned = connection.url.path + (f"?{urlencode(rest)}" if rest else "")
    response = RedirectResponse(cleaned, 303, {"cache-control": "no-store"})
    if identity.role is Role.OPERATOR:
        return response
    desk: Desk = connection.scope["app"].state.valence.desk
    cookie = await desk.enter(connection.query_params[ENTRY], client_address(connection))
    if cookie is None:
        said = "This address has been used already, or is too old."
        return page("access/sign_in.html", "", status=401, next=cleaned, said=said)
    give(response, connection, cookie)
    return response


def _denied(
    scope: Scope, connection: HTTPConnection, identity: Identity, audience: Audience
) -> Response | WebSocketClose:
    if audience.roles <= {Role.PARTICIPANT, Role.SPECTATOR}:
        if scope["type"] == "http" and wants_page(connection):
            return page("access/closed.html", "", status=404, guest=True)
        return _answer(scope, 404, "This link does not work, or not any more.")
    if identity.role is not Role.NOBODY:
        said = (
            "This token may only read."
            if identity.read_only and identity.role in audience.roles
            else "This is for operators."
        )
        return _answer(scope, 403, said)
    if audience.page and scope["type"] == "http" and wants_page(connection):
        here = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
        if scope.get("method") not in SAFE:
            here = "/"
        return page("access/sign_in.html", "", status=401, next=here, said="")
    return _answer(
        scope, 401, "Sign in, or send a token: Authorization: Bearer …", {"www-authenticate": "Bearer"}
    )


def _answer(
    scope: Scope, status: int, detail: str, headers: dict[str, str] | None = None
) -> Response | WebSocketClose:
    if scope["type"] == "websocket":
        return WebSocketClose(1008, detail)
    return JSONResponse({"detail": detail}, status, {"cache-control": "no-store", **(headers or {})})
