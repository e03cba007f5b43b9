"""In and out: the sign-in page, signing out, who one is, and the audit trail."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from results import ResultsError
from web.access.audience import API, EVERYONE, OPERATORS
from web.access.cookie import cookie_of, give, take
from web.access.desk import TooManyError
from web.access.gate import client_address
from web.access.identity import identity_of
from web.errors import explained
from web.layout import page
from web.state import state_of

router = APIRouter(tags=["access"])

log = logging.getLogger(__name__)


@router.get("/sign-in", include_in_schema=False, dependencies=[EVERYONE])
def sign_in_page() -> HTMLResponse:
    return page("access/sign_in.html", "", next="/", said="")


@router.post("/sign-in", include_in_schema=False, dependencies=[EVERYONE])
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Signs an operator's browser in. 401: name or password is wrong; 429: too many attempts."""
    next = _here(next)
    try:
        cookie = await state_of(request).desk.sign_in(name.strip(), password, client_address(request))
    except ResultsError as error:
        log.error("Nobody can sign in: %s", error)
        said = "The database cannot be used just now; try again."
        return page("access/sign_in.html", "", status=503, next=next, said=said)
    except TooManyError as error:
        response = page("access/sign_in.html", "", status=429, next=next, said=str(error))
        response.headers["retry-after"] = str(max(1, round(error.left)))
        return response
    if cookie is None:
        said = "The name or the password is wrong."
        return page("access/sign_in.html", "", status=401, next=next, said=said)
    answer = RedirectResponse(next, 303, {"cache-control": "no-store"})
    give(answer, request, cookie)
    return answer


@router.post("/sign-out", include_in_schema=False, dependencies=[OPERATORS])
async def sign_out(request: Request) -> Response:
    """Ends this browser's sign-in."""
    await state_of(request).desk.sign_out(cookie_of(request))
    response = RedirectResponse("/sign-in", 303, {"cache-control": "no-store"})
    take(response, request)
    return response


@router.get("/api/me", dependencies=[API])
def me(request: Request) -> dict[str, Any]:
    """Who the server takes the sender for."""
    identity = identity_of(request)
    return {"role": identity.role.value, "name": identity.name, "read_only": identity.read_only}


@router.get("/api/audit", dependencies=[API])
def audit(request: Request, limit: Annotated[int, Query(ge=1, le=10_000)] = 100) -> list[dict[str, Any]]:
    """What was deleted, exported or let in, and by whom; the latest first."""
    with explained():
        lines = state_of(request).desk.audit.lines(limit)
    return [
        {
            "time": line.time.isoformat(timespec="seconds"),
            "who": line.who,
            "action": line.action,
            "what": line.what,
        }
        for line in lines
    ]


def _here(address: str) -> str:
    """An address of this server; never one elsewhere, whatever a form says."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or any(c < " " for c in address):
        return "/"
    return address
