"""Upload page, library and session page in a real browser."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from browsing import CHROMIUM, FLAGS, need_chromium, wait_for
from serving import Served, wait_until
from sqlalchemy import insert, select
from uploading import (
    BITS,
    BLOCK,
    NO_FACE,
    ONE_FACE,
    files_below,
    numbered_clip,
    outcome,
    send,
    taking_uploads,
)

from inference import ValenceModel
from results import Store
from results.schema import SessionRow
from stream.frames import Box, Sample

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENS = os.environ.get("VALENCE_SCREENS")
"""A folder in which the screenshots are kept; without it they are made and thrown away."""
VARIABLE = (3000, 9000, 1500, 6000, 2250)
"""How long frames are shown, in 1/90,000 s: between 10 and 60 frames a second."""

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield opened
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    made = {name: folder / f"{name}.mp4" for name in ("regular", "variable", "late")}
    numbered_clip(made["regular"])
    numbered_clip(made["variable"], ticks=VARIABLE)
    numbered_clip(made["late"], ticks=VARIABLE, start=45_000)
    made["old"] = folder / "old.avi"
    numbered_clip(made["old"], frames=20, codec="mpeg4")
    return made


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, model: ValenceModel, clips: dict[str, Path]
) -> Iterator[tuple[Served, dict[str, str]]]:
    """A server with a session of each clip and one of a picture: their ids by name."""
    with taking_uploads(tmp_path_factory.mktemp("library"), model) as served:
        paths = [*clips.values(), ONE_FACE]
        jobs = [outcome(served.url, job, 120) for job in send(served.url, *paths)]
        yield served, {Path(job["input"]).stem: job["session"] for job in jobs}


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
    assert len(pairs) > 10
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


@pytest.mark.xfail(
    strict=False,
    reason="known fault: after a reload in the middle of the queue the page sometimes keeps an old state",
)
def test_uploads_in_the_browser(
    tmp_path: Path, model: ValenceModel, page: Any, clips: dict[str, Path]
) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        page.goto(f"{served.url}/upload")
        page.set_input_files("#files", [str(clips["regular"]), str(clips["variable"]), str(NO_FACE)])
        wait_for(page, "document.querySelectorAll('[data-analysis]').length === 3")
        wait_for(page, "document.querySelector('.job.running .says')?.textContent.includes('frames/s')", 60)
        page.reload()
        wait_for(page, "document.querySelectorAll('.job.done').length === 2", 90)
        wait_for(page, "document.querySelectorAll('.job.failed').length === 1", 60)
        failed = page.locator(".job.failed")
        assert "choose another image or video" in failed.text_content()
        with page.expect_file_chooser() as chooser:
            failed.locator("[data-action=choose-another]").click()
        chooser.value.set_files(str(ONE_FACE))
        wait_for(page, "document.querySelectorAll('.job.done img').length === 1", 60)
        shoot(page, "upload")

        empty = tmp_path / "empty.mp4"
        empty.write_bytes(b"")
        page.set_input_files("#files", str(empty))
        wait_for(
            page,
            "[...document.querySelectorAll('.job.failed')].some(j => j.textContent.includes('is empty'))",
        )
        page.click("#clear")
        wait_for(page, "document.querySelectorAll('.job').length === 0")
        page.reload()
        page.wait_for_timeout(500)
        assert page.locator(".job").count() == 0
        page.goto("about:blank")  # it holds a connection, for which the server would wait
        assert len(served.store.sessions()) == 3
        assert {Path(name).parts[0] for name in files_below(served.store.root)} == {
            session.id for session in served.store.sessions()
        }


def test_the_library_finds_sorts_renames_and_deletes(
    library: tuple[Served, dict[str, str]], page: Any, clips: dict[str, Path]
) -> None:
    served, _ids = library
    session = outcome(served.url, send(served.url, ONE_FACE)[0])["session"]
    page.goto(f"{served.url}/sessions")
    wait_for(page, "document.querySelectorAll('tbody tr').length >= 6")
    shoot(page, "library")
    names = "[...document.querySelectorAll('tbody td.title a')].map(a => a.textContent)"
    page.click("[data-sort=name]")
    shown = page.evaluate(names)
    assert shown == sorted(shown)
    assert page.locator("th[aria-sort=ascending]").text_content() == "Session"
    page.fill("#search", "LATE")
    wait_for(page, f"{names}.length === 1")
    page.fill("#search", "nothing like it")
    wait_for(page, "document.querySelector('#empty').textContent.includes('No session fits')")
    page.click("#empty button")

    row = f'tr[data-session="{session}"]'
    page.click(f"{row} [data-action=rename]")
    page.fill("dialog input", "Portrait")
    page.keyboard.press("Enter")
    wait_for(page, f"{names}.includes('Portrait')")
    page.click(f"{row} [data-action=delete]")
    assert "for good" in page.text_content("dialog")
    page.click("dialog .danger")
    wait_for(page, f"!{names}.includes('Portrait')")
    wait_until(lambda: not any(session in name for name in files_below(served.store.root)), 5)


def test_the_session_page_looks_right(library: tuple[Served, dict[str, str]], page: Any) -> None:
    served, ids = library
    opened(page, served, ids["regular"])
    page.check("#raw")
    page.check("#quality")
    shoot(page, "session")


def shoot(page: Any, name: str) -> None:
    """Screenshots at two widths in two schemes; nothing may stick out at the side."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (400, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            picture = page.screenshot(full_page=True)
            if SCREENS:
                Path(SCREENS, f"{name}-{width}-{scheme}.png").write_bytes(picture)
    page.emulate_media(color_scheme="light")


def test_a_thousand_sessions_and_an_hour_stay_quick(tmp_path: Path, model: ValenceModel, page: Any) -> None:
    with taking_uploads(tmp_path / "sessions", model) as served:
        hour = store_an_hour(served.store)
        copy_session(served.store, hour, 999)
        page.goto(f"{served.url}/sessions")
        wait_for(page, "document.querySelector('#summary').textContent === '1,000 sessions'")
        searched = page.evaluate("""() => {
          const [search, began] = [document.querySelector("#search"), performance.now()];
          search.value = "session 77";
          search.dispatchEvent(new Event("input"));
          document.body.offsetHeight;
          return [performance.now() - began, document.querySelectorAll("tbody tr").length];
        }""")
        assert searched[1] == 19 and searched[0] < 200  # 77, 177, …, and 770 to 779

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
        assert first <= 1000
        assert slowest < 50


def copy_session(store: Store, session: str, times: int) -> None:
    """As many sessions like one, without its samples."""
    with store.database.write() as connection:
        (row,) = connection.execute(select(SessionRow).where(SessionRow.id == session)).mappings().fetchall()
        copies = [{**row, "id": f"copy-{n}", "name": f"session {n}"} for n in range(times)]
        connection.execute(insert(SessionRow), [{k: v for k, v in c.items() if k != "key"} for c in copies])


def store_an_hour(store: Store) -> str:
    with store.begin("one hour", source="hour.mp4", kind="video", model_name="m", model_sha256="c") as pen:
        for second in range(3600):
            frames = range(second * 30, second * 30 + 30)
            values = [(f, math.sin(f / 900) * 0.6 + math.sin(f / 7) * 0.1) for f in frames]
            pen.add([Sample(f / 30, f, 1, Box(100, 100, 200, 220), v, v * 0.9, 0.8, 0.7) for f, v in values])
        pen.progress(108_000, 108_000, 3600.0)
    return pen.id
