"""A study whose viewers' own browsers analyse: from consent to thanks, and no picture ever leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from results import State, Studies, Viewings, Where
from results.audience.clock import stimulus_time
from tests.chromium import seeing_one_face
from tests.web import asking
from tests.web.browsing import wait_for
from tests.web.participants.participant import PATIENCE, invited, press, ready, seen, state, with_video
from tests.web.serving import Served, wait_until
from tests.web.uploading import numbered_clip
from web.edge.fetch import is_there
from web.layout import PAGES
from web.security import WORKER_POLICY

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not is_there(), reason="ONNX Runtime Web is not installed: python -m web.edge.fetch"),
]


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Its camera sees one face."""
    with seeing_one_face(playwright, tmp_path_factory.mktemp("camera")) as opened:
        yield opened


@pytest.fixture
def studies(served: Served) -> Studies:
    made = Studies(served.store)
    made.create("Spring", where=Where.BROWSER)
    made.add_stimulus("spring", "Spot", 6)
    return made


@pytest.fixture
def ad(studies: Studies, tmp_path: Path) -> str:
    """A video of four seconds."""
    clip = tmp_path / "clip.mp4"
    numbered_clip(clip, frames=120)
    return with_video(studies, clip, 4.0)


def begin(page: Any, served: Served, stimulus: str) -> None:
    page.goto(served.url + invited(served, "spring", stimulus))
    state(page, "consent")
    assert "does not leave this device" in page.text_content("#state-text")
    press(page, "I agree and take part")
    state(page, "check")
    ready(page)
    press(page, "Play")


def told(served: Served) -> Any:
    """The only viewing's session, when it is over."""
    (viewing,) = Viewings(served.store).all("spring")
    wait_until(lambda: served.store.get(viewing.session).state is not State.RUNNING, 30)
    return viewing, served.store.get(viewing.session), served.store.samples(viewing.session)


def test_only_numbers_leave_the_device(served: Served, studies: Studies, ad: str, page: Any) -> None:
    sent: list[tuple[str, str, str, int]] = []

    def note(request: Any) -> None:
        size = len(request.post_data_buffer or b"")
        kind = request.headers.get("content-type", "")
        sent.append((request.method, request.url, kind, size))

    page.on("request", note)
    page.on("websocket", lambda one: sent.append(("WS", one.url, "", 0)))
    page.evaluate("() => 0")
    page.add_init_script(
        "window.peers = 0; RTCPeerConnection = class { constructor() { window.peers += 1; } };"
    )
    begin(page, served, ad)
    state(page, "done")
    assert page.evaluate("window.peers") == 0, "no WebRTC at all"
    assert {url.split("/")[2] for _, url, _, _ in sent} == {served.url.split("/")[2]}, "no other origin"
    posted = [one for one in sent if one[0] != "GET"]
    assert posted and all(kind.startswith("application/json") for _, _, kind, _ in posted)
    numbers = [size for _, url, _, size in posted if url.endswith("/numbers")]
    assert len(numbers) >= 4 and sum(numbers) < 200_000, "numbers alone"

    viewing, session, samples = told(served)
    assert session.settings["computed"] == "browser" and session.device == "browser"
    assert session.model_sha256 == served.state.model.for_cpu.sha256
    assert session.state is State.DONE and session.files == {}
    assert len(samples) > 25 and set(samples.face_id.tolist()) == {1}
    assert np.all(np.abs(samples.valence) <= 1) and samples.quality.mean() > 0.5
    at = stimulus_time(samples.time, knots=viewing.clock)
    assert np.nanmax(at) == pytest.approx(4.0, abs=0.3), "to the end of the video"
    assert Studies(served.store).get("spring").viewers == 1
    report = asking.get(f"{served.url}/api/studies/spring/report.html", timeout=60).text
    assert "no picture left their devices" in report


def test_what_is_read_while_the_network_is_away_comes_later(
    served: Served, studies: Studies, ad: str, page: Any
) -> None:
    begin(page, served, ad)
    seen(page, 0.5)
    away = "**/numbers"
    page.route(away, lambda route: route.abort())
    wait_for(page, "!document.querySelector('#outage').hidden", PATIENCE)
    assert "sent later" in page.text_content("#outage")
    seen(page, 2.5)
    page.unroute(away)
    state(page, "done")
    _, session, samples = told(served)
    frames = np.unique(samples.frame)
    assert np.array_equal(frames, np.arange(frames[0], frames[-1] + 1)), "nothing lost, nothing twice"
    assert session.frames == frames[-1] + 1


def test_who_stops_is_removed(served: Served, studies: Studies, ad: str, page: Any) -> None:
    begin(page, served, ad)
    seen(page, 0.5)
    press(page, "Stop and remove")
    page.click("dialog .danger")
    state(page, "removed")
    assert served.store.sessions() == [] and Viewings(served.store).viewers("spring") == []


def seconds_watched(served: Served, viewing: Any) -> Any:
    """The seconds of the stimulus at which a viewing's stored samples are."""
    at = stimulus_time(served.store.samples(viewing.session).time, knots=viewing.clock)
    return at[~np.isnan(at)]


def test_a_server_that_starts_again_gets_the_rest(
    served: Served, studies: Studies, page: Any, tmp_path: Path
) -> None:
    """It has forgotten who takes part; their page goes on with what is not stored yet, as the same person."""
    clip = tmp_path / "clip.mp4"
    numbered_clip(clip, frames=240)
    begin(page, served, with_video(studies, clip, 8.0))
    viewings = Viewings(served.store)
    wait_until(lambda: len(seconds_watched(served, viewings.all("spring")[0])) > 2, PATIENCE)
    away = "**/numbers"
    page.route(away, lambda route: route.abort())
    seen(page, page.evaluate("document.querySelector('.screen video').currentTime") + 1.0)
    people = served.state.participants
    (before,) = people._participants.values()
    people.end(before, "The server stopped.")
    wait_until(before.over.is_set, 20)
    del people._participants[before.token]
    page.unroute(away)
    state(page, "done")

    first, second = viewings.all("spring")
    assert first.viewer == second.viewer, "the same person"
    wait_until(lambda: served.store.get(second.session).state is not State.RUNNING, 30)
    early, late = seconds_watched(served, first), seconds_watched(served, second)
    assert late.max() == pytest.approx(8.0, abs=0.5)
    assert late.min() > early.max() - 0.15, "nothing is there twice"
    assert late.min() - early.max() < 0.6 and np.diff(late).max() < 1.0, "and nothing is missing between"


def test_a_device_that_cannot_keep_up_is_told_before_it_begins(
    served: Served, studies: Studies, page: Any
) -> None:
    """Each frame takes its worker as long as on an old phone, and nobody presses Play."""
    late = "setTimeout(() => postMessage({ number, ...answer }), 400)"
    script = (PAGES / "edge" / "worker.js").read_text()
    assert "postMessage({ number, ...(await acts[act](given)) });" in script
    script = script.replace(
        "postMessage({ number, ...(await acts[act](given)) });",
        f"const answer = await acts[act](given); {late};",
    )
    headers = {"content-type": "text/javascript", "content-security-policy": WORKER_POLICY}
    page.route("**/edge/worker.js", lambda route: route.fulfill(body=script, headers=headers))
    page.goto(served.url + invited(served, "spring", "spot"))
    state(page, "consent")
    press(page, "I agree and take part")
    state(page, "failed")
    assert "too slow" in page.text_content("#state-title")
    assert "5 are needed" in page.text_content("#state-text")
    press(page, "Remove what was recorded of me")
    state(page, "removed")
    wait_until(lambda: served.store.sessions() == [], 20)
