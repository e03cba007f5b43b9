"""The application: `create_app` joins model, store, live sessions and the gate with routes and pages.

Another router: a module with a `router: APIRouter` that declares its audience, named in `ROUTERS`. Its
handlers reach everything shared by `state_of(request)`. Its pages lie in `web/pages/<name>/`, are served
under `/pages/<name>/…`, and are framed by `web.layout.page`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from analysis.engine import Engine
from analysis.file import Progress
from analysis.tasks import FileTask, analyze_file
from analysis.workers import Workers
from inference.batching import Batcher
from results import StoreError
from web import home
from web.access import routes as access
from web.access.audience import require_audiences
from web.access.desk import Desk
from web.access.gate import Gate
from web.access.identity import Role, identity_of
from web.edge import routes as edge
from web.errors import unusable
from web.examples import made_meanwhile
from web.help import routes as help_pages
from web.layout import page, wants_page
from web.library import archive
from web.library import faces as session_faces
from web.library import files as session_files
from web.library import routes as library
from web.live import routes as live
from web.live import spectating
from web.live.hub import Hub
from web.live.ice import for_browser, listen_on
from web.live.offers import Offers
from web.participants import routes as participants
from web.participants.participants import Participants
from web.security import Security
from web.state import ServerSettings, State
from web.studies import links, reports, stimuli, strip
from web.studies import routes as studies
from web.uploads import routes as uploads
from web.uploads.analyses import Analyses, Analyze
from web.uploads.room import Room

ROUTERS = (
    access.router,
    home.router,
    edge.router,
    help_pages.router,
    live.router,
    spectating.router,
    uploads.router,
    library.router,
    archive.router,
    session_files.router,
    session_faces.router,
    studies.router,
    stimuli.router,
    links.router,
    reports.router,
    strip.router,
    participants.router,
)


def create_app(
    engine: Engine, settings: ServerSettings | None = None, *, analyze_upload: Analyze | None = None
) -> FastAPI:
    """The web application around an open model and store; the caller closes them after it.

    analyze_upload: what is done with an uploaded file, instead of what `valence analyze` would do.

    Raises:
        IceServerError: an ICE server of the settings is not written as one.
        UndeclaredError: a route does not say for whom it is.
    """
    settings = settings or ServerSettings()
    for_browser(settings.ice_servers)  # a mistake shows now, not at the first participant

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Look-ups, commits of single routes, and aiortc's encoding share it; one that waits holds up no
        # other.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32, "shared"))
        listen_on(settings.host, settings.proxied)
        await asyncio.to_thread(engine.store.close_interrupted)
        async with AsyncExitStack() as stack:
            batcher = stack.enter_context(Batcher(engine.model))
            hub = await stack.enter_async_context(Hub())
            desk = Desk(engine.store, settings.token)
            people = await stack.enter_async_context(Participants(engine.store, hub, desk.links))
            workers = stack.enter_context(Workers(settings.workers, settings.worker_limits))
            probes = stack.enter_context(Workers(1, settings.worker_limits))
            analyze = analyze_upload or partial(_analyze, engine=engine, workers=workers)
            if (
                settings.examples
            ):  # before the queue: a worker that they wait for is free once that has stopped
                await stack.enter_async_context(made_meanwhile(engine.store, analyze))
            queue = Analyses(engine.store, analyze, settings.workers)
            analyses = await stack.enter_async_context(queue)
            room = Room(engine.store.root)
            app.state.valence = State(
                settings, engine, batcher, desk, hub, Offers(), people, analyses, room, probes
            )
            yield

    app = _Application(settings, lifespan=lifespan)
    app.add_middleware(Gate)
    app.add_exception_handler(RequestValidationError, _explain)
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(StoreError, unusable)
    for router in ROUTERS:
        # Not `include_router`: the gate, and the test of who may do what, read each route's own declaration.
        app.router.routes += router.routes
    require_audiences(app.router.routes)
    return app


class _Application(FastAPI):
    """FastAPI with our headers on every answer, those of its own error handler included."""

    def __init__(self, settings: ServerSettings, lifespan: object) -> None:
        self._settings = settings
        super().__init__(
            title="Valence Detector",
            version=settings.version,
            lifespan=lifespan,  # type: ignore[arg-type]
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
        )

    def build_middleware_stack(self) -> ASGIApp:
        return Security(
            super().build_middleware_stack(), self._settings.allowed_hosts, tls=self._settings.tls
        )


def _analyze(path: Path, progress: Progress, *, engine: Engine, workers: Workers) -> dict[str, Any]:
    """What `valence analyze` does; the record calls the input by its name, not by where it waited."""
    store = engine.store
    task = FileTask(path, store.root, store.database.given_url, engine.settings, source_name=path.name)
    return workers.run(analyze_file, task, progress=progress)


async def _explain(_request: Request, error: Exception) -> Response:
    """What is wrong with a request, as one sentence."""
    assert isinstance(error, RequestValidationError)
    parts = [f"{'.'.join(str(p) for p in e['loc'][1:]) or 'body'}: {e['msg']}" for e in error.errors()]
    return JSONResponse({"detail": "; ".join(parts)}, status_code=422)


async def _not_found(request: Request, error: Exception) -> Response:
    """A page for people, JSON for programs."""
    if wants_page(request):
        known = identity_of(request).role in (Role.OPERATOR, Role.PROGRAM)
        return page("shared/missing.html", "", status=404, guest=not known)
    return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, status_code=404)
