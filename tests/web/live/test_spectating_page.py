"""The page of those who look on, in a real browser beside that of the camera."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tests.web.browsing import frame_of, start, wait_for
from tests.web.serving import Served
from web.live.spectators import marked_pts

pytestmark = pytest.mark.browser

# Notes several times a second how many boxes are on the picture.
SAMPLED = """() => {
  window.samples = [];
  setInterval(() => window.samples.push(
    [Date.now(), JSON.parse(document.querySelector("#overlay").dataset.faces ?? "[]").length]), 40);
}"""


def looking_on(served: Served, page: Any) -> Any:
    """The page of somebody who looks on at what `page` shows, when it shows boxes."""
    start(page, served.url, faces=1)
    page.click('[data-action="invite"]')
    page.wait_for_selector("#session .link input")
    guest = page.context.browser.new_context().new_page()
    guest.goto(page.input_value("#session .link input"))
    wait_for(guest, "JSON.parse(document.querySelector('#overlay').dataset.faces ?? '[]').length > 0", 60)
    return guest


def test_who_looks_on_sees_the_boxes_whenever_the_camera_does(served: Served, page: Any) -> None:
    guest = looking_on(served, page)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for each in (page, guest):
            each.evaluate(SAMPLED)
        wait_for(page, "window.samples.filter(([, boxes]) => boxes).length > 100", 120)
        own, others = (np.array(each.evaluate("window.samples")) for each in (page, guest))
    finally:
        busy.kill()
        busy.wait()
    nearest = np.abs(others[:, :1] - own[:, 0]).argmin(axis=0)
    at_once = np.abs(others[nearest, 0] - own[:, 0]) < 100
    shown = at_once & (own[:, 1] > 0)
    share = np.mean(others[nearest[shown], 1] > 0)
    print(f"boxes in {share:.1%} of {shown.sum()} samples in which the camera's page has them")
    assert shown.sum() > 50
    assert share >= 0.98
    guest.context.close()


def test_who_looks_on_is_told_of_a_pause_and_of_the_end(served: Served, page: Any) -> None:
    guest = looking_on(served, page)
    wait_for(guest, "document.querySelector('#fps').textContent !== '–'")
    page.click('[data-action="pause"]')
    guest.wait_for_selector("#badge:not([hidden])")
    assert guest.inner_text("#badge") == "Paused"
    assert guest.inner_text("#fps") == "–"

    late = guest.context.new_page()  # comes while it is paused
    late.goto(guest.url)
    wait_for(late, "document.querySelector('#state-title').textContent === 'Paused'")
    late.close()

    page.click('[data-action="pause"]')
    guest.wait_for_selector("#badge", state="hidden")
    now = frame_of(guest)
    wait_for(guest, f"Number(document.querySelector('#status').dataset.frame) > {now + 5}")

    titles = """() => { window.titles = []; const title = document.querySelector("#state-title");
      new MutationObserver(() => window.titles.push(title.textContent))
        .observe(title, { childList: true }); }"""
    guest.evaluate(titles)
    page.click('[data-action="stop"]')
    guest.wait_for_selector('.live[data-state="ended"]')
    guest.wait_for_timeout(3000)
    assert guest.evaluate("window.titles") == ["The session has ended"]
    assert "Stopped." in guest.inner_text("#state-text")
    guest.context.close()


def test_frames_find_their_messages_by_relayed_timestamps(served: Served, page: Any) -> None:
    sent = [marked_pts(i, i / 15) for i in range(60)]
    constant = 4_000_000_000
    page.goto(served.url)
    # Chromium keeps microseconds: what it tells is rounded, here every other time.
    found = page.evaluate(
        """async ([sent, constant]) => {
          const { RtpClock } = await import("/pages/shared/camera/clock.js");
          const clock = new RtpClock();
          const told = [];
          const shown = [];
          sent.forEach((rtp, i) => {
            told.push(clock.told(rtp));
            const before = i - 3;
            if (before < 0 || i % 4 === 1) return;
            shown.push([before, clock.shown((sent[before] + constant - (i % 2)) >>> 0)]);
          });
          return shown.filter(([, moment]) => moment !== null).map(([i, moment]) => moment - told[i]);
        }""",
        [sent, constant],
    )
    assert len(found) > 30
    assert np.abs(found).max() < 0.1
