"""The session page in a real browser: picture and curve, editing, downloads."""

from __future__ import annotations

import csv
import io
import json
import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inference import ValenceModel
from results import Store
from stream.frames import Box, Sample
from tests.web.browsing import shoot, wait_for
from tests.web.players import BOXES, at_time, check_boxes, opened, settled
from tests.web.serving import Served, serving
from tests.web.uploading import ONE_FACE, files_below, outcome, send, taking_uploads

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, model: ValenceModel, clips: dict[str, Path]
) -> Iterator[tuple[Served, dict[str, str]]]:
    """A server with a session of each clip and one of a picture: their ids by name."""
    with taking_uploads(tmp_path_factory.mktemp("library"), model) as served:
        paths = [*clips.values(), ONE_FACE]
        jobs = [outcome(served.url, job, 120) for job in send(served.url, *paths)]
        yield served, {Path(job["input"]).stem: job["session"] for job in jobs}


@pytest.mark.parametrize("clip", ["regular", "variable", "late"])
def test_overlay_and_curve_are_on_the_frame_that_is_shown(
    library: tuple[Served, dict[str, str]], page: Any, clip: str
) -> None:
    served, ids = library
    opened(page, served, ids[clip])
    times = served.store.samples(ids[clip])
    duration = served.store.get(ids[clip]).duration_s
    assert check_boxes(page, served.store, ids[clip]) == 0
    seen = set()
    for share in (0.12, 0.37, 0.55, 0.81, 0.96):
        page.mouse.click(*at_time(page, share))
        settled(page)
        number = check_boxes(page, served.store, ids[clip])
        seen.add(number)
        time = float(times.time[times.frame == number][0])
        later = times.time[times.frame > number]
        assert time - 0.02 <= share * duration <= (later[0] if len(later) else duration) + 0.02
        assert page.text_content("#now") == f"0:{time:05.2f}"
        cursor = page.locator("#chart .cursor").bounding_box()
        assert abs(cursor["x"] + 1 - at_time(page, time / duration)[0]) < 2
    assert len(seen) == 5


def test_stepping_goes_through_every_frame(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, ids = library
    opened(page, served, ids["variable"])
    page.locator("#chart").focus()
    for expected in range(1, 8):
        page.keyboard.press("ArrowRight")
        settled(page)
        assert check_boxes(page, served.store, ids["variable"]) == expected
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert check_boxes(page, served.store, ids["variable"]) == 6
    page.keyboard.press("End")
    settled(page)
    assert check_boxes(page, served.store, ids["variable"]) == 59
    page.keyboard.press("Home")
    settled(page)
    assert check_boxes(page, served.store, ids["variable"]) == 0
    page.keyboard.press("Shift+ArrowRight")
    settled(page)
    times = served.store.samples(ids["variable"])
    shown = times.time[times.frame == check_boxes(page, served.store, ids["variable"])][0]
    assert 0.85 < shown <= 1.0


def test_while_it_plays_boxes_follow_the_picture(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, ids = library
    opened(page, served, ids["variable"])
    # Media time of the presented frame, and the frame whose boxes are drawn.
    page.evaluate("""() => {
      window.pairs = [];
      const video = document.querySelector("video");
      const look = (_now, { mediaTime }) => {
        window.pairs.push([mediaTime, Number(document.querySelector(".box").dataset.frame)]);
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    }""")
    page.keyboard.press(" ")
    wait_for(page, "!document.querySelector('video').paused")
    assert page.text_content("[data-action=play]") == "Pause"
    wait_for(page, "document.querySelector('video').ended", 30)
    pairs = page.evaluate("window.pairs")
    samples = served.store.samples(ids["variable"])
    assert len(pairs) > 2
    for presented, drawn in pairs:
        assert samples.time[samples.frame == drawn][0] == pytest.approx(presented, abs=2e-5)
    assert page.text_content("[data-action=play]") == "Play"


def test_a_session_is_named_marked_excluded_and_deleted(
    library: tuple[Served, dict[str, str]], page: Any, clips: dict[str, Path]
) -> None:
    served, _ids = library
    session = outcome(served.url, send(served.url, clips["regular"])[0])["session"]
    opened(page, served, session)

    page.click("[data-action=rename]")
    page.fill("dialog input", "Ad A, première")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelector('h1').textContent === 'Ad A, première'")

    page.locator('.face[data-face-id="1"] [data-action=rename-face]').click()
    page.fill("dialog input", "Eileen")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelector('.face[data-face-id=\"1\"]').textContent.includes('Eileen')")
    assert "Eileen" in page.text_content('.box[data-face-id="1"]')

    page.mouse.click(*at_time(page, 0.5))
    settled(page)
    page.keyboard.press("m")
    page.fill("dialog input", "Logo")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelector('[data-stretch][data-kind=marker]')?.textContent.includes('Logo')")

    before = served.store.samples(session)
    page.keyboard.press("x")
    page.fill("dialog [name=from]", "0")
    page.fill("dialog [name=to]", "0.5")
    page.click("dialog .primary")
    wait_for(page, "document.querySelector('[data-stretch][data-kind=excluded]')")
    kept = before[before.time > 0.5]
    mean = page.locator('.face[data-face-id="1"] dd').first.text_content()
    assert float(mean.replace("−", "-")) == pytest.approx(kept.of_face(1).valence.mean(), abs=0.006)
    page.locator("[data-kind=excluded] [data-action=remove]").click()
    wait_for(page, "!document.querySelector('[data-stretch][data-kind=excluded]')")

    from_x, y = at_time(page, 0.2)
    page.keyboard.down("Shift")
    page.mouse.move(from_x, y)
    page.mouse.down()
    page.mouse.move(at_time(page, 0.6)[0], y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    duration = served.store.get(session).duration_s
    assert float(page.input_value("dialog [name=from]")) == pytest.approx(0.2 * duration, abs=0.02)
    assert float(page.input_value("dialog [name=to]")) == pytest.approx(0.6 * duration, abs=0.02)
    page.keyboard.press("Escape")
    assert [s.label for s in served.store.stretches(session)] == ["Logo"]

    page.locator('.face[data-face-id="2"] input[type=checkbox]').click()
    wait_for(page, "!document.querySelector('.box[data-face-id=\"2\"]')")

    page.click("[data-action=delete]")
    page.keyboard.press("Escape")
    assert served.store.get(session).name == "Ad A, première"
    page.click("[data-action=delete]")
    page.click("dialog .danger")
    page.wait_for_url("**/sessions")
    assert not any(session in name for name in files_below(served.store.root))
    assert session not in [found.id for found in served.store.sessions()]
    database = b"".join(path.read_bytes() for path in served.store.root.glob("valence.db*"))
    assert "première".encode() not in database


def test_peaks_and_troughs_lead_to_their_moment(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, ids = library
    opened(page, served, ids["regular"])
    moments = page.eval_on_selector_all(".jump[data-kind]", "all => all.map(one => one.dataset.frame)")
    if not moments:
        pytest.skip("with this model no moment of the clip stands out")
    page.locator(".jump[data-kind]").last.click()
    settled(page)
    assert check_boxes(page, served.store, ids["regular"]) == int(moments[-1])


def test_every_download_can_be_read(
    library: tuple[Served, dict[str, str]], page: Any, tmp_path: Path
) -> None:
    import pyarrow.parquet

    served, ids = library
    opened(page, served, ids["regular"])
    files: dict[str, Path] = {}
    for form in ("csv", "json", "parquet", "annotated", "recording", "png", "svg"):
        with page.expect_download() as caught:
            page.click(f'[data-download="{form}"]')
        files[form] = tmp_path / caught.value.suggested_filename
        caught.value.save_as(files[form])
    count = len(served.store.samples(ids["regular"]))
    assert len(list(csv.DictReader(io.StringIO(files["csv"].read_text())))) == count
    assert len(json.loads(files["json"].read_text())["samples"]["valence"]) == count
    assert pyarrow.parquet.read_table(files["parquet"]).num_rows == count
    for form in ("annotated", "recording"):
        assert int(cv2.VideoCapture(str(files[form])).get(cv2.CAP_PROP_FRAME_COUNT)) == 60
    picture = cv2.imread(str(files["png"]))
    assert picture.shape == (960, 2400, 3) and picture.min() < 120 and picture[0, 0].min() == 255
    root = ElementTree.parse(files["svg"]).getroot()
    assert root.tag.endswith("svg")
    texts = {node.text for node in root.iter() if node.tag.endswith("text")}
    assert {"regular", "Face 1", "Face 2", "+1", "−1"} <= texts


def test_what_a_browser_cannot_play_is_shown_as_the_annotated_copy(
    library: tuple[Served, dict[str, str]], page: Any
) -> None:
    served, ids = library
    opened(page, served, ids["old"])
    assert page.get_attribute("video", "src").endswith("/files/annotated")
    assert "cannot play" in page.text_content("#screen-note")
    assert page.locator(".box").count() == 0
    page.mouse.click(*at_time(page, 0.5))
    settled(page)
    assert page.text_content("#now") in ("0:00.33", "0:00.30")


def test_a_picture_is_a_session_too(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, ids = library
    opened(page, served, ids["one_face"])
    assert page.locator(".picture img").count() == 1
    samples = served.store.samples(ids["one_face"])
    (box,) = page.eval_on_selector_all(".box", BOXES)
    assert np.allclose(box["box"], samples.box[0], atol=0.006)
    assert page.locator("#chart").is_hidden()


def test_a_live_session_is_a_curve_alone(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, _ids = library
    with served.store.begin(
        "live", source="browser camera", kind="live", model_name="m", model_sha256="c"
    ) as pen:
        pen.add([Sample(i / 20, i, 1, Box(0, 0, 9, 9), 0.5, 0.5, 1, 1) for i in range(60)])
        pen.progress(60, 60, 3.0)
    try:
        opened(page, served, pen.id)
        assert page.locator("#stage").is_hidden()
        page.mouse.click(*at_time(page, 0.5))
        page.keyboard.press("ArrowRight")
        assert page.text_content("#now") == "0:01.55"
        assert page.get_attribute('.face[data-face-id="1"]', "data-valence") == "0.5"
        page.keyboard.press(" ")
        wait_for(page, "document.querySelector('#now').textContent > '0:02'")
    finally:
        served.store.delete(pen.id)


def test_the_session_page_looks_right(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, ids = library
    opened(page, served, ids["regular"])
    page.check("#raw")
    page.check("#quality")
    shoot(page, "session")


def test_an_hour_stays_quick(tmp_path: Path, model: ValenceModel, page: Any) -> None:
    with serving(tmp_path / "sessions", model) as served:
        hour = store_an_hour(served.store)
        page.add_init_script("""
          window.firstCurve = new Promise(resolve => {
            const look = () => {
              const drawn = document.querySelector("#chart canvas")?.dataset.drawn;
              if (Number(drawn) > 0) resolve(performance.now()); else requestAnimationFrame(look);
            };
            look();
          });""")
        page.goto(f"{served.url}/sessions/{hour}", wait_until="commit")
        first = page.evaluate("window.firstCurve")
        wait_for(page, "Number(document.querySelector('#chart canvas').dataset.drawn) === 108000")
        whole = page.evaluate("performance.now()")
        wait_for(page, "document.body.dataset.ready === 'true'")
        slowest = page.evaluate("""async () => {
          const chart = document.querySelector("#chart");
          const { left, width, top } = chart.getBoundingClientRect();
          const at = (share) => ({ clientX: left + 46 + share * (width - 60), clientY: top + 60 });
          const point = (kind, share) => chart.dispatchEvent(new PointerEvent(kind, at(share)));
          chart.setPointerCapture = () => {};
          point("pointerdown", 0);
          let slowest = 0;
          for (let i = 1; i <= 60; i++) {
            const began = performance.now();
            point("pointermove", i / 60);
            slowest = Math.max(slowest, performance.now() - began);
            await new Promise(requestAnimationFrame);
          }
          return slowest;
        }""")
        print(f"hour: curve after {first:.0f} ms, whole after {whole:.0f} ms, scrub step {slowest:.1f} ms")
        assert first <= 20_000, "a busy machine is slow; what grows with the samples takes minutes"
        assert slowest < 1000


def store_an_hour(store: Store) -> str:
    with store.begin("one hour", source="hour.mp4", kind="video", model_name="m", model_sha256="c") as pen:
        for second in range(3600):
            frames = range(second * 30, second * 30 + 30)
            values = [(f, math.sin(f / 900) * 0.6 + math.sin(f / 7) * 0.1) for f in frames]
            pen.add([Sample(f / 30, f, 1, Box(100, 100, 200, 220), v, v * 0.9, 0.8, 0.7) for f, v in values])
        pen.progress(108_000, 108_000, 3600.0)
    return pen.id
