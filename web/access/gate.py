"""The gate before every route: finds out who sends a request, and whether the route is for them.

Pure ASGI, before anything of the body is read. What no route declares is not admitted.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from results import ResultsError
from web.access.audience import SAFE, Audience, audience_of
from web.access.cookie import cookie_of, give
from web.access.desk import Desk, TooManyError
from web.access.identity import NOBODY, Identity, Role, identify
from web.layout import page, wants_page

ENTRY = "token"
"""The parameter of an address that signs a browser in."""


class Gate:
    """ASGI middleware inside the application, which has its state and its routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identify(scope, NOBODY)
        route, path_params = _route_of(scope)
        if route is None:
            await self._app(scope, receive, send)  # answers 404
            return
        refusal = await self._refusal(scope, audience_of(route), path_params)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(
        self, scope: Scope, audience: Audience, path_params: dict[str, object]
    ) -> Response | WebSocketClose | None:
        """None for who may pass; whom the request is from is noted in the scope."""
        desk: Desk = scope["app"].state.valence.desk
        connection = HTTPConnection(scope)
        method = scope.get("method", "WEBSOCKET")
        address = client_address(connection)
        try:
            identity = await _identity(connection, desk, audience, str(path_params.get("token", "")))
            if audience.page and method in SAFE and ENTRY in connection.query_params:
                return await _entered(connection, desk, identity, address)
        except ResultsError as error:
            return _answer(scope, 503, str(error))
        except TooManyError as error:
            return _answer(scope, 429, str(error), {"retry-after": str(max(1, round(error.left)))})
        if audience.admits(identity, method):
            identify(scope, identity)
            return None
        return _denied(scope, connection, identity, audience)


def client_address(connection: HTTPConnection) -> str:
    """Where a request comes from, as far as can be told."""
    return connection.client.host if connection.client else "unknown"


def _route_of(scope: Scope) -> tuple[BaseRoute | None, dict[str, object]]:
    """The route that will answer, as Starlette's router chooses it: the first full match, else the first that
    matches but for the method (it answers 405)."""
    partly: tuple[BaseRoute | None, dict[str, object]] = (None, {})
    for route in scope["app"].router.routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return route, child.get("path_params", {})
        if match is Match.PARTIAL and partly[0] is None:
            partly = (route, child.get("path_params", {}))
    return partly


async def _identity(connection: HTTPConnection, desk: Desk, audience: Audience, token: str) -> Identity:
    """By link where the route is for those who have one, else by token, else by cookie."""
    for role in (Role.PARTICIPANT, Role.SPECTATOR):
        if audience.roles == {role}:
            return await desk.by_link(token, role, closed=audience.closed)
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await desk.by_bearer(bearer.strip(), client_address(connection))
    cookie = cookie_of(connection)
    return await desk.by_cookie(cookie) if cookie else NOBODY


async def _entered(connection: HTTPConnection, desk: Desk, identity: Identity, address: str) -> Response:
    """The same address without its token, signed in if it was one."""
    rest = [(name, value) for name, value in parse_qsl(connection.url.query) if name != ENTRY]
    cleaned = connection.url.path + (f"?{urlencode(rest)}" if rest else "")
    response = RedirectResponse(cleaned, 303, {"cache-control": "no-store"})
    if identity.role is Role.OPERATOR:
        return response
    cookie = await desk.enter(connection.query_params[ENTRY], address)
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
