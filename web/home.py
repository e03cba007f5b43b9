"""Addresses that belong to no room: the live view, health, the API's description, and pages' static files."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

from web.access.audience import API, EVERYONE, OPERATORS
from web.access.identity import Role, identity_of
from web.compressed import file_answer
from web.estimated import estimated
from web.layout import PAGES, page
from web.openapi import described
from web.security import WORKER_POLICY
from web.state import state_of

router = APIRouter()

ANSWER = 3.0
"""Seconds within which a database answers that works."""

_FILES = StaticFiles(directory=PAGES)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
"""Not as Python says: it believes Windows' registry, in which modules are often plain text, which browsers
do not run."""


@router.get("/", include_in_schema=False, dependencies=[OPERATORS])
def live_page(request: Request) -> HTMLResponse:
    return page("live/live.html", "Live", estimates=estimated(state_of(request).model.manifest.output))


@router.get("/docs", include_in_schema=False, dependencies=[OPERATORS])
def docs_page() -> HTMLResponse:
    return page("docs/docs.html", "")


@router.get("/openapi.json", include_in_schema=False, dependencies=[API])
def openapi(request: Request) -> JSONResponse:
    return JSONResponse(described(request.app))


@router.get("/health", tags=["server"], dependencies=[EVERYONE])
async def health(request: Request) -> dict[str, Any]:
    """That the server runs, and whether it can store and read; on what it runs, for operators and
    programs.
    """
    state = state_of(request)
    try:
        async with asyncio.timeout(ANSWER):
            trouble = await asyncio.to_thread(state.store.database.trouble)
    except TimeoutError:
        trouble = "The database does not answer."
    status = "ok" if trouble is None else "degraded"
    known: dict[str, Any] = {"status": status, "version": state.settings.version}
    if identity_of(request).role not in (Role.OPERATOR, Role.PROGRAM):
        return known
    return {
        **known,
        "device": {"requested": state.model.requested_device, "running": state.model.device},
        "model": {"name": state.model.manifest.name, "sha256": state.model.manifest.sha256},
        "store": trouble or "ok",
        "live_sessions": len(state.hub.sessions),
    }


@router.get("/pages/{path:path}", include_in_schema=False, dependencies=[EVERYONE])
async def page_file(path: str, request: Request) -> Response:
    """Styles and modules. The browser asks each time whether they have changed: an update shows at once."""
    if path.endswith(".html"):  # templates, of which pages are made
        raise HTTPException(404, "Not Found")
    response = await _FILES.get_response(path, request.scope)
    response.headers["cache-control"] = "no-cache"
    if path == "edge/worker.js":
        response.headers["content-security-policy"] = WORKER_POLICY
    kind = _TYPES.get(PurePosixPath(path).suffix)
    if kind is not None and "content-type" in response.headers:
        response.headers["content-type"] = kind
        return file_answer(request, PAGES / path, response)
    return response
