"""The frame that all pages share: head, header with navigation, and the page's own part in the middle.

A page is a fragment of HTML, `web/pages/<room>/<name>.html`: what stands inside `<main>`. It may begin with
comments of the form `<!-- title: Live -->`, `<!-- style: live/live.css -->`, `<!-- script: live/live.js -->`
(a module), relative to `web/pages`.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

PAGES = Path(__file__).resolve().parent / "pages"

SECTIONS = (("Live", "/"), ("Upload", "/upload"), ("Sessions", "/sessions"), ("Studies", "/studies"))
"""The navigation: what a section is called, and where it is."""

_ENTRY = re.compile(r"<!--\s*(title|style|script):\s*(.+?)\s*-->\n?")

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Valence Detector</title>
<link rel="icon" href="/pages/shared/mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/pages/base.css">
{head}</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site">
<a class="brand"{home}><img src="/pages/shared/mark.svg" alt="" width="26" height="26">Valence Detector</a>
{nav}
</header>
<main id="main" tabindex="-1">
{body}</main>
</body>
</html>
"""


def page(path: str, section: str, status: int = 200, *, guest: bool = False) -> HTMLResponse:
    """The page whose fragment is at `path` under `web/pages`; `section` is marked in the navigation.

    guest: it is for people who are invited to this page alone: no navigation.
    """
    fragment = (PAGES / path).read_text(encoding="utf-8")
    title, head = section, []
    for kind, value in _ENTRY.findall(fragment):
        if kind == "title":
            title = value
        elif kind == "style":
            head.append(f'<link rel="stylesheet" href="/pages/{escape(value)}">\n')
        else:
            head.append(f'<script type="module" src="/pages/{escape(value)}"></script>\n')
    links = []
    for name, address in SECTIONS:
        current = ' aria-current="page"' if name == section else ""
        links.append(f'<a href="{address}"{current}>{name}</a>')
    nav = "" if guest else f'<nav aria-label="Sections">{"".join(links)}</nav>'
    home = "" if guest else ' href="/"'
    html = _FRAME.format(
        title=escape(title), head="".join(head), nav=nav, home=home, body=_ENTRY.sub("", fragment)
    )
    return HTMLResponse(html, status_code=status, headers={"cache-control": "no-cache"})
