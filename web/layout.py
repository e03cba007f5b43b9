"""Pages: templates under `web/pages`, in the frame that all share (head, header with navigation).

A page is a Jinja2 template, `web/pages/<room>/<name>.html`, that extends `shared/frame.html`: it sets
`title`, `styles` and `scripts` (modules), relative to `web/pages`, and fills the block `body`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from web.glossary import GLOSSARY
from web.modules import imported

PAGES = Path(__file__).resolve().parent / "pages"

SECTIONS = (("Live", "/"), ("Upload", "/upload"), ("Sessions", "/sessions"), ("Studies", "/studies"))
"""The navigation: what a section is called, and where it is."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["glossary"] = GLOSSARY
_TEMPLATES.globals["imported"] = partial(imported, PAGES)


def page(
    path: str,
    section: str,
    status: int = 200,
    *,
    guest: bool = False,
    awaited: Sequence[str] = (),
    **values: object,
) -> HTMLResponse:
    """The page whose template is at `path` under `web/pages`; `section` is marked in the navigation.

    guest: it is for people who are invited to this page alone: no navigation. awaited: addresses of what its
    scripts ask for first; browsers fetch that beside the scripts. values: for the template.
    """
    template = _TEMPLATES.get_template(path)
    html = template.render(section=section, sections=SECTIONS, guest=guest, awaited=awaited, **values)
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-cache"})


def wants_page(connection: HTTPConnection) -> bool:
    """Whether somebody looks, and does not only want an answer for a program."""
    html = "text/html" in connection.headers.get("accept", "")
    return html and not connection.url.path.startswith("/api/")
