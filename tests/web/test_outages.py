"""A store that goes away under a running server: what is said, on which page, and what is not lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inference import ValenceModel
from results import State
from tests.web import asking
from tests.web.browsing import wait_for
from tests.web.serving import SAMPLE, serving, wait_until
from tests.web.uploading import ONE_FACE, files_below, outcome, send, taking_uploads


def test_a_folder_that_is_gone_is_answered_with_the_reason(tmp_path: Path, model: ValenceModel) -> None:
    folder = tmp_path / "sessions"
    with taking_uploads(folder, model) as served:
        assert asking.get(f"{served.url}/health").json()["store"] == "ok"
        folder.rename(tmp_path / "elsewhere")
        health = asking.get(f"{served.url}/health").json()
        assert health["status"] == "degraded" and "is gone" in health["store"]
        answers = [
            asking.get(f"{served.url}/api/sessions"),
            asking.get(f"{served.url}/api/analyses"),
            asking.post(f"{served.url}/api/analyses", files={"file": ("a.jpg", ONE_FACE.read_bytes())}),
        ]
        assert [answer.status_code for answer in answers[:2]] == [503, 503]
        assert answers[2].status_code in (503, 507)
        assert "is gone" in answers[0].json()["detail"]
        assert not folder.exists(), "nothing makes it again"
        (tmp_path / "elsewhere").rename(folder)
        (job,) = send(served.url, ONE_FACE)
        assert outcome(served.url, job)["status"] == "done"


@pytest.mark.browser
@pytest.mark.slow
def test_every_page_of_operators_says_so(tmp_path: Path, model: ValenceModel, page: Any) -> None:
    folder = tmp_path / "sessions"
    with serving(folder, model) as served:
        pages = ["/", "/upload", "/sessions", "/studies"]
        for path in pages:
            page.goto(f"{served.url}{path}")
            wait_for(page, "document.querySelector('.alarm')?.hidden === true")
        folder.rename(tmp_path / "elsewhere")
        wait_for(page, "document.querySelector('.alarm').textContent.includes('is gone')")
        (tmp_path / "elsewhere").rename(folder)
        wait_for(page, "document.querySelector('.alarm').hidden")
        page.goto("about:blank")


def test_the_queue_waits_for_a_store_that_is_away(tmp_path: Path, model: ValenceModel) -> None:
    folder = tmp_path / "sessions"
    with taking_uploads(folder, model) as served:
        jobs = send(served.url, SAMPLE, ONE_FACE)

        def frames() -> int:
            listed = asking.get(f"{served.url}/api/analyses/{jobs[0]['id']}").json()
            return int(listed["frames"])

        wait_until(lambda: frames() > 20, 60)
        folder.rename(tmp_path / "elsewhere")
        wait_until(lambda: asking.get(f"{served.url}/health").json()["status"] == "degraded", 30)
        (tmp_path / "elsewhere").rename(folder)
        assert [outcome(served.url, job, 180)["status"] for job in jobs] == ["done", "done"]
        sessions = {session.id: session for session in served.store.sessions()}
        assert {session.state for session in sessions.values()} == {State.DONE} and len(sessions) == 2
        assert not any(name.startswith(".uploads") for name in files_below(folder))
