"""The list of studies and the study page in a real browser."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from results import Links, Studies, Viewings
from tests.web import asking
from tests.web.browsing import shoot, wait_for
from tests.web.serving import Served
from tests.web.storing import react
from tests.web.studies.looking import PATIENCE, at_time, opened, says
from tests.web.uploading import ONE_FACE, files_below

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_study_is_made_in_the_browser(served: Served, page: Any, ad: Path, tmp_path: Path) -> None:
    page.goto(f"{served.url}/studies")
    says(page, "#empty", "Make the first study")
    shoot(page, "studies-empty")
    page.get_by_role("button", name="New study").press("Enter")
    assert page.evaluate("document.activeElement.name") == "name"
    page.keyboard.type("Spring campaign")
    page.click('[data-action="create"]')
    says(page, "#wrong", "Say what is watched")

    empty, words = tmp_path / "empty.mp4", tmp_path / "words.mp4"
    empty.write_bytes(b"")
    words.write_bytes(b"words " * 1000)
    for file, said in ((empty, "is empty"), (words, "not a video"), (ONE_FACE, "not a video")):
        page.set_input_files("#videos", str(file))
        says(page, "#wrong", file.name)
        says(page, "#wrong", said)
    page.set_input_files("#videos", str(ad))
    wait_for(page, "document.querySelectorAll('#stimuli li').length === 1", PATIENCE)
    page.click('[data-action="named"]')
    page.keyboard.type("Radio spot")
    page.fill("#stimuli li:last-child input[type=number]", "15")
    page.click("details summary")
    page.fill("[name=consent]", "We are the agency that made the ad.")
    page.select_option("[name=baseline]", "first")
    page.fill("[name=seconds]", "2")
    shoot(page, "studies-new")
    page.click('[data-action="create"]')
    page.wait_for_url("**/studies/spring-campaign", timeout=PATIENCE * 1000)
    wait_for(page, "document.body.dataset.ready === 'ad'", PATIENCE)
    (study,) = Studies(served.store).all()
    assert [(s.name, round(s.duration_s)) for s in study.stimuli] == [("ad", 10), ("Radio spot", 15)]
    assert (
        study.options.baseline == (0, 2) and study.consent_text.startswith("We are") and not study.keep_media
    )
    assert len(files_below(served.store.root)) == 1
    assert "No viewers yet" in page.text_content("#says")
    shoot(page, "study-without-viewers")


def test_a_study_is_made_whole_or_not_at_all(served: Served, page: Any) -> None:
    page.goto(f"{served.url}/studies")
    page.click('[data-action="new"]')
    page.fill("[name=name]", "Too long")
    page.click('[data-action="named"]')
    page.fill("#stimuli input[type=text]", "Everything")
    page.evaluate("() => { document.querySelector('#stimuli input[type=number]').max = ''; }")
    page.fill("#stimuli input[type=number]", "999999999")
    page.click('[data-action="create"]')
    says(page, "#wrong", "too long")
    assert Studies(served.store).all() == []
    page.fill("#stimuli input[type=number]", "20")
    page.click('[data-action="create"]')
    page.wait_for_url("**/studies/too-long", timeout=PATIENCE * 1000)


def test_curve_video_and_lists_are_on_one_moment(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    assert "Mean of 5 viewers with a pointwise 95 % confidence band." in page.text_content("#says")
    assert int(page.get_attribute("#chart canvas", "data-drawn")) == 41
    assert page.text_content("#figures dd") == "5"
    page.mouse.click(*at_time(page, 0.7))
    says(page, "#now", "0:07.0")
    wait_for(page, "Math.abs(document.querySelector('video').currentTime - 7) < 0.1", PATIENCE)
    moment = page.locator(".jump.moment").first
    assert "Peak" in moment.text_content() and "n = 5" in moment.text_content()
    assert "confidence 100 %" in moment.text_content()
    moment.click()
    says(page, "#now", "0:04.0")
    says(page, "#at", "+0.56")
    page.locator("#chart").focus()
    page.keyboard.press("ArrowRight")
    says(page, "#now", "0:04.2")
    page.keyboard.press("Home")
    says(page, "#now", "0:00.0")
    page.keyboard.press("ArrowDown")
    says(page, "#now", "0:04.0")
    told = page.get_attribute("#chart", "aria-valuetext")
    assert "4.00 seconds, +0.56, 95 % interval" in told and "n = 5" in told
    page.keyboard.press(" ")
    wait_for(page, "!document.querySelector('video').paused", PATIENCE)
    page.keyboard.press(" ")
    wait_for(page, "document.querySelector('video').paused", PATIENCE)


def test_segments_are_drawn_with_shift_named_and_removed(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    page.keyboard.down("Shift")
    page.mouse.move(*at_time(page, 0.3))
    page.mouse.down()
    page.mouse.move(*at_time(page, 0.5), steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.fill("dialog [name=name]", "Product shot")
    assert float(page.input_value("dialog [name=from]")) == pytest.approx(3, abs=0.05)
    page.keyboard.press("Enter")
    says(page, "#segments", "Product shot")
    assert "n = 5" in page.text_content(".segment") and "100 % positive" in page.text_content(".segment")
    page.click('[data-action="remove-segment"]')
    says(page, "#segments", "None.")
    assert Studies(watched.store).get("spring").stimulus("ad").segments == ()


def test_two_stimuli_are_compared_with_a_band(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    says(page, "#compare-says", "Ad minus Spot: +0.3")
    said = page.text_content("#compare-says")
    assert "95 % interval" in said and "4 viewers who saw both" in said
    assert "Ad was the more positive one." in said
    assert int(page.get_attribute("#compare-chart canvas", "data-drawn")) == 33
    page.select_option('[data-compare="a"]', "spot")
    says(page, "#compare-says", "Choose two different stimuli.")
    page.select_option('[data-compare="b"]', "ad")
    says(page, "#compare-says", "Spot minus Ad: −0.3")


def test_one_viewer_none_and_none_who_overlaps(served: Served, studies: Studies, page: Any) -> None:
    studies.add_stimulus("spring", "Ad", 10)
    opened(page, served, "ad")
    assert "No viewers yet" in page.text_content("#says")
    assert "with the first viewer" in page.text_content("#downloads")
    late = Viewings(served.store).attach("spring", "ad", react(served.store, "late"), offset_s=-60)
    says(page, "#says", "No viewer can be used: 1 without a sample during the stimulus.")
    assert "left out" in page.text_content(".person")
    Viewings(served.store).detach(late.key)
    Viewings(served.store).attach("spring", "ad", react(served.store, "ann"))
    says(page, "#says", "One viewer: this is how one person looked, without a confidence band.")
    assert page.locator("#legend .band").count() == 0
    assert "needs 3 viewers" in page.text_content("#figures")
    shoot(page, "study-one-viewer")


def test_sessions_are_attached_detached_and_viewers_deleted(
    served: Served, studies: Studies, page: Any
) -> None:
    studies.add_stimulus("spring", "Ad", 10)
    for name in ("Ann", "Bob", "Cleo"):
        react(served.store, name, seconds=6.0)
    opened(page, served, "ad")
    page.click('[data-action="attach"]')
    page.check('dialog li:has-text("Ann") input')
    page.fill("dialog input[type=number]", "20")
    says(page, "dialog [role=status]", "does not overlap the stimulus at all")
    page.fill("dialog input[type=number]", "1.5")
    says(page, "dialog [role=status]", "It covers 4.5 s of the stimulus’s 10 s.")
    page.fill("dialog input[type=search]", "bo")
    page.check('dialog li:has-text("Bob") input')
    shoot(page, "study-attach")
    page.get_by_role("button", name="Attach", exact=True).click()
    wait_for(page, "document.querySelectorAll('.person').length === 2", PATIENCE)
    assert {v.offset_s for v in Viewings(served.store).all("spring")} == {1.5}

    page.locator('.person[data-viewer="Ann"] [data-action=detach]').click()
    wait_for(page, "document.querySelectorAll('.person').length === 1", PATIENCE)
    assert "Ann" in [session.name for session in served.store.sessions()]
    page.locator('.person[data-viewer="Bob"] [data-action=delete-viewer]').click()
    page.keyboard.press("Escape")
    assert page.locator(".person").count() == 1, "it asks first"
    page.locator('.person[data-viewer="Bob"] [data-action=delete-viewer]').click()
    page.click("dialog .danger")
    says(page, "#viewers", "Nobody yet.")
    assert sorted(session.name for session in served.store.sessions()) == ["Ann", "Cleo"]


def test_baseline_words_and_link(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    page.click('[data-action="invite"]')
    page.wait_for_selector("#invite .link input")
    (link,) = Links(watched.store.database).of_study("spring")
    assert page.input_value("#invite input") == f"{watched.url}/t/{link.token}"
    says(page, "#invite", "This link works on this computer only")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click('[data-action="copy"]')
    says(page, '[data-action="copy"]', "Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{watched.url}/t/{link.token}"

    page.click('[data-action="counting"]')
    page.fill("dialog [name=from]", "0")
    page.fill("dialog [name=to]", "1")
    page.click("dialog .primary")
    says(page, "#counting", "from 0 to 1 s is zero")
    assert abs(float(page.text_content("#at").split(",")[0].replace("−", "-"))) < 0.02
    page.click('[data-action="edit"]')
    page.fill("dialog [name=name]", "Spring, wave 1")
    page.keyboard.press("Enter")
    says(page, "h1", "Spring, wave 1")
    assert Studies(watched.store).get("spring").name == "Spring, wave 1"
    says(page, "#invite", "Nobody can take part yet")  # another name closes the links


def test_every_download_can_be_read(watched: Served, page: Any, tmp_path: Path) -> None:
    opened(page, watched, "ad")
    files = {}
    for form in ("html", "csv", "json"):
        with page.expect_download() as caught:
            page.click(f'[data-download="{form}"]')
        files[form] = tmp_path / caught.value.suggested_filename
        caught.value.save_as(files[form])
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text())))
    assert len(rows) == 41 and {row["n"] for row in rows} == {"5"}
    content = json.loads(files["json"].read_text())
    assert [one["viewers"] for one in content["stimuli"]] == [5, 4] and len(content["comparisons"]) == 1
    html = files["html"].read_text()
    assert "data:image/jpeg" in html, "stills of the video"
    assert "http://" not in html.replace("http://www.w3.org", "")


def test_a_study_is_deleted_with_every_file(watched: Served, page: Any) -> None:
    page.goto(f"{watched.url}/studies")
    says(page, "tbody", "Spring")
    shoot(page, "studies")
    page.click('[data-action="delete"]')
    page.keyboard.press("Escape")
    assert len(Studies(watched.store).all()) == 1
    opened(page, watched, "ad")
    page.click('[data-action="delete"]')
    assert "9 sessions" in page.text_content("dialog")
    page.select_option("dialog select", "delete")
    page.click("dialog .danger")
    page.wait_for_url("**/studies", timeout=PATIENCE * 1000)
    says(page, "#empty", "Make the first study")
    assert files_below(watched.store.root) == set() and watched.store.sessions() == []


def test_stimuli_are_added_and_removed_later(served: Served, studies: Studies, page: Any, ad: Path) -> None:
    page.goto(f"{served.url}/studies/spring")
    says(page, "#empty", "Nothing is watched in this study yet")
    page.click('[data-action="add-stimulus"]')
    page.set_input_files("dialog input[type=file]", str(ad))
    assert page.input_value("dialog input[type=text]") == "ad"
    page.get_by_role("button", name="Add", exact=True).click()
    wait_for(page, "document.body.dataset.ready === 'ad'", PATIENCE)
    page.click('[data-action="add-stimulus"]')
    page.fill("dialog input[type=text]", "Spot")
    page.fill("dialog input[type=number]", "8")
    page.get_by_role("button", name="Add", exact=True).click()
    wait_for(page, "document.body.dataset.ready === 'spot'", PATIENCE)
    page.click('[data-stimulus="ad"]')
    wait_for(page, "document.body.dataset.ready === 'ad'", PATIENCE)
    page.click('[data-action="remove-stimulus"]')
    page.click("dialog .danger")
    wait_for(page, "document.body.dataset.ready === 'spot'", PATIENCE)
    assert [one.id for one in studies.get("spring").stimuli] == ["spot"]
    assert files_below(served.store.root) == set()


def test_a_study_that_is_gone_says_so(watched: Served, page: Any) -> None:
    opened(page, watched, "ad")
    asking.delete(f"{watched.url}/api/studies/spring", timeout=60)
    says(page, "#trouble", "There is no study 'spring'.")


def test_a_name_is_text_and_nothing_else(served: Served, studies: Studies, page: Any) -> None:
    name = "<img src=x onerror=alert(1)> & “co”"
    studies.add_stimulus("spring", name, 10)
    studies.change("spring", name=name)
    (stimulus,) = studies.get("spring").stimuli
    viewings = Viewings(served.store)
    viewings.attach("spring", stimulus.id, react(served.store, "ann"), viewer=f"{name}/../x")
    studies.set_segment("spring", stimulus.id, name, 1, 3)
    opened(page, served, stimulus.id)
    assert page.text_content("h1") == name and page.locator("main img").count() == 0
    page.locator("[data-action=delete-viewer]").click()
    page.click("dialog .danger")
    says(page, "#viewers", "Nobody yet.")
    page.click('[data-action="remove-segment"]')
    says(page, "#segments", "None.")


def test_the_study_page_looks_right(watched: Served, studies: Studies, page: Any) -> None:
    for name, start, end in (("Opening", 0, 2.5), ("Product shot", 3, 5.5), ("Price", 8, 10)):
        studies.set_segment("spring", "ad", name, start, end)
    viewings = Viewings(watched.store)
    viewings.attach("spring", "ad", react(watched.store, "short", seconds=1.0))
    viewings.add_viewer("spring", "Dora", "I agree to be measured.")
    viewings.attach("spring", "ad", react(watched.store, "dora", seconds=8.0), viewer="Dora")
    opened(page, watched, "ad")
    says(page, "#compare-says", "minus")
    page.locator(".jump.moment").first.click()
    shoot(page, "study")
