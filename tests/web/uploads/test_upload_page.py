"""The upload page in a real browser: its queue before and after a reload, and in two tabs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from inference import ValenceModel
from results import Store
from results.database.schema import EventRow, SessionRow
from tests.web.browsing import shoot, wait_for
from tests.web.storing import stored
from tests.web.uploading import NO_FACE, ONE_FACE, files_below, taking_uploads

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SENT = "!document.querySelector('.job.waiting, .job.uploading')"
"""Nothing is on its way to the server: a reload would cut it off."""

# Keeps the server's news from the page until `letGo()`; `held` counts what has come meanwhile.
HOLD = """
window.held = 0;
const gate = new Promise((open) => { window.letGo = open; });
window.EventSource = class extends EventSource {
  set onmessage(hear) {
    super.onmessage = async (event) => { window.held += 1; await gate; hear(event); };
  }
};
"""


def test_uploads_in_the_browser(
    tmp_path: Path, model: ValenceModel, page: Any, clips: dict[str, Path]
) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        page.goto(f"{served.url}/upload")
        page.set_input_files("#files", [str(clips["regular"]), str(clips["variable"]), str(NO_FACE)])
        wait_for(page, f"document.querySelectorAll('[data-analysis]').length === 3 && {SENT}")
        wait_for(page, "document.querySelector('.job.running .says')?.textContent.includes('frames/s')", 60)
        page.reload()
        wait_for(page, "document.querySelectorAll('.job.done').length === 2", 90)
        wait_for(page, "document.querySelectorAll('.job.failed').length === 1", 60)
        failed = page.locator(".job.failed")
        assert "choose another image or video" in failed.text_content()
        with page.expect_file_chooser() as chooser:
            failed.locator("[data-action=choose-another]").click()
        chooser.value.set_files(str(ONE_FACE))
        wait_for(page, "document.querySelectorAll('.job.done img').length === 1", 60)
        shoot(page, "upload")

        empty = tmp_path / "empty.mp4"
        empty.write_bytes(b"")
        page.set_input_files("#files", str(empty))
        wait_for(
            page,
            "[...document.querySelectorAll('.job.failed')].some(j => j.textContent.includes('is empty'))",
        )
        page.click("#clear")
        wait_for(page, "document.querySelectorAll('.job').length === 0")
        page.reload()
        page.wait_for_timeout(500)
        assert page.locator(".job").count() == 0
        page.goto("about:blank")  # it holds a connection, for which the server would wait
        assert len(served.store.sessions()) == 3
        assert {Path(name).parts[0] for name in files_below(served.store.root)} == {
            session.id for session in served.store.sessions()
        }


def test_a_list_from_before_an_upload_takes_nothing_away(
    tmp_path: Path, model: ValenceModel, page: Any
) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        page.add_init_script(HOLD)
        page.goto(f"{served.url}/upload")
        wait_for(page, "window.held === 1")
        page.set_input_files("#files", str(ONE_FACE))
        wait_for(page, f"document.querySelector('[data-analysis]') && {SENT}")
        page.evaluate("letGo()")
        wait_for(page, "document.querySelectorAll('.job.done').length === 1", 60)
        page.reload()
        page.evaluate("letGo()")
        wait_for(page, "document.querySelectorAll('.job.done').length === 1", 10)
        page.goto("about:blank")


def test_two_tabs_remember_each_their_uploads(tmp_path: Path, model: ValenceModel, page: Any) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        tabs = [page, page.context.new_page()]
        for tab in tabs:
            tab.goto(f"{served.url}/upload")
        for tab in tabs:
            tab.set_input_files("#files", str(ONE_FACE))
            wait_for(tab, "document.querySelectorAll('.job.done').length >= 1", 60)
        for tab in tabs:
            tab.reload()
            wait_for(tab, "document.querySelectorAll('.job.done').length === 2", 10)
        for tab in tabs:
            tab.goto("about:blank")


@pytest.mark.parametrize("how", ["chosen", "dropped"])
def test_folders_are_walked_through(tmp_path: Path, model: ValenceModel, page: Any, how: str) -> None:
    folder = tmp_path / "screening"
    (folder / "day 2").mkdir(parents=True)
    for name in ("a.jpg", "day 2/a.jpg"):
        shutil.copy(ONE_FACE, folder / name)
    (folder / "notes.txt").write_text("quiet audience")
    (folder / ".hidden.jpg").write_bytes(b"")
    with taking_uploads(tmp_path / "sessions", model, analyze=lambda *given: None) as served:
        page.goto(f"{served.url}/upload")
        wait_for(page, "document.querySelector('#limit').textContent")
        if how == "chosen":
            page.set_input_files("#folder", str(folder))
        else:
            drop_files(page, "#drop", folder)
        wait_for(page, f"document.querySelectorAll('[data-analysis]').length === 2 && {SENT}")
        names = page.eval_on_selector_all(".job .name", "all => all.map(one => one.textContent)")
        assert set(names) == {"screening/a.jpg", "screening/day 2/a.jpg"}
        said = page.inner_text("#passed-over")
        assert "Passed over 2 files" in said and "screening/notes.txt" in said
        page.goto("about:blank")


def test_a_file_that_was_cut_short_is_said_to_be(tmp_path: Path, model: ValenceModel, page: Any) -> None:
    def analyze(path: Path, report: Any) -> dict[str, Any]:
        with Store(tmp_path / "sessions") as store:
            session = stored(store)
            store.folder(session).mkdir(exist_ok=True)
            with store.database.write() as connection:
                key = connection.execute(select(SessionRow.key)).scalar_one()
                text = "the file is cut short: 3.00 s of 10.00 s could be read"
                event = {"session_key": key, "time": 3.0, "kind": "source", "text": text}
                connection.execute(insert(EventRow), [event])
        return {"session": session, "faces": [1]}

    with taking_uploads(tmp_path / "sessions", model, analyze) as served:
        page.goto(f"{served.url}/upload")
        page.set_input_files("#files", str(ONE_FACE))
        wait_for(page, "document.querySelector('.job.done .says')?.textContent.includes('cut short')", 60)
        assert "could be read." in page.inner_text(".job .says")
        page.goto("about:blank")


def drop_files(page: Any, selector: str, *paths: Path) -> None:
    """Drops files and folders of this machine onto an element, as from a file manager."""
    box = page.locator(selector).bounding_box()
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
        devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})
