"""A new installation shows an example session and study: marked, removable, and made once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from analysis import examples
from analysis.errors import AnalysisError
from analysis.file import Progress
from inference import ValenceModel
from results import Store, Studies
from tests.web import asking
from tests.web.serving import serving, wait_until
from web.state import ServerSettings

ASKED_FOR = ServerSettings(version="test", examples=True)


@pytest.mark.slow
def test_the_first_start_makes_them_once(tmp_path: Path, model: ValenceModel) -> None:
    folder = tmp_path / "sessions"
    with serving(folder, model, ASKED_FOR) as served:
        assert asking.get(f"{served.url}/health").json()["status"] == "ok"  # while they are made
        wait_until(lambda: viewers(served.url) == 2, 300)
        (session,) = asking.get(f"{served.url}/api/sessions").json()
        (study,) = asking.get(f"{served.url}/api/studies").json()
        assert session["name"].startswith("Example") and study["name"].startswith("Example")
        assert session["state"] == "done" and session["faces"] == 2
        assert asking.get(f"{served.url}/sessions/{session['session']}").status_code == 200
        assert asking.delete(f"{served.url}/api/studies/{study['study']}").status_code < 300
        assert asking.delete(f"{served.url}/api/sessions/{session['session']}").status_code < 300
    assert examples.SAMPLE.is_file()
    with serving(folder, model, ASKED_FOR) as served:
        wait_until(lambda: not examples_run(served.loop), 20)
        assert asking.get(f"{served.url}/api/sessions").json() == []
        assert asking.get(f"{served.url}/api/studies").json() == []


@pytest.mark.parametrize("before", ["session", "study"])
def test_who_has_something_is_shown_none(tmp_path: Path, before: str) -> None:
    with Store(tmp_path) as store:
        assert examples.wanted(store)
        if before == "session":
            store.begin("mine", source="mine.mp4", kind="video").finish()
        else:
            Studies(store).create("Mine")
        assert not examples.wanted(store)


def test_a_server_that_stops_waits_for_no_example(tmp_path: Path, model: ValenceModel) -> None:
    def endless(_path: Path, progress: Progress) -> dict[str, Any]:
        while True:
            progress(0, None, 0.0)

    with serving(tmp_path / "sessions", model, ASKED_FOR, analyze_upload=endless) as served:
        assert examples_run(served.loop)
    with Store(tmp_path / "sessions") as store:
        assert Studies(store).all() == [] and not examples.wanted(store)


def test_a_sample_that_cannot_be_read_stops_nothing(
    tmp_path: Path, model: ValenceModel, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_path: Path, _progress: Progress) -> dict[str, Any]:
        raise AnalysisError("the clip is gone")

    with serving(tmp_path / "sessions", model, ASKED_FOR, analyze_upload=fails) as served:
        wait_until(lambda: "the clip is gone" in caplog.text, 20)
        assert asking.get(f"{served.url}/health").json()["status"] == "ok"


def viewers(url: str) -> int:
    return sum(study["viewers"] for study in asking.get(f"{url}/api/studies").json())


def examples_run(loop: Any) -> bool:
    async def look() -> bool:
        return any(task.get_name() == "examples" for task in asyncio.all_tasks())

    return asyncio.run_coroutine_threadsafe(look(), loop).result(5)
