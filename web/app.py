"""The application: `create_app` joins model, store and live sessions with routes and pages.

More routes: a module `web/<name>.py` that is named in `ROUTERS` and has a `router: APIRouter` is included
when it is there. Its handlers reach everything shared by `state_of(request)` (web/state.py). Background
work of its own goes into an optional `lifespan(state: State)`, an async context manager that is entered
after the shared state is made and left before it is closed. Its pages lie in `web/pages/<name>/`, are served
under `/pages/<name>/…`, and are framed by `web.layout.page`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import ModuleType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from inference import ValenceModel
from inference.batching import Batcher
from results import Store
from stream.faces.detection import Detector
from web.layout import PAGES, page
from web.live import routes as signalling
from web.live.hub import Hub
from web.live.ice import for_browser, listen_on
from web.security import Security
from web.state import ServerSettings, State, state_of

ROUTERS = ("uploads", "library", "studies", "watching")


def create_app(
    model: ValenceModel,
    store: Store,
    open_detector: Callable[[], Detector],
    settings: ServerSettings | None = None,
) -> FastAPI:
    """The web application around an open model and store; the caller closes them after it.

    Raises:
        IceServerError: an ICE server of the settings is not written as one.
    """
    settings = settings or ServerSettings()
    for_browser(settings.ice_servers)  # a mistake shows now, not at the first viewer
    rooms = _rooms()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listen_on(settings.host)
        async with AsyncExitStack() as stack:
            batcher = stack.enter_context(Batcher(model))
            hub = await stack.enter_async_context(Hub())
            app.state.valence = state = State(settings, model, open_detector, store, batcher, hub)
            for room in rooms:
                if hasattr(room, "lifespan"):
                    await stack.enter_async_context(room.lifespan(state))
            yield

    app = FastAPI(
        title="Valence Detector", version=settings.version, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.add_middleware(Security, hosts=settings.allowed_hosts)
    app.add_exception_handler(RequestValidationError, _explain)
    app.include_router(signalling.router)
    for room in rooms:
        app.include_router(room.router)
    app.add_api_route("/health", health, methods=["GET"], tags=["server"])
    for address, path, section in (
        ("/", "live/live.html", "Live"),
        ("/live/{session_id}", "live/watch.html", "Live"),
        ("/docs", "docs/docs.html", ""),
    ):
        app.add_api_route(address, _shows(path, section), methods=["GET"], include_in_schema=False)
    app.mount("/pages", _Pages(directory=PAGES))
    app.add_exception_handler(404, _not_found)
    return app


async def health(request: Request) -> dict[str, Any]:
    """That the server runs, and on what."""
    state = state_of(request)
    return {
        "status": "ok",
        "version": state.settings.version,
        "device": {"requested": state.model.requested_device, "running": state.model.device},
        "model": {"name": state.model.manifest.name, "sha256": state.model.manifest.sha256},
        "live_sessions": len(state.hub.sessions),
    }


class _Pages(StaticFiles):
    """Styles and modules. The browser asks each time whether they have changed: an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def _shows(path: str, section: str) -> Callable[[], HTMLResponse]:
    def show() -> HTMLResponse:
        return page(path, section)

    return show


def _rooms() -> list[ModuleType]:
    names = [f"web.{name}" for name in ROUTERS]
    return [importlib.import_module(name) for name in names if importlib.util.find_spec(name) is not None]


async def _explain(_request: Request, error: Exception) -> Response:
    """What is wrong with a request, as one sentence."""
    assert isinstance(error, RequestValidationError)
    parts = [f"{'.'.join(str(p) for p in e['loc'][1:]) or 'body'}: {e['msg']}" for e in error.errors()]
    return JSONResponse({"detail": "; ".join(parts)}, status_code=422)


async def _not_found(request: Request, error: Exception) -> Response:
    """A page for people, JSON for programs."""
    detail = getattr(error, "detail", "Not Found")
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
    if wants_page:
        return page("shared/missing.html", "", status=404)
    return JSONResponse({"detail": detail}, status_code=404)
