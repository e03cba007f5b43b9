"""For whom a route is. Every route declares it, or the server does not start.

    router = APIRouter(dependencies=[OPERATORS])

The gate (`web.access.gate`) reads the declaration before anything of the request is read; as a dependency it
only makes sure that the gate was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from web.access.identity import Identity, Role, identity_of

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
"""Methods that change nothing (RFC 9110, 9.2.1)."""


class UndeclaredError(RuntimeError):
    """A route that does not say for whom it is: a fault of whoever wrote it."""


@dataclass(frozen=True)
class Audience:
    """The roles that a route admits."""

    name: str
    roles: frozenset[Role]
    page: bool = False
    """People look at it: who may not is shown how to get in."""
    own: bool = False
    """What is asked for names itself who may, whatever became of the link: who took part may always have
    themselves removed."""

    def admits(self, identity: Identity, method: str) -> bool:
        """Whether someone may send a request of this method (a WebSocket's is ``WEBSOCKET``)."""
        if identity.role not in self.roles:
            return False
        return not identity.read_only or method in SAFE

    def __call__(self, connection: HTTPConnection) -> None:
        """As a dependency. The gate has decided; where it was left out, nobody gets in."""
        method = connection.scope.get("method", "WEBSOCKET")
        if not self.admits(identity_of(connection), method):
            raise RuntimeError(f"{connection.url.path} was reached past the gate")


def _declared(name: str, *roles: Role, page: bool = False, own: bool = False) -> Any:
    return Depends(Audience(name, frozenset(roles), page, own))


EVERYONE = _declared("everyone", *Role)
OPERATORS = _declared("operators and programs, as a page", Role.OPERATOR, Role.PROGRAM, page=True)
"""Pages of those who run the installation."""
API = _declared("operators and programs", Role.OPERATOR, Role.PROGRAM)
PARTICIPANTS = _declared("participants", Role.PARTICIPANT)
LEAVING = _declared("participants, by what only they know", Role.PARTICIPANT, own=True)
SPECTATORS = _declared("spectators", Role.SPECTATOR)


def audience_of(route: BaseRoute) -> Audience:
    """For whom a route is. Raises UndeclaredError: it does not say so, or says it twice."""
    dependencies = getattr(route, "dependencies", None) or ()
    found = [d.dependency for d in dependencies if isinstance(d.dependency, Audience)]
    if len(found) != 1:
        path = getattr(route, "path", route)
        said = "does not declare its audience" if not found else "declares more than one audience"
        raise UndeclaredError(f"the route {path} {said} (web/access/audience.py)")
    return found[0]


def require_audiences(routes: Iterable[BaseRoute]) -> None:
    """Raises UndeclaredError unless every route declares its audience."""
    for route in routes:
        audience_of(route)


def declared(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str, Audience]]:
    """(method or WEBSOCKET, path, audience) of everything that can be asked for."""
    for route in routes:
        for method in sorted(getattr(route, "methods", None) or {"WEBSOCKET"}):
            yield method, str(getattr(route, "path", "")), audience_of(route)
