"""The list of sessions in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, select

from inference import ValenceModel
from results import Store, Studies
from results.database.schema import SessionRow
from tests.web.browsing import shoot, wait_for
from tests.web.serving import Served, wait_until
from tests.web.storing import stored
from tests.web.uploading import ONE_FACE, files_below, outcome, send, taking_uploads

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_library_finds_sorts_renames_and_deletes(tmp_path: Path, model: ValenceModel, page: Any) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        for name in ("second ad", "late ad", "first ad"):
            stored(served.store, name)
        session = outcome(served.url, send(served.url, ONE_FACE)[0])["session"]
        page.goto(f"{served.url}/sessions")
        wait_for(page, "document.querySelectorAll('tbody tr').length === 4")
        shoot(page, "library")
        names = "[...document.querySelectorAll('tbody td.title a')].map(a => a.textContent)"
        page.click("[data-sort=name]")
        assert page.evaluate(names) == ["first ad", "late ad", "one_face", "second ad"]
        assert page.locator("th[aria-sort=ascending]").text_content() == "Session"
        page.fill("#search", "LATE")
        wait_for(page, f"{names}.length === 1")
        page.fill("#search", "nothing like it")
        wait_for(page, "document.querySelector('#empty').textContent.includes('No session fits')")
        page.click("#empty button")

        row = f'tr[data-session="{session}"]'
        page.click(f"{row} [data-action=rename]")
        page.fill("dialog input", "Portrait")
        page.keyboard.press("Enter")
        wait_for(page, f"{names}.includes('Portrait')")
        page.click(f"{row} [data-action=delete]")
        assert "for good" in page.text_content("dialog")
        page.click("dialog .danger")
        wait_for(page, f"!{names}.includes('Portrait')")
        assert any(session in name for name in files_below(served.store.root)), "for a while"
        page.click("#undo button")
        wait_for(page, f"{names}.includes('Portrait')")
        page.click(f"{row} [data-action=delete]")
        page.click("dialog .danger")
        wait_for(page, f"!{names}.includes('Portrait')")
        page.goto(f"{served.url}/help")  # as the page is left
        wait_until(lambda: not any(session in name for name in files_below(served.store.root)), 5)


def test_a_thousand_sessions_stay_quick(served: Served, page: Any) -> None:
    copy_session(served.store, stored(served.store), 999)
    page.goto(f"{served.url}/sessions")
    wait_for(page, "document.querySelector('#summary').textContent === '1,000 sessions'")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    made, rows = page.evaluate("""() => {
      const search = document.querySelector("#search");
      let made = 0;
      const create = document.createElement.bind(document);
      document.createElement = (...given) => (made += 1, create(...given));
      search.value = "session 77";
      search.dispatchEvent(new Event("input"));
      document.body.offsetHeight;
      return [made, document.querySelectorAll("tbody tr").length];
    }""")
    assert rows == 19  # 77, 177, …, and 770 to 779
    assert 0 < made < 100 * rows, "only the rows that are shown are made"
    assert not [url for url in asked if "/api/sessions" in url], "and nobody is asked"


def test_back_leads_to_the_same_place(served: Served, page: Any) -> None:
    copy_session(served.store, stored(served.store), 299)
    page.goto(f"{served.url}/sessions")
    wait_for(page, "document.querySelector('#summary').textContent === '300 sessions'")
    page.click("[data-sort=name]")
    page.fill("#search", "session")
    page.select_option("#state", "done")
    chosen = parse_qs(urlsplit(page.url).query)
    assert chosen == {"q": ["session"], "state": ["done"], "sort": ["name:asc"]}
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    wait_for(page, "document.querySelectorAll('tbody tr').length === 200")
    row = page.locator("tr", has_text="session 150")
    row.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    before = page.evaluate("scrollY")
    assert before > 3000
    row.locator("a").evaluate("a => a.click()")
    page.wait_for_url("**/sessions/copy-150")
    page.go_back()
    wait_for(page, "document.querySelectorAll('tbody tr').length >= 200")
    wait_for(page, f"Math.abs(scrollY - {before}) < 50", 10)
    assert page.input_value("#search") == "session"
    assert page.input_value("#state") == "done"
    assert page.locator("th[aria-sort=ascending]").text_content() == "Session"


@pytest.mark.parametrize("width", [400, 900])
def test_dates_are_seen_at_any_width(served: Served, page: Any, width: int) -> None:
    session = stored(served.store)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{served.url}/sessions")
    wait_for(page, "document.querySelectorAll('tbody tr').length === 1")
    made = served.store.get(session).created
    assert f"{made:%Y}" in page.inner_text("tbody tr .title")


def copy_session(store: Store, session: str, times: int) -> None:
    """As many sessions like one, without its samples."""
    with store.database.write() as connection:
        (row,) = connection.execute(select(SessionRow).where(SessionRow.id == session)).mappings().fetchall()
        copies = [{**row, "id": f"copy-{n}", "name": f"session {n}"} for n in range(times)]
        connection.execute(insert(SessionRow), [{k: v for k, v in c.items() if k != "key"} for c in copies])


def test_several_are_chosen_tagged_found_downloaded_and_added_to_a_study(served: Served, page: Any) -> None:
    for name in ("first", "second", "third", "fourth"):
        stored(served.store, name)
    studies = Studies(served.store)
    studies.create("Spring")
    studies.add_stimulus("spring", "Spot", 2)
    page.goto(f"{served.url}/sessions?sort=name:asc")
    names = "[...document.querySelectorAll('tbody td.title a')].map(a => a.textContent)"
    wait_for(page, f"{names}.join() === 'first,fourth,second,third'")
    boxes = page.locator("tbody .pick input")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    assert page.inner_text("#chosen-count") == "3 sessions chosen"
    boxes.nth(1).uncheck()
    page.click("[data-many=tag]")
    page.fill("dialog input", "pilot, Room B")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelectorAll('.tag').length === 4")
    shoot(page, "library-chosen")

    with page.expect_download() as coming:
        page.click("[data-many=download]")
    with ZipFile(coming.value.path()) as got:
        assert [name.rsplit("/")[-1] for name in got.namelist()] == ["valence.csv", "summary.json"] * 2
        assert got.testzip() is None

    page.click("[data-many=attach]")
    page.click("dialog .primary")
    wait_for(page, "document.querySelectorAll('#study option').length === 2")
    page.select_option("#study", "spring")
    wait_for(page, f"{names}.join() === 'first,second'")
    page.select_option("#study", "")
    page.select_option("#tag", "Room B")
    page.fill("#since", "2001-01-01")
    wait_for(page, f"{names}.join() === 'first,second' && location.search.includes('tag=Room+B')")
    page.reload()
    wait_for(page, f"{names}.join() === 'first,second'")
    page.fill("#until", "2001-01-02")
    wait_for(page, "document.querySelector('#empty').textContent.includes('No session fits')")
    page.click("#empty button")
    wait_for(page, f"{names}.length === 4")

    page.check("#all")
    page.click("[data-many=delete]")
    page.click("dialog .danger")
    page.click("#undo button")
    wait_for(page, f"{names}.length === 4")
