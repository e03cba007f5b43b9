"""The session page's player and chart: where things are, and whether the boxes fit the picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from results import Store
from tests.web.browsing import wait_for
from tests.web.serving import Served
from tests.web.uploading import BITS, BLOCK

# The number that is written into the lowest rows of the frame that the player shows.
NUMBER = f"""() => {{
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit++) {{
    const pixel = context.getImageData((bit + 0.5) * {BLOCK}, canvas.height - {BLOCK} / 2, 1, 1).data;
    if (pixel[0] > 127) number |= 1 << bit;
  }}
  return number;
}}"""
BOXES = """boxes => boxes.map(box => ({
  face: Number(box.dataset.faceId),
  frame: Number(box.dataset.frame),
  box: box.dataset.box.split(",").map(Number),
  drawn: [box, box.closest(".picture")]
    .map(one => one.getBoundingClientRect())
    .map(rect => [rect.left, rect.top, rect.right, rect.bottom]),
}))"""


def opened(page: Any, served: Served, session: str) -> None:
    page.goto(f"{served.url}/sessions/{session}")
    wait_for(page, "document.body.dataset.ready === 'true'")


def settled(page: Any) -> None:
    """Waits until the player shows what was asked for."""
    page.wait_for_timeout(60)
    wait_for(page, "!document.querySelector('video').seeking")
    page.wait_for_timeout(120)


def at_time(page: Any, share: float) -> tuple[float, float]:
    """A point of the chart at a share of the session's duration."""
    page.locator("#chart").scroll_into_view_if_needed()
    box = page.locator("#chart").bounding_box()
    return box["x"] + 46 + share * (box["width"] - 60), box["y"] + box["height"] / 2


def check_boxes(page: Any, store: Store, session: str) -> int:
    """The boxes on the screen are the stored ones of the frame on the screen; returns its number."""
    number = int(page.evaluate(NUMBER))
    samples = store.samples(session)
    own = samples[samples.frame == number]
    boxes = page.eval_on_selector_all(".box", BOXES)
    assert [box["face"] for box in sorted(boxes, key=lambda b: b["face"])] == own.face_id.tolist()
    for box in boxes:
        stored = own.box[own.face_id == box["face"]][0]
        assert box["frame"] == number
        assert np.allclose(box["box"], stored, atol=0.006)
        (left, top, right, bottom), screen = box["drawn"]
        scale = (screen[2] - screen[0]) / 640
        on_screen = [(left - screen[0]) / scale, (top - screen[1]) / scale]
        on_screen += [(right - screen[0]) / scale, (bottom - screen[1]) / scale]
        assert np.allclose(on_screen, stored, atol=1.5)
    return number
