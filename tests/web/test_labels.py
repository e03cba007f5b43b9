"""Labels of many faces on one picture: of a stored one, and of a live one."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from tests.web.serving import Served

pytestmark = pytest.mark.browser

GROUP = [[20 + 44 * i, top, 56 + 44 * i, top + 46] for top in (4, 60, 300) for i in range(14)]
"""A group photo of 640 by 400 pixels: the boxes of three rows of fourteen, the last at the right edge."""

STORED = """async (boxes) => {
  const { Overlay } = await import("/pages/session/overlay.js");
  const css = document.createElement("link");
  Object.assign(css, { rel: "stylesheet", href: "/pages/session/session.css" });
  await new Promise((done) => { css.onload = done; document.head.append(css); });
  const overlay = new Overlay([640, 400]);
  const place = document.createElement("div");
  Object.assign(place.style, { position: "relative", width: "960px", height: "600px" });
  place.append(overlay.element);
  document.body.append(place);
  const samples = boxes.map((box, i) => ({ face_id: i + 1, frame: 0, box, smoothed: 0.25, carried: false }));
  overlay.draw(samples, (id) => ({ name: `Face ${id}`, short: `${id}`, bright: "#fff", visible: true }));
  const { left, top } = place.getBoundingClientRect();
  return [...place.querySelectorAll(".tag")].map((tag) => tag.getBoundingClientRect())
    .map((rect) => [rect.left - left, rect.top - top, rect.right - left, rect.bottom - top]);
}"""

LIVE = """async (boxes) => {
  const { Overlay } = await import("/pages/shared/camera/overlay.js");
  const place = document.createElement("div");
  const canvas = document.createElement("canvas");
  place.append(canvas);
  document.body.append(place);
  const faces = boxes.map((box, i) => ({ face_id: i + 1, box, smoothed: 0.25, quality: 1 }));
  const picture = Object.assign(document.createElement("canvas"), { width: 960, height: 600 });
  new Overlay(canvas).draw(picture, { frame: 0, width: 640, height: 400, faces });
  return JSON.parse(canvas.dataset.faces).map((face) => face.label);
}"""


@pytest.mark.parametrize("how", [STORED, LIVE], ids=["stored", "live"])
def test_no_label_hides_another_or_runs_off_the_edge(served: Served, page: Any, how: str) -> None:
    page.goto(f"{served.url}/upload")
    labels = page.evaluate(how, GROUP)
    assert len(labels) == len(GROUP)
    for left, top, right, bottom in labels:
        assert left >= -0.6 and top >= -0.6 and right <= 960.6 and bottom <= 600.6
    hidden = [
        pair
        for pair in combinations(labels, 2)
        if min(pair[0][2], pair[1][2]) - max(pair[0][0], pair[1][0]) > 1
        and min(pair[0][3], pair[1][3]) - max(pair[0][1], pair[1][1]) > 1
    ]
    assert hidden == []
