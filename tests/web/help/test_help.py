"""Help and About: our words in one place, and what runs."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web import asking
from tests.web.browsing import shoot, wait_for
from tests.web.serving import Served
from web.glossary import GLOSSARY, SOURCE
from web.layout import PAGES

ASKED_FOR = {
    *("valence", "quality", "spread", "error", "coverage", "baseline"),
    *("sample", "face", "session", "study", "viewer", "stimulus"),
}


def test_every_heading_is_a_term_of_one_or_two_sentences() -> None:
    headings = re.findall(r"^## (.+)$", SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert list(GLOSSARY) == headings and set(headings) >= ASKED_FOR
    for term in GLOSSARY.values():
        assert 1 <= len(re.findall(r"[.:](?= |$)", term.text)) <= 4, term
        assert len(term.text) < 260, term


def test_every_hint_on_a_page_is_explained() -> None:
    asked = {
        word
        for path in PAGES.rglob("*.html")
        for words in re.findall(r"{{ hint\((.+?)\) }}", path.read_text(encoding="utf-8"))
        for word in re.findall(r'"([^"]+)"', words)
    }
    assert len(asked) > 5 and asked <= set(GLOSSARY)


def test_help_has_every_word_where_hints_lead(served: Served) -> None:
    html = asking.get(f"{served.url}/help").text
    for term in GLOSSARY.values():
        assert f'id="{term.anchor}"' in html, term.word


def test_about_says_what_runs(served: Served) -> None:
    html = asking.get(f"{served.url}/about").text
    manifest = served.state.model.manifest
    for told in ("test", manifest.name, manifest.sha256, served.state.model.device, "MIT"):
        assert told in html


@pytest.mark.browser
@pytest.mark.parametrize("name", ["help", "about"])
def test_pages_fit(page: Any, served: Served, name: str) -> None:
    page.goto(f"{served.url}/{name}")
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shoot(page, name)


@pytest.mark.browser
def test_a_hint_opens_and_leads_to_help(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/studies")
    page.focus('[aria-label="What study means"]')
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelector('#hint-study').matches(':popover-open')")
    shoot(page, "hint")
    page.click("#hint-study a")
    page.wait_for_url("**/help#study")


@pytest.mark.browser
def test_the_question_mark_opens_help_beside_every_page(page: Any, served: Served) -> None:
    for path in ("/", "/upload", "/sessions", "/studies", "/docs"):
        page.goto(f"{served.url}{path}")
        with page.context.expect_page() as opened:
            page.keyboard.press("?")
        opened.value.wait_for_url("**/help")
        opened.value.close()
        assert page.get_attribute('.foot a[href="/about"]', "href")
