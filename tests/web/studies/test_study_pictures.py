"""What the study page draws beside the mean: viewers, another stimulus, a film strip; and links as codes."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from results import Links
from tests.web import asking
from tests.web.browsing import shoot, wait_for
from tests.web.serving import Served
from tests.web.studies.looking import at_time, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_viewers_pictures_and_stimuli_are_seen_over_and_under_each_other(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    page.wait_for_selector("#strip:not([hidden]) img")
    wide = page.locator("#strip img").bounding_box()["width"]
    page.click('[data-action="zoom-in"]')
    assert page.locator("#strip img").bounding_box()["width"] == pytest.approx(2 * wide, rel=0.01)
    page.click('[data-action="zoom-all"]')

    with page.expect_response("**/traces") as coming:
        page.check("#each")
    traces = coming.value.json()
    assert [one["viewer"] for one in traces["viewers"]] == [f"viewer {n}" for n in range(5)] and traces[
        "of"
    ] == 5
    assert all(len(one["values"]) == len(traces["time_s"]) for one in traces["viewers"])

    page.wait_for_selector("#compare-both:not([hidden])")
    page.locator("#compare-both").hover(position={"x": 300, "y": 60})
    wait_for(page, "document.querySelectorAll('#compare-now b').length === 2")
    first = page.inner_text("#compare-now")
    assert "Ad" in first and "Spot" in first
    page.locator("#compare-both").hover(position={"x": 120, "y": 60})
    wait_for(page, f"document.querySelector('#compare-now').innerText !== {json.dumps(first)}")
    shoot(page, "study-over")


def test_a_finger_chooses_a_stretch(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    page.click('[data-action="stretch"]')
    assert page.get_attribute('[data-action="stretch"]', "aria-pressed") == "true"
    (left, y), (right, _) = at_time(page, 0.2), at_time(page, 0.5)
    page.mouse.move(left, y)
    page.mouse.down()
    page.mouse.move(right, y, steps=4)
    page.mouse.up()
    page.wait_for_selector("dialog")
    assert float(page.input_value("dialog input[name=from]")) == pytest.approx(2.0, abs=0.1)
    assert page.get_attribute('[data-action="stretch"]', "aria-pressed") == "false"


def test_a_link_is_a_picture_for_a_slide_too(watched: Served, page: Any) -> None:
    Links(watched.store.database).invite("spring", "ad")
    page.set_viewport_size({"width": 400, "height": 900})
    opened(page, watched, "ad")
    top = page.evaluate("document.querySelector('.invite').getBoundingClientRect().top")
    assert top < page.evaluate("document.querySelector('.chart-card').getBoundingClientRect().top")
    page.wait_for_selector(".link-foot a:text-is('QR code')")
    address = page.get_attribute(".link-foot a:text-is('QR code')", "href")
    code = asking.get(watched.url + address)
    assert code.headers["content-type"] == "image/svg+xml"
    page.goto("about:blank")  # the study page itself would go on looking for its parts
    page.set_content(
        f'<img id="code" src="data:image/svg+xml;base64,{base64.b64encode(code.content).decode()}">'
    )
    page.evaluate("document.querySelector('#code').decode()")
    picture = cv2.imdecode(np.frombuffer(page.locator("#code").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    told, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert "/t/" in told and told in asking.get(f"{watched.url}/api/studies/spring/links").text
    assert asking.get(f"{watched.url}/api/studies/spring/links/999/qr.svg").status_code == 404


def test_a_strip_needs_a_video(watched: Served) -> None:
    found = asking.get(f"{watched.url}/api/studies/spring/stimuli/ad/strip.jpg", timeout=60)
    strip = cv2.imdecode(np.frombuffer(found.content, np.uint8), cv2.IMREAD_COLOR)
    assert strip.shape[1] == 12 * 160
    parts = [strip[:, i * 160 : (i + 1) * 160] for i in range(12)]
    assert all(cv2.absdiff(a, b).mean() > 0.5 for a, b in pairwise(parts)), "each from another moment"
    assert asking.get(f"{watched.url}/api/studies/spring/stimuli/spot/strip.jpg").status_code == 404


def test_viewers_are_a_table_that_sorts(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    names = page.locator("#viewers tbody .what")
    assert names.all_text_contents() == sorted(names.all_text_contents())
    page.locator("#viewers [data-sort=valence]").press("Enter")
    values = page.locator("#viewers td[data-name=Valence]").all_text_contents()
    assert len(values) == 5
    numbers = [float(value.replace("−", "-")) for value in values]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) > 1
    assert page.get_attribute("#viewers th:nth-child(2)", "aria-sort") == "descending"
    assert page.evaluate("document.activeElement.dataset.sort") == "valence", "the focus stays"
    page.keyboard.press("Enter")
    assert page.locator("#viewers td[data-name=Valence]").all_text_contents() == values[::-1]
    assert all("%" in seen for seen in page.locator("#viewers td[data-name=Seen]").all_text_contents())
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shoot(page, "study-viewers")
