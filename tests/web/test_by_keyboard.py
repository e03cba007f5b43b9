"""The whole way without a mouse: a recording is uploaded, its session read, a study made, its report read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inference import ValenceModel
from results import Studies
from tests.web.browsing import wait_for
from tests.web.uploading import taking_uploads

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What has the focus: what it is called, and whether one sees that it has it.
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { name: "", seen: true };
  const label = one.labels?.[0];
  const said = one.ariaLabel || label?.innerText || one.innerText || one.placeholder || one.title || "";
  const ring = one.matches(".out-of-sight") && label ? label : one;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(ring);
  const box = ring.getBoundingClientRect();
  const within = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  const drawn = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  return { name: said.trim(), seen: within && drawn };
}"""


def tab_to(page: Any, name: str, most: int = 120) -> None:
    """Presses Tab until what is called so has the focus; wherever that goes on the way, one sees it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["seen"], f"one does not see that {focused['name']!r} has the focus"
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"Tab does not come to {name!r}")


def test_the_whole_way_by_keyboard_alone(
    tmp_path: Path, model: ValenceModel, page: Any, clips: dict[str, Path]
) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        page.goto(f"{served.url}/upload")
        with page.expect_file_chooser() as chooser:
            tab_to(page, "Choose files")
            page.keyboard.press("Enter")
        chooser.value.set_files(str(clips["regular"]))
        wait_for(page, "document.querySelector('.job.done [data-action=open]')", 90)
        tab_to(page, "Open session")
        page.keyboard.press("Enter")

        page.wait_for_url("**/sessions/*")
        wait_for(page, "document.body.dataset.ready")
        tab_to(page, "Position in the session")
        page.keyboard.press("ArrowRight")
        wait_for(page, "!document.querySelector('#now').textContent.startsWith('0:00.00')")
        page.keyboard.press("m")
        page.keyboard.type("Smile")
        page.keyboard.press("Enter")
        (session,) = served.store.sessions()
        wait_for(page, "document.querySelector('#stretches').textContent.includes('Smile')")
        assert [stretch.label for stretch in served.store.stretches(session.id)] == ["Smile"]

        page.keyboard.press("Control+Home")
        tab_to(page, "Studies")
        page.keyboard.press("Enter")
        page.wait_for_url("**/studies")
        tab_to(page, "New study")
        page.keyboard.press("Enter")
        page.keyboard.type("Spring")
        tab_to(page, "Add a name and duration")
        page.keyboard.press("Enter")
        page.keyboard.type("Ad")
        page.keyboard.press("Tab")
        page.keyboard.type("1")
        tab_to(page, "Create")
        page.keyboard.press("Enter")
        page.wait_for_url("**/studies/spring")

        tab_to(page, "Attach")
        page.keyboard.press("Enter")
        wait_for(page, "document.querySelector('dialog')")
        tab_to(page, session.name)
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        wait_for(page, "document.querySelector('dialog h2')?.textContent === 'Not all could be attached'")
        assert page.locator("dialog button").all_text_contents() == ["Close"], "there is nothing to decide"
        page.keyboard.press("Enter")
        wait_for(page, "!document.querySelector('dialog')")
        assert page.evaluate(FOCUSED)["name"].startswith("Attach"), "where one was before"
        page.keyboard.press("Enter")
        wait_for(page, "document.querySelector('dialog')")
        tab_to(page, session.name)
        page.keyboard.press("Space")
        tab_to(page, "Delete their recordings")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        wait_for(
            page,
            "document.body.dataset.ready && Number(document.querySelector('#figures dd')?.textContent) > 0",
        )
        assert len(Studies(served.store).get("spring").stimuli) == 1
        with page.expect_download(timeout=60_000) as download:
            tab_to(page, "Report")
            page.keyboard.press("Enter")
        report = tmp_path / "report.html"
        download.value.save_as(report)
        page.goto(report.as_uri())
        page.wait_for_selector("h1:has-text('Spring')")
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED)["seen"]
