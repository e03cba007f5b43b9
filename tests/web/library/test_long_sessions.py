"""The session page of a long recording: an overview that shows something, and the moments that matter."""

from __future__ import annotations

import math
from typing import Any

import pytest

from results import Store
from stream.frames import Box, Sample
from tests.web.players import opened
from tests.web.serving import Served

pytestmark = pytest.mark.browser

# The mean number of pixels of the curve's own colour in a column of the chart.
INKED = """canvas => {
  const context = canvas.getContext("2d");
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (Math.abs(data[i] - 0x1f) + Math.abs(data[i + 1] - 0x5f) + Math.abs(data[i + 2] - 0xbf) < 40) inked++;
  }
  return inked / canvas.width / (devicePixelRatio ** 2);
}"""


def store_restless(store: Store, minutes: int, faces: int) -> str:
    """Faces that change their mind twice a second, around a mean that moves slowly; each with many peaks."""
    with store.begin("long", source="long.mp4", kind="video", model_name="m", model_sha256="c") as pen:
        for frame in range(minutes * 60 * 20):
            time = frame / 20
            value = 0.3 * math.sin(time / 150) + 0.3 * math.sin(time * 12)
            pen.add(Sample(time, frame, n + 1, Box(0, 0, 9, 9), value, value, 0.9, 0.9) for n in range(faces))
        pen.progress(frame + 1, frame + 1, time)
    return pen.id


def test_an_overview_is_a_trend_with_its_spread(served: Served, page: Any) -> None:
    session = store_restless(served.store, minutes=20, faces=1)
    opened(page, served, session)
    assert page.eval_on_selector("#chart canvas", INKED) < 8
    for _ in range(3):
        page.click("[data-action=zoom-in]")
    assert page.eval_on_selector("#chart canvas", INKED) > 20, "here each sample is drawn"


def test_the_moments_that_stand_out_most_are_listed(served: Served, page: Any) -> None:
    session = store_restless(served.store, minutes=2, faces=3)
    opened(page, served, session)
    jumps = page.locator("#moments .jump")
    few = jumps.count()
    assert 12 <= few < 60
    times = jumps.evaluate_all("all => all.map(one => Number(one.dataset.time))")
    assert times == sorted(times)
    page.click("[data-action=all-moments]")
    assert jumps.count() == 60
    assert page.evaluate("document.activeElement.className") == "jump"
    style = page.locator("#moments .jumps").evaluate("list => getComputedStyle(list).backgroundAttachment")
    assert "local" in style and "scroll" in style
