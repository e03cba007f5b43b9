"""The frame that all pages share, the API page, and what is served where."""

from __future__ import annotations

import re

import pytest

from tests.web import asking
from tests.web.serving import ROOT, Served
from web.layout import PAGES, page


@pytest.mark.parametrize("path", ["/", "/live/some-session", "/docs"])
def test_pages_are_whole(served: Served, path: str) -> None:
    response = asking.get(served.url + path)
    assert response.status_code == 200
    html = response.text
    assert html.startswith("<!doctype html>") and '<main id="main"' in html
    assert [name for name in ("Live", "Upload", "Sessions", "Studies") if f">{name}</a>" not in html] == []
    for address in re.findall(r'(?:src|href)="(/pages/[^"]+)"', html):
        assert asking.get(served.url + address).status_code == 200, address


def test_every_module_that_is_imported_is_there() -> None:
    for module in PAGES.rglob("*.js"):
        for name in re.findall(r'^import .* from "(.+)";$', module.read_text(), re.MULTILINE):
            assert (module.parent / name).resolve().is_file(), f"{module} imports {name}"


def test_the_current_section_is_marked() -> None:
    html = bytes(page("live/live.html", "Live", estimates="how it looks").body).decode()
    assert html.count('aria-current="page"') == 1
    assert '<a href="/" aria-current="page">Live</a>' in html
    assert "{%" not in html and "{{" not in html


def test_a_missing_page_is_for_people_and_a_missing_answer_for_programs(served: Served) -> None:
    people = asking.get(served.url + "/nothing", headers={"accept": "text/html"})
    assert people.status_code == 404 and "There is nothing at this address" in people.text
    program = asking.get(served.url + "/api/nothing")
    assert program.status_code == 404 and program.json() == {"detail": "Not Found"}


def test_files_outside_the_pages_are_not_served(served: Served) -> None:
    for path in ("/pages/../app.py", "/pages/%2e%2e/app.py", "/pages/live/..%2f..%2fapp.py"):
        assert asking.get(served.url + path).status_code == 404


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("live/live.js", "text/javascript; charset=utf-8"),
        ("base.css", "text/css; charset=utf-8"),
        ("shared/mark.svg", "image/svg+xml"),
    ],
)
def test_files_are_what_they_are_whatever_the_system_believes(
    served: Served, monkeypatch: pytest.MonkeyPatch, file: str, kind: str
) -> None:
    """On Windows programs write into the registry what files are, and a module of plain text is not run."""
    monkeypatch.setattr("starlette.responses.guess_type", lambda _path: ("text/plain", None))
    answer = asking.get(f"{served.url}/pages/{file}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    again = asking.get(f"{served.url}/pages/{file}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_the_api_describes_itself(served: Served) -> None:
    paths = asking.get(served.url + "/openapi.json").json()["paths"]
    assert {"/health", "/api/offer", "/api/live/{session_id}/watch"} <= paths.keys()


def test_pages_need_no_other_server() -> None:
    for file in (ROOT / "web" / "pages").rglob("*"):
        if file.suffix in (".js", ".css", ".html"):
            text = re.sub(r"http://(localhost|www\.w3\.org)", "", file.read_text())
            assert not re.search(r"https?://[\w.]", text), file
