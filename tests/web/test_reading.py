"""What people read on pages: on narrow screens, in figures, dates and words; and what is offered to them."""

from __future__ import annotations

from typing import Any

import pytest

from results import Options, Studies, Viewings
from tests.web.browsing import wait_for
from tests.web.serving import Served
from tests.web.storing import react, stored

pytestmark = pytest.mark.browser

READY = "document.body.dataset.ready"


@pytest.fixture
def session(served: Served) -> str:
    """A minute of 1,200 samples, seen in a study with a baseline."""
    made = Studies(served.store)
    made.create("Spring", options=Options(baseline=(0, 2)), consent_text="You will see\nan ad.")
    made.add_stimulus("spring", "A spot with a rather long name of its own", 60)
    made.add_stimulus("spring", "Another", 60)
    found = react(served.store, "viewer", level=0.02, seconds=60)
    for stimulus in [one.id for one in made.get("spring").stimuli]:
        Viewings(served.store).attach("spring", stimulus, found)
    return found


@pytest.mark.parametrize("path", ["/", "/upload", "/sessions", "/studies", "/sessions/{}", "/studies/spring"])
def test_the_narrowest_screen_holds_every_page(served: Served, page: Any, session: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(served.url + path.format(session))
    if path.count("/") == 2:
        wait_for(page, READY)
    page.wait_for_timeout(500)
    wide = """() => [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > 321 && one.checkVisibility())
      .map((one) => `${one.tagName} ${one.className} ${one.id}`).slice(0, 8)"""
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.evaluate(wide)


def test_figures_and_dates_are_written_alike(served: Served, page: Any, session: str) -> None:
    page.goto(f"{served.url}/sessions/{session}")
    wait_for(page, READY)
    assert "1,200" in page.inner_text("#faces")
    assert page.inner_text("#facts").count("UTC") == 1, "as the id has it"
    page.goto(f"{served.url}/sessions")
    page.wait_for_selector("tbody tr")
    assert "UTC" in page.inner_text("tbody .made")


def test_a_running_session_is_not_offered_for_deletion(served: Served, page: Any) -> None:
    stored(served.store)
    with served.store.begin("now", source="camera", kind="live", model_name="m", model_sha256="c") as pen:
        page.goto(f"{served.url}/sessions")
        wait_for(page, "document.querySelectorAll('tbody tr').length === 2")
        assert page.locator("tbody [data-action=delete]").count() == 1
        page.goto(f"{served.url}/sessions/{pen.id}")
        wait_for(page, READY)
        assert page.locator("[data-action=delete]").is_hidden()


def test_a_picture_has_no_moments(served: Served, page: Any) -> None:
    picture = stored(served.store, kind="image", seconds=0)
    page.goto(f"{served.url}/sessions/{picture}")
    wait_for(page, READY)
    assert page.locator("#faces").is_visible()
    assert page.locator("#moments").is_hidden() and page.locator("#stretches").is_hidden()


def test_a_study_says_its_scale_its_baseline_and_its_consent(served: Served, page: Any, session: str) -> None:
    page.goto(f"{served.url}/studies/spring")
    wait_for(page, READY)
    said = page.inner_text("#reading")
    assert "not from −1 to +1" in said and "mean from 0 to 2 s" in said
    page.click("[data-action=edit]")
    assert page.input_value("dialog textarea[name=consent]") == "You will see\nan ad."


def test_pages_use_one_word_for_one_thing(served: Served, page: Any, session: str) -> None:
    page.goto(f"{served.url}/studies/spring")
    wait_for(page, READY)
    page.wait_for_selector("#compare-tools select")
    text = page.inner_text("main")
    assert "How the audience looked" in text and "minus" in text and "Overall" in text
    for gone in ("felt", "On the whole", "on the whole", "Outside", " less\n"):
        assert gone not in text
    for path in ("/sessions", "/studies"):
        page.goto(served.url + path)
        page.wait_for_selector("tbody tr")
        assert "Created" in page.inner_text("thead") and "Made" not in page.inner_text("thead")
