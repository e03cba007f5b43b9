"""A new installation shows an example session and study: marked, removable, and made once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import av
import pytest

from analysis import examples
from analysis.errors import AnalysisError
from analysis.file import Progress
from inference import ValenceModel
from results import Store, Studies
from tests.web import asking
from tests.web.browsing import wait_for
from tests.web.serving import serving, wait_until
from web.state import ServerSettings

ASKED_FOR = ServerSettings(version="test", examples=True)


@pytest.fixture
def sixth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every sixth frame of the clip, which takes less time."""
    clip = tmp_path / "sample.mp4"
    with av.open(str(examples.SAMPLE)) as whole, av.open(str(clip), "w") as out:
        stream = out.add_stream("libx264", 5)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for number, frame in enumerate(whole.decode(video=0)):
            if number % 6 == 0:
                picture = av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24"))
                out.mux(stream.encode(picture))
        out.mux(stream.encode())
    monkeypatch.setattr(examples, "SAMPLE", clip)
    return clip


@pytest.mark.slow
@pytest.mark.browser
def test_the_first_start_makes_them_once(tmp_path: Path, model: ValenceModel, page: Any, sixth: Path) -> None:
    folder = tmp_path / "sessions"
    with serving(folder, model, ASKED_FOR) as served:
        assert asking.get(f"{served.url}/health").json()["status"] == "ok"  # while they are made
        wait_until(lambda: viewers(served.url) == 2, 300)
        (session,) = asking.get(f"{served.url}/api/sessions").json()
        (study,) = asking.get(f"{served.url}/api/studies").json()
        assert session["name"].startswith("Example") and study["name"].startswith("Example")
        assert session["state"] == "done" and session["faces"] == 2
        page.goto(f"{served.url}/sessions")
        page.click(f"text={session['name']}")
        page.wait_for_url(f"**/sessions/{session['session']}")
        wait_for(page, "document.querySelectorAll('#moments li').length > 0")
        page.goto(f"{served.url}/studies/{study['study']}")
        wait_for(page, "document.querySelector('#notes').textContent.startsWith('An example')")
        assert asking.delete(f"{served.url}/api/studies/{study['study']}").status_code < 300
        assert asking.delete(f"{served.url}/api/sessions/{session['session']}").status_code < 300
    assert sixth.is_file()
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
