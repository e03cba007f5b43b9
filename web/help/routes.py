"""The pages Help and About."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from web.access.audience import OPERATORS
from web.edge.routes import obstacle
from web.layout import page
from web.state import state_of

router = APIRouter(include_in_schema=False)


@router.get("/help", dependencies=[OPERATORS])
def help_page() -> HTMLResponse:
    return page("help/help.html", "")


@router.get("/about", dependencies=[OPERATORS])
def about_page(request: Request) -> HTMLResponse:
    state = state_of(request)
    return page(
        "help/about.html",
        "",
        version=state.settings.version,
        model=state.model.manifest,
        device=state.model.device,
        requested=state.model.requested_device,
        edge=obstacle(state),
    )
