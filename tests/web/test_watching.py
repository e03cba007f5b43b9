"""Watch and react in a real browser: viewer after viewer, from consent to the stimulus's clock."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import shoot, wait_for
from serving import Served, wait_until
from uploading import BITS, BLOCK, ONE_FACE, files_below, numbered_clip

from results import Studies, Viewings, stimulus_time
from stream.live_pipeline import LiveResult
from tests.chromium import crowd, launch, need_chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 180.0
"""Seconds: a busy machine is slow, not wrong."""


@pytest.fixture(scope="module")
def browser(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Its camera sees one face."""
    need_chromium()
    opened = launch(playwright, crowd(1, tmp_path_factory.mktemp("camera")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A stimulus of ten seconds whose frames carry their numbers, and when each is shown."""
    path = tmp_path_factory.mktemp("stimulus") / "ad.mp4"
    return path, numbered_clip(path, frames=300)


@pytest.fixture
def studies(served: Served) -> Studies:
    """Has a study with something that is shown elsewhere, for six seconds."""
    made = Studies(served.store)
    made.create("Spring")
    made.add_stimulus("spring", "Spot", 6)
    return made


def with_video(studies: Studies, clip: Path, seconds: float) -> str:
    """Gives the study a video of so many seconds; returns its id."""
    folder = studies.upload_folder()
    kept = folder / "ad.mp4"
    if seconds < 10:
        numbered_clip(kept, frames=round(seconds * 30))
    else:
        kept.write_bytes(clip.read_bytes())
    return studies.add_stimulus("spring", "Ad", seconds, kept).id


def state(page: Any, *wanted: str) -> None:
    """Waits until the viewer's page is in one of these states."""
    wait_for(page, f"{list(wanted)}.includes(document.querySelector('.watch').dataset.state)", PATIENCE)


def press(page: Any, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click(timeout=PATIENCE * 1000)


def to_the_check(page: Any, served: Served, stimulus: str = "spot") -> None:
    page.goto(f"{served.url}/watch/spring/{stimulus}")
    state(page, "consent")
    press(page, "I agree and take part")
    state(page, "check")


def ready(page: Any) -> None:
    """Waits until the camera check is passed."""
    wait_for(page, "!document.querySelector('[data-action=play]').disabled", PATIENCE)


def test_three_viewers_in_a_row_while_the_curve_grows(
    served: Served, studies: Studies, browser: Any, page: Any, clip: tuple[Path, list[float]]
) -> None:
    stimulus = with_video(studies, clip[0], 4.0)
    lead = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    lead.goto(f"{served.url}/studies/spring#{stimulus}")
    wait_for(lead, f"document.body.dataset.ready === '{stimulus}'", PATIENCE)
    lead.evaluate("() => { window.never = 'reloaded'; }")
    assert "No viewers yet" in lead.text_content("#says")
    page.goto(lead.input_value("#invite input"))
    for number in (1, 2, 3):
        state(page, "consent")
        press(page, "I agree and take part")
        state(page, "check")
        ready(page)
        press(page, "Play")
        if number == 1:
            wait_for(lead, "document.querySelector('.live').dataset.watching === '1'", PATIENCE)
        state(page, "done")
        assert "Thank you" in page.text_content("#state-title")
        wait_for(lead, f"document.querySelectorAll('.person').length === {number}", PATIENCE)
        if number < 3:
            press(page, "Next viewer")
    wait_for(lead, "document.querySelector('#says').textContent.includes('Mean of 3 viewers')", PATIENCE)
    assert lead.evaluate("window.never") == "reloaded"
    assert lead.text_content("#figures dd") == "3"
    lead.locator("#chart").focus()
    lead.keyboard.press("End")
    lead.keyboard.press("ArrowLeft")
    wait_for(lead, "document.querySelector('#chart').getAttribute('aria-valuetext').includes('n = 3')")
    assert "95 % interval" in lead.get_attribute("#chart", "aria-valuetext")
    assert int(lead.get_attribute("#chart canvas", "data-drawn")) == 17
    lead.context.close()

    viewers = Viewings(served.store).viewers("spring")
    assert [viewer.id for viewer in viewers] == ["viewer-001", "viewer-002", "viewer-003"]
    assert all(viewer.consent_time and "Article 50(3)" in (viewer.consent_text or "") for viewer in viewers)
    assert {name for name in files_below(served.store.root) if ".stimuli" not in name} == set()


# A camera that sees a face, and below it the number of the stimulus's frame that is just on the screen.
SEES_THE_SCREEN = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await open(wanted); // who may use the camera may also tell the server its address
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  const context = canvas.getContext("2d", { alpha: false });
  const face = new Image();
  face.src = "data:image/jpeg;base64,FACE";
  await face.decode();
  const [wide, high] = [BITS * BLOCK, BLOCK];
  setInterval(() => {
    context.drawImage(face, 0, 0, 640, 480);
    const video = document.querySelector(".screen video");
    if (!video?.videoHeight) return;
    context.drawImage(video, 0, video.videoHeight - high, wide, high, 0, 480 - high, wide, high);
  }, 16);
  return canvas.captureStream(30);
};
"""


def number_in(result: LiveResult) -> int:
    """The number that a picture carries in its lowest rows."""
    row = result.shot.frame().image[-BLOCK // 2, :, 1]
    return sum(1 << bit for bit in range(BITS) if row[bit * BLOCK + BLOCK // 2] > 127)


def test_a_viewer_who_pauses_and_jumps_lands_on_the_stimulus_clock(
    served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]
) -> None:
    """The truth is in the pictures: each camera frame shows which frame of the stimulus was on the screen
    when it was taken. The stored clock must say the same, without having seen them."""
    stimulus = with_video(studies, clip[0], 10.0)
    face = base64.b64encode(ONE_FACE.read_bytes()).decode()
    script = SEES_THE_SCREEN.replace("FACE", face).replace("BITS", str(BITS)).replace("BLOCK", str(BLOCK))
    page.add_init_script(script)
    to_the_check(page, served, stimulus)
    seen: list[tuple[float, int]] = []
    (live,) = served.state.hub.sessions.values()
    live._pipeline.sinks.append(lambda result: seen.append((result.shot.time, number_in(result))))
    ready(page)
    press(page, "Play")
    wait_for(page, "document.querySelector('.screen video').currentTime > 2.2", PATIENCE)
    page.keyboard.press(" ")
    state(page, "paused")
    wait_until(lambda: len({n for _, n in seen[-20:]}) == 1, PATIENCE)
    page.wait_for_timeout(1500)
    page.keyboard.press(" ")
    wait_for(page, "document.querySelector('.screen video').currentTime > 4.5", PATIENCE)
    page.evaluate("() => { document.querySelector('.screen video').currentTime = 7; }")
    state(page, "done")

    (viewing,) = Viewings(served.store).all("spring")
    times = np.array([time for time, _ in seen])
    numbers = np.array([number for _, number in seen])
    frames = np.array(clip[1])
    true = (
        frames[np.minimum(numbers, len(frames) - 1)] + 1 / 60
    )  # the middle of the time for which it is shown
    said = stimulus_time(times, knots=viewing.clock)
    playing = ~np.isnan(said) & (numbers > 2) & (numbers < 296)
    shifts = said - true
    parts = {
        "before the pause": true < 2.2,
        "after it": (true > 2.6) & (true < 4.5),
        "after the jump": true > 7.1,
    }
    for name, part in parts.items():
        own = shifts[playing & part]
        print(
            f"{name}: n = {len(own)}, median shift {1000 * np.median(own):+.0f} ms, "
            f"95 % within {1000 * np.quantile(np.abs(own), 0.95):.0f} ms"
        )
        assert len(own) >= 10
        assert abs(np.median(own)) <= 0.1
        assert np.mean(np.abs(own) <= 0.1) >= 0.9
    held = int(np.bincount(numbers[(numbers > 60) & (numbers < 130)]).argmax())
    still = times[numbers == held]
    paused = (times > still[0] + 0.3) & (times < still[-1] - 0.3)
    assert paused.sum() >= 5 and np.isnan(said[paused]).all(), "while paused, nothing is on the clock"


def test_who_declines_leaves_no_trace(served: Served, studies: Studies, page: Any) -> None:
    before = (files_below(served.store.root), (served.store.root / "valence.db").read_bytes())
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.goto(f"{served.url}/watch/spring/spot")
    state(page, "consent")
    assert "Article 50(3)" in page.text_content("#state-text")
    assert "Article 5(1)(f)" in page.text_content("#state-text")
    press(page, "I do not take part")
    state(page, "declined")
    page.goto("about:blank")
    assert {request.split()[0] for request in sent} == {"GET"}, "nothing is sent"
    assert Viewings(served.store).viewers("spring") == [] and served.store.sessions() == []
    assert (files_below(served.store.root), (served.store.root / "valence.db").read_bytes()) == before


def test_what_is_shown_elsewhere_has_a_countdown_and_a_clock(
    served: Served, studies: Studies, page: Any
) -> None:
    to_the_check(page, served)
    ready(page)
    press(page, "Play")
    wait_for(page, "document.querySelector('.elsewhere').textContent.includes('Start at zero')", PATIENCE)
    wait_for(page, "document.querySelector('.elsewhere').textContent.includes('Watch')", PATIENCE)
    press(page, "Pause")
    state(page, "paused")
    page.wait_for_timeout(700)
    press(page, "Play")
    state(page, "done")
    (viewing,) = Viewings(served.store).all("spring")
    clock = np.array(viewing.clock)
    assert clock[-1, 1] == pytest.approx(6.0, abs=0.01)
    advanced = np.diff(clock[:, 1]) > 0.02
    assert np.diff(clock[:, 0])[advanced].sum() == pytest.approx(6.0, abs=0.15), "it runs as time does"
    assert clock[-1, 0] - clock[clock[:, 1] > 0][0, 0] > 6.5, "and stands still in the pause"
    found = Viewings(served.store).all("spring", "spot")
    assert len(found) == 1


def test_who_stops_is_removed_and_the_next_one_may_come(served: Served, studies: Studies, page: Any) -> None:
    to_the_check(page, served)
    ready(page)
    press(page, "Play")
    state(page, "playing")
    assert len(Viewings(served.store).viewers("spring")) == 1
    press(page, "Stop and remove")
    page.locator("dialog").get_by_role("button", name="Stop and remove").click()
    state(page, "removed")
    assert Viewings(served.store).viewers("spring") == [] and served.store.sessions() == []
    assert files_below(served.store.root) == set()
    press(page, "Next viewer")
    state(page, "consent")


def test_who_closes_the_page_while_watching_is_kept_as_far_as_they_saw(
    served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]
) -> None:
    stimulus = with_video(studies, clip[0], 10.0)
    to_the_check(page, served, stimulus)
    ready(page)
    press(page, "Play")
    wait_for(page, "document.querySelector('.screen video').currentTime > 4", PATIENCE)
    page.goto("about:blank")
    wait_until(lambda: not served.state.hub.sessions, 30)
    (viewing,) = Viewings(served.store).all("spring")
    assert 2.5 < viewing.clock[-1][1] < 9
    assert served.store.get(viewing.session).state.value == "done"


def test_a_lost_connection_is_found_again_and_the_viewer_stays_one(
    served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]
) -> None:
    import asyncio

    stimulus = with_video(studies, clip[0], 10.0)
    to_the_check(page, served, stimulus)
    ready(page)
    press(page, "Play")
    wait_for(page, "document.querySelector('.screen video').currentTime > 2", PATIENCE)
    (live,) = served.state.hub.sessions.values()
    asyncio.run_coroutine_threadsafe(live._connection.close(), served.loop).result(30)
    state(page, "lost")
    state(page, "paused")
    assert "connection is back" in page.text_content("#hint")
    press(page, "Play")
    state(page, "done")
    first, second = Viewings(served.store).all("spring")
    assert first.viewer == second.viewer == "viewer-001" and first.session != second.session
    assert first.clock[-1][1] <= second.clock[1][1] + 0.5
    assert second.clock[-1][1] == pytest.approx(10, abs=0.05)


def test_cameras_that_do_not_open_store_nothing(served: Served, studies: Studies, page: Any) -> None:
    for error, title in (
        ("NotAllowedError", "The camera is not allowed"),
        ("NotFoundError", "No camera found"),
        ("NotReadableError", "The camera is in use"),
    ):
        page.goto(f"{served.url}/watch/spring/spot")
        state(page, "consent")
        page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = () => "
            f"Promise.reject(new DOMException('', '{error}')); }}"
        )
        press(page, "I agree and take part")
        wait_for(page, f"document.querySelector('#state-title').textContent === '{title}'", PATIENCE)
        page.get_by_role("button", name="Try again").wait_for()
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto(f"{served.url}/watch/spring/spot")
    wait_for(
        page, "document.querySelector('#state-title').textContent === 'The camera needs a secure address'"
    )
    assert Viewings(served.store).viewers("spring") == [] and served.store.sessions() == []


def test_the_check_says_what_is_wrong_with_the_picture(served: Served, studies: Studies, page: Any) -> None:
    page.goto(f"{served.url}/watch/spring/spot")
    said = page.evaluate(
        """async () => {
          const { FaceCheck } = await import("/pages/watch/check.js");
          const check = new FaceCheck(0.3);
          const face = (quality, wide = 200) => ({ quality, box: [0, 0, wide, wide] });
          const judge = (faces, now) => check.judge({ faces, width: 640 }, now);
          const said = [judge([], 0), judge([face(0.9), face(0.9)], 100)];
          said.push(judge([face(0.1, 40)], 200), judge([face(0.1)], 300));
          said.push(judge([face(0.8)], 400), judge([face(0.8)], 1700), judge([], 1800), judge([], 2400));
          return said.map(({ good, hint }) => [good, hint]);
        }"""
    )
    assert [hint.split(":")[0] for _, hint in said[:4]] == [
        "No face is to be seen",
        "More than one face is to be seen",
        "Your face is small",
        "Your face is hard to read",
    ]
    assert [good for good, _ in said] == [False, False, False, False, False, True, True, False]


def test_few_knots_tell_the_whole_course(served: Served, studies: Studies, page: Any) -> None:
    page.goto(f"{served.url}/watch/spring/spot")
    knots = page.evaluate(
        """async () => {
          const { Knots } = await import("/pages/watch/knots.js");
          const knots = new Knots();
          const later = (ms) => ms < 12000 ? 8 : (ms - 4000) / 1000;
          const at = (ms) => ms < 1000 ? 0 : ms < 9000 ? (ms - 1000) / 1000 : later(ms);
          for (let ms = 0; ms < 20000; ms += 50) knots.add(ms, at(ms));
          knots.add(20000, 3);
          return knots.list;
        }"""
    )
    assert len(knots) < 14
    course = np.array(knots)
    for ms, true in ((500, 0.0), (3000, 2.0), (8000, 7.0), (10_000, 8.0), (15_000, 11.0)):
        assert np.interp(ms, course[:, 0], course[:, 1]) == pytest.approx(true, abs=0.01)


def test_by_keyboard_and_calm_for_screen_readers(served: Served, studies: Studies, page: Any) -> None:
    page.goto(f"{served.url}/watch/spring/spot")
    state(page, "consent")
    assert page.evaluate("document.activeElement.id") == "state-title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "I agree and take part"
    page.keyboard.press("Enter")
    state(page, "check")
    page.evaluate(
        """() => { window.spoken = []; new MutationObserver(() =>
        window.spoken.push(document.querySelector('#announce').textContent))
        .observe(document.querySelector('#announce'), { childList: true }); }"""
    )
    ready(page)
    wait_for(page, "window.spoken.includes('Your face is well visible.')", PATIENCE)
    page.keyboard.press(" ")
    state(page, "done")
    spoken = page.evaluate("window.spoken")
    assert len(spoken) <= 5, "a sentence now and then"
    assert page.locator("nav").count() == 0, "a guest sees nothing of others"


def test_screens(served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]) -> None:
    stimulus = with_video(studies, clip[0], 10.0)
    page.goto(f"{served.url}/watch/spring/{stimulus}")
    state(page, "consent")
    shoot(page, "watch-consent")
    press(page, "I do not take part")
    state(page, "declined")
    shoot(page, "watch-declined")
    press(page, "Read it again")
    press(page, "I agree and take part")
    state(page, "check")
    ready(page)
    shoot(page, "watch-check")
    press(page, "Play")
    wait_for(page, "document.querySelector('.screen video').currentTime > 1", PATIENCE)
    press(page, "Pause")
    state(page, "paused")
    shoot(page, "watch-paused")
    press(page, "Play")
    state(page, "done")
    shoot(page, "watch-thanks")
