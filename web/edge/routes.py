"""What pages load to analyse in the browser: constants, networks, and the runtime that runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import FileResponse, Response

from web.access.audience import EVERYONE
from web.compressed import file_answer
from web.edge.fetch import FILES, RUNTIME, VERSION, is_there
from web.edge.settings import NotInBrowsersError, address, files, settings
from web.state import State, state_of

router = APIRouter(dependencies=[EVERYONE])

_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
"""What lies at an address of its own never changes."""
_TYPES = {".mjs": "text/javascript; charset=utf-8", ".wasm": "application/wasm"}


def obstacle(state: State) -> str:
    """Why browsers cannot analyse by themselves here; empty where they can."""
    if not is_there():
        return "ONNX Runtime Web is not installed here: python -m web.edge.fetch brings it"
    try:
        settings(state.model, state.engine.settings.smoothing)
    except NotInBrowsersError as error:
        return str(error)
    return ""


@router.get("/edge/settings.json", include_in_schema=False)
def constants(request: Request) -> dict[str, Any]:
    """404: this server's network cannot be run in a browser, or the runtime is missing."""
    state = state_of(request)
    if reason := obstacle(state):
        raise HTTPException(404, f"Browsers cannot analyse by themselves: {reason}.")
    return settings(state.model, state.engine.settings.smoothing)


@router.get("/edge/networks/{name}.onnx", include_in_schema=False)
def network(name: str, request: Request) -> Response:
    for known, path in files(state_of(request).model).items():
        if address(known, path) == request.url.path:
            return _answer(request, path, "application/octet-stream")
    raise HTTPException(404, "There is no such network here; load the page again.")


@router.get(f"/edge/runtime/{VERSION}/{{name}}", include_in_schema=False)
def runtime(name: str, request: Request) -> Response:
    path = RUNTIME / name
    if name not in FILES or not path.is_file():
        raise HTTPException(
            404, "ONNX Runtime Web is not installed here: python -m web.edge.fetch brings it."
        )
    return _answer(request, path, _TYPES[path.suffix])


def _answer(request: Request, path: Path, kind: str) -> Response:
    response = FileResponse(path, media_type=kind, headers=_FOR_EVER, stat_result=path.stat())
    return file_answer(request, path, response)
