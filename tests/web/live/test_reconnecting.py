"""The live page when its server or its database goes away and comes back."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from inference import ValenceModel
from results import State, Store
from tests.web.browsing import SCREENS, start, wait_for
from tests.web.serving import Served, free_port, process, serving, wait_until

pytestmark = pytest.mark.browser


def test_a_killed_server_loses_at_most_a_second_and_the_page_comes_back(tmp_path: Path, page: Any) -> None:
    folder, port = tmp_path / "sessions", free_port()
    url = f"http://127.0.0.1:{port}"
    with process(folder, port) as running:
        session = start(page, url, faces=1)
        page.wait_for_timeout(2500)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    page.wait_for_selector('.live[data-state="reconnecting"]', timeout=60_000)
    if SCREENS:
        page.screenshot(path=str(Path(SCREENS) / "reconnecting.png"))
    shown = page.evaluate("window.messages.at(-1).time_s")
    with process(folder, port):
        page.wait_for_selector('.live[data-state="live"]', timeout=60_000)
        wait_for(page, "document.querySelector('#session').innerText.includes('was interrupted')")
        assert session in page.inner_text("#session")
        new = page.get_attribute("#session", "data-session")
        with Store(folder) as store:
            before = store.get(session)
            stored = store.samples(session).time
            assert before.state is State.INTERRUPTED
            print(f"shown until {shown:.2f} s, stored until {stored[-1]:.2f} s")
            assert shown - stored[-1] <= 1.0
            assert store.get(new).state is State.RUNNING
        page.click('[data-action="stop"]')
        page.wait_for_selector('.live[data-state="idle"]')


def test_a_stopping_server_says_goodbye_and_the_page_waits_for_it(
    tmp_path: Path, model: ValenceModel, page: Any
) -> None:
    with serving(tmp_path / "sessions", model) as served:
        start(page, served.url)
    page.wait_for_selector('.live[data-state="reconnecting"]', timeout=60_000)
    page.click('[data-action="stop"]')
    page.wait_for_selector('.live[data-state="idle"]')


def test_a_paused_session_outlives_a_database_that_is_away(served: Served, page: Any) -> None:
    session = start(page, served.url)
    page.click('[data-action="pause"]')
    page.wait_for_selector('.live[data-state="paused"]')
    answers: list[int] = []
    page.on(
        "response", lambda r: answers.append(r.status) if r.url.endswith(f"/api/live/{session}") else None
    )
    away = served.store.root.with_name("elsewhere")
    served.store.root.rename(away)
    begun = time.monotonic()
    while answers.count(503) < 3:  # in silence the page asks whether its session still lives
        assert time.monotonic() - begun < 30
        page.wait_for_timeout(50)
    away.rename(served.store.root)
    assert page.get_attribute(".live", "data-state") == "paused"
    page.click('[data-action="pause"]')
    page.wait_for_selector('.live[data-state="live"]')
    page.click('[data-action="stop"]')
    wait_until(lambda: session not in served.state.hub.sessions, 30)
    assert served.store.get(session).state is State.DONE
