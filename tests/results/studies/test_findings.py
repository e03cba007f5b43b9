"""What is said of an audience, as numbers, as files and as a report."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from results import (
    Findings,
    Options,
    Store,
    Studies,
    StudyError,
    Viewings,
    aggregate,
    compare,
    comparison_json,
    curve_csv,
    difference_csv,
    findings_json,
    pictures_wanted,
    report_html,
    require_viewers,
)
from stream.frames import Box, Sample
from tests.chromium import launch, need_chromium

JPEG = b"\xff\xd8\xff\xe0 not really a picture"


def react(store: Store, name: str, level: float, peak: float, quality: float = 0.9) -> str:
    """A viewer of ten seconds who is level but for a bump at `peak` seconds."""
    with store.begin(name, source=f"{name}.mp4", kind="video", model_name="m", model_sha256="a1b2") as writer:
        for frame in range(100):
            value = level + 0.5 * float(np.exp(-((frame / 10 - peak) ** 2)))
            writer.add([Sample(frame / 10, frame, 1, Box(0, 0, 9, 9), value, value, quality, 0.9)])
        writer.progress(100, 100, 10.0)
    return writer.id


@pytest.fixture
def study(store: Store) -> str:
    """Eight viewers of ad A with a peak at 4 s, one of them blurred; the first five saw ad B, too."""
    studies, viewings = Studies(store), Viewings(store)
    made = studies.create("Q3 <Ads> & more", notes="For the board.")
    for name in ("Ad A", "Ad B"):
        studies.add_stimulus(made.id, name, 10.0)
    studies.set_segment(made.id, "ad-a", "logo <end>", 8, 10)
    for number in range(8):
        quality = 0.1 if number == 7 else 0.9
        session = react(store, f"v{number}", 0.02 * number, 4.0, quality)
        viewings.attach(made.id, "ad-a", session)
        if number < 5:
            viewings.attach(made.id, "ad-b", react(store, f"v{number}", 0.02 * number - 0.2, 7.0))
    return made.id


@pytest.fixture
def found(store: Store, study: str) -> Findings:
    return aggregate(store, study, "ad-a")


class Page(HTMLParser):
    """Collects the text and the attributes that would load something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in ("meta", "img", "line", "path", "link"):
            self.open.append(tag)
        self.loads += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "poster")]

    def handle_endtag(self, tag) -> None:
        if tag not in ("line", "path"):
            assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data) -> None:
        self.text += data + " "


def test_findings_say_who_counts_and_what_they_felt(found: Findings) -> None:
    assert found.panel.viewers == tuple(f"v{n}" for n in range(7))
    assert found.overall.n == 7 and found.segments[0].n == 7
    assert [(m.kind.value, m.time) for m in found.moments] == [("peak", 4.0)]
    assert found.models == (("m", "a1b2"),)
    last = found.viewers[7]
    assert (last.viewer, last.left_out, last.samples, last.coverage) == ("v7", "seen too little", 100, 0.0)
    assert np.isnan(last.valence) and last.quality == pytest.approx(0.1)
    assert found.viewers[0].valence == pytest.approx(np.nanmean(found.panel.values[0]))


def test_options_given_take_the_place_of_the_studys(store: Store, study: str) -> None:
    assert len(aggregate(store, study, "ad-a", options=Options(min_quality=0.0)).panel.viewers) == 8


def test_a_stimulus_without_viewers_is_no_error_until_somebody_is_required(store: Store, study: str) -> None:
    Studies(store).add_stimulus(study, "unseen", 5)
    unseen = aggregate(store, study, "unseen")
    assert len(unseen.panel.viewers) == 0 and json.dumps(findings_json(unseen), allow_nan=False)
    assert "Nobody has watched this yet." in Page(report_html([unseen])).text
    with pytest.raises(StudyError, match="No session is attached to unseen"):
        require_viewers(unseen)

    late = react(store, "late", 0, 4)
    Viewings(store).attach(study, "unseen", late, offset_s=60)
    with pytest.raises(StudyError, match="No viewer of unseen can be used: 1 without a sample"):
        require_viewers(aggregate(store, study, "unseen"))


def test_json_says_everything_and_is_strict(found: Findings) -> None:
    content = json.loads(json.dumps(findings_json(found), allow_nan=False))

    assert content["viewers"] == 7
    assert content["moments"][0]["kind"] == "peak" and content["moments"][0]["time"] == 4.0
    assert content["excluded"]["low_coverage"] == ["v7"] and content["excluded"]["low_quality"] == 100
    assert content["curve"]["n"] == [7] * 40 + [0], "the last sample is at 9.9 s"
    assert content["curve"]["mean"][-1] is None
    assert content["viewer_list"][7]["valence"] is None
    assert content["options"]["step"] == 0.25 and content["method"]["confidence"] == 0.95


def test_the_csv_is_the_curve(found: Findings) -> None:
    rows = list(csv.DictReader(io.StringIO(curve_csv(found))))

    assert list(rows[0]) == ["time_s", "mean", "low", "high", "n", "share_positive", "share_negative"]
    assert [float(row["time_s"]) for row in rows] == found.curve.time.tolist()
    assert float(rows[16]["mean"]) == pytest.approx(found.curve.mean[16], abs=1e-4)
    assert (rows[-1]["mean"], rows[-1]["n"]) == ("", "0")


def test_two_stimuli_are_compared(store: Store, study: str, found: Findings) -> None:
    pair = compare(found, aggregate(store, study, "ad-b"))

    content = json.loads(json.dumps(comparison_json(pair), allow_nan=False))
    rows = list(csv.DictReader(io.StringIO(difference_csv(pair))))
    assert content["paired"] and content["overall"]["n_a"] == content["overall"]["n_b"] == 5
    assert content["overall"]["difference"] == pytest.approx(0.2, abs=0.001)
    assert [row["n_a"] for row in rows[:3]] == ["5", "5", "5"]
    other = aggregate(store, study, "ad-b", options=Options(step=0.5))
    with pytest.raises(StudyError, match="cannot be compared"):
        compare(found, other)


def test_the_report_is_one_file_that_needs_nothing_else(store: Store, study: str, found: Findings) -> None:
    other = aggregate(store, study, "ad-b")
    pictures = {"ad-a": dict.fromkeys(pictures_wanted(found), JPEG)}

    html = report_html([found, other], [compare(found, other)], pictures=pictures, accuracy="CCC 0.92.")

    page = Page(html)
    assert page.open == []
    assert all(url.startswith("data:image/jpeg;base64,") for url in page.loads) and len(page.loads) == 13
    assert not re.search(r"https?:|//|@import|url\(", html.split("</style>")[0])
    for said in ("Q3 <Ads> & more", "logo <end>", "For the board.", "CCC 0.92.", "7 of 8 viewers counted"):
        assert said in page.text
    assert "<Ads>" not in html, "escaped"


def test_the_report_shows_the_figures_of_the_json(found: Findings) -> None:
    page = Page(report_html([found], created=datetime(2026, 11, 22)))

    moment = found.moments[0]
    assert f"+{moment.value:.2f}" in page.text and "at 0:04.0" in page.text and f"n = {moment.n}" in page.text
    assert f"+{found.overall.mean:.2f}" in page.text
    assert "22 November 2026" in page.text
    assert "1 viewer left out: 1 seen well for less than 25 % of it" in page.text


def test_the_same_study_gives_the_same_report(store: Store, study: str) -> None:
    moment = datetime(2026, 11, 22)
    one, two = (report_html([aggregate(store, study, "ad-a")], created=moment) for _ in range(2))

    assert one == two


def test_one_viewer_has_a_report_that_says_there_is_no_band(store: Store, study: str) -> None:
    alone = Studies(store).create("alone").id
    Studies(store).add_stimulus(alone, "Ad", 10)
    Viewings(store).attach(alone, "ad", react(store, "solo", 0.1, 4))

    page = Page(report_html([aggregate(store, alone)]))

    assert "1 viewer watched." in page.text and "none is shown" in page.text
    assert "nan" not in page.text.lower()


def test_models_that_differ_are_pointed_out(store: Store, study: str) -> None:
    with store.begin("new", source="n.mp4", kind="video", model_name="m2", model_sha256="ff") as writer:
        writer.add([Sample(n / 10, n, 1, Box(0, 0, 9, 9), 0.1, 0.1, 0.9, 0.9) for n in range(100)])
    Viewings(store).attach(study, "ad-a", writer.id)

    found = aggregate(store, study, "ad-a")

    assert found.models == (("m", "a1b2"), ("m2", "ff"))
    assert "different models" in Page(report_html([found])).text


@pytest.mark.slow
def test_two_hundred_sessions_of_a_minute_take_less_than_ten_seconds(store: Store) -> None:
    studies, viewings = Studies(store), Viewings(store)
    study = studies.create("big").id
    studies.add_stimulus(study, "Ad", 60)
    box, level = Box(0, 0, 9, 9), 0.3 * np.sin(np.arange(1800) / 200)
    for number in range(200):
        with store.begin(f"v{number}", source="v.mp4", kind="video") as writer:
            values = (level + 0.001 * number).tolist()
            writer.add(Sample(n / 30, n, 1, box, v, v, 0.9, 0.9) for n, v in enumerate(values))
        viewings.attach(study, "ad", writer.id)

    started = time.process_time()  # of this process: others may be busy
    found = aggregate(store, study)
    html = report_html([found])

    assert time.process_time() - started < 10
    assert found.overall.n == 200 and "200 viewers watched" in html


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_in_a_browser_the_report_fits_loads_nothing_and_prints(
    found: Findings, tmp_path: Path, width: int, scheme: str
) -> None:
    need_chromium()
    from playwright.sync_api import sync_playwright

    target = tmp_path / "report.html"
    target.write_text(report_html([found]), encoding="utf-8")
    with sync_playwright() as running:
        browser = launch(running)
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        requested, complaints = [], []
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))

        page.goto(target.as_uri())
        page.locator(".canvas").first.hover(position={"x": 40, "y": 50})

        assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
        assert complaints == []
        assert "n = 7" in page.locator(".hair output").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        pdf = page.pdf(prefer_css_page_size=True)
        browser.close()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 1
