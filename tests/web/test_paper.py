"""Session and study pages on paper, printed from the dark; and a stretch that was chosen on the chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from results import Studies, Viewings
from tests.web import asking
from tests.web.browsing import shoot, wait_for
from tests.web.players import at_time
from tests.web.serving import Served
from tests.web.storing import react

pytestmark = pytest.mark.browser

PRESSED = """() => [...document.querySelectorAll(
  "button:not(.jump, [data-sort]), select:not([data-compare]), input, .site, .cursor, .chosen")]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML)"""
CORNER = """canvas => [...canvas.getContext("2d").getImageData(2, 2, 1, 1).data]"""
STYLES = """([selector, name]) => [...document.querySelectorAll(selector)]
  .map((one) => getComputedStyle(one)[name])"""


@pytest.fixture
def pages(served: Served) -> dict[str, str]:
    """The addresses of a session's and of a study's page."""
    made, viewings = Studies(served.store), Viewings(served.store)
    made.create("Spring")
    made.add_stimulus("spring", "Spot", 10)
    made.add_stimulus("spring", "Poster", 10)
    sessions = [react(served.store, f"viewer {n}", level=0.03 * n) for n in range(3)]
    for session in sessions:
        viewings.attach("spring", "spot", session)
    return {"session": f"{served.url}/sessions/{sessions[0]}", "study": f"{served.url}/studies/spring#spot"}


@pytest.mark.parametrize("name", ["session", "study"])
def test_what_is_printed_is_for_reading(pages: dict[str, str], page: Any, name: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(pages[name])
    wait_for(page, "document.body.dataset.ready")
    assert max(page.eval_on_selector("#chart canvas", CORNER)[:3]) < 80
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(PRESSED) == []
    assert page.eval_on_selector("#chart canvas", CORNER) == [255, 255, 255, 255]
    assert set(page.evaluate(STYLES, [".swatch, .pin, .legend i", "printColorAdjust"])) <= {"exact"}
    assert set(page.evaluate(STYLES, ["h2", "breakAfter"])) == {"avoid"}
    assert set(page.evaluate(STYLES, [".chart-card", "breakInside"])) == {"avoid"}
    shoot(page, f"print-{name}")
    page.emulate_media(media="screen", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert max(page.eval_on_selector("#chart canvas", CORNER)[:3]) < 80


def test_a_report_is_parted_between_its_sentences_and_rows(pages: dict[str, str], page: Any) -> None:
    address = pages["study"].replace("/studies/spring#spot", "/api/studies/spring/report.html")
    page.set_content(asking.get(address).text)
    page.emulate_media(media="print")
    for selector in ("p", "dd", "tr", ".tile"):
        assert set(page.evaluate(STYLES, [selector, "breakInside"])) == {"avoid"}
    for selector in ("h2", "h3", "dt", "thead", "tbody tr:first-child"):
        assert set(page.evaluate(STYLES, [selector, "breakAfter"])) == {"avoid"}
    assert set(page.evaluate(STYLES, ["tbody tr:last-child", "breakBefore"])) == {"avoid"}
    rules = "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).map(rule => rule.cssText).join()"
    assert "size:" not in page.evaluate(rules).replace("font-size:", ""), "the paper is the reader's"


@pytest.mark.parametrize("stimuli", [1, 2])
def test_a_report_keeps_nobody_out(
    pages: dict[str, str], served: Served, page: Any, tmp_path: Path, stimuli: int
) -> None:
    Studies(served.store).set_segment("spring", "spot", "The whole of it", 0, 9)
    if stimuli == 1:
        Studies(served.store).remove_stimulus("spring", "poster")
    address = pages["study"].replace("/studies/spring#spot", "/api/studies/spring/report.html")
    report = tmp_path / "report.html"
    report.write_bytes(asking.get(address).content)
    page.goto(report.as_uri())
    shoot(page, f"report-{stimuli}")


@pytest.mark.parametrize("name", ["session", "study"])
@pytest.mark.parametrize("answer", ["Cancel", "use"])
def test_a_chosen_stretch_is_shown_until_it_is_settled(
    pages: dict[str, str], page: Any, name: str, answer: str
) -> None:
    page.goto(pages[name])
    wait_for(page, "document.body.dataset.ready")
    from_x, y = at_time(page, 0.2)
    page.keyboard.down("Shift")
    page.mouse.move(from_x, y)
    page.mouse.down()
    page.mouse.move(at_time(page, 0.6)[0], y, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_selector("dialog[open]")
    assert page.locator("#chart .chosen").is_visible()
    if answer == "Cancel":
        page.keyboard.press("Escape")
    else:
        if name == "study":
            page.fill("dialog [name=name]", "Product")
        page.click("dialog .primary")
    page.wait_for_selector("#chart .chosen", state="hidden")
