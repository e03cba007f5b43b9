"""The clock of the stimulus, as the page keeps it: pauses, jumps, countdowns, and few knots for all of it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from results import Studies, Viewings, stimulus_time
from stream.pipelines.live import LiveResult
from tests.web.browsing import wait_for
from tests.web.participants.participant import (
    PATIENCE,
    invited,
    press,
    ready,
    seen,
    state,
    to_the_check,
    with_video,
)
from tests.web.serving import Served, wait_until
from tests.web.uploading import BITS, BLOCK, ONE_FACE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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
    shots: list[tuple[float, int]] = []
    (live,) = served.state.hub.sessions.values()
    live._pipeline.sinks.append(lambda result: shots.append((result.shot.time, number_in(result))))
    ready(page)
    press(page, "Play")
    seen(page, 2.2)
    page.keyboard.press(" ")
    state(page, "paused")
    wait_until(lambda: len({n for _, n in shots[-20:]}) == 1, PATIENCE)
    page.wait_for_timeout(1500)
    page.keyboard.press(" ")
    seen(page, 4.5)
    page.evaluate("() => { document.querySelector('.screen video').currentTime = 7; }")
    state(page, "done")

    (viewing,) = Viewings(served.store).all("spring")
    times = np.array([time for time, _ in shots])
    numbers = np.array([number for _, number in shots])
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


def test_few_knots_tell_the_whole_course(served: Served, studies: Studies, page: Any) -> None:
    page.goto(served.url + invited(served, "spring", "spot"))
    knots = page.evaluate(
        """async () => {
          const { Knots } = await import("/pages/take-part/knots.js");
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
