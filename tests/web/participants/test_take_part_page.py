"""Taking part in a real browser: one person after the other, from consent to thanks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from results import Studies, Viewings
from tests.web.browsing import shoot, signs_in, wait_for
from tests.web.participants.participant import (
    PATIENCE,
    invited,
    play,
    press,
    ready,
    seen,
    state,
    to_the_check,
    with_video,
)
from tests.web.serving import Served, wait_until
from tests.web.uploading import files_below

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_three_viewers_in_a_row_while_the_curve_grows(
    served: Served, studies: Studies, browser: Any, page: Any, clip: tuple[Path, list[float]]
) -> None:
    stimulus = with_video(studies, clip[0], 4.0)
    lead = signs_in(browser.new_context(viewport={"width": 1280, "height": 900}).new_page())
    lead.goto(f"{served.url}/studies/spring#{stimulus}")
    wait_for(lead, f"document.body.dataset.ready === '{stimulus}'", PATIENCE)
    lead.evaluate("() => { window.never = 'reloaded'; }")
    assert "No viewers yet" in lead.text_content("#says")
    lead.click('[data-action="invite"]')
    wait_for(lead, "document.querySelector('#invite input')?.value.includes('/t/')", PATIENCE)
    page.goto(lead.input_value("#invite input"))
    for number in (1, 2, 3):
        state(page, "consent")
        press(page, "I agree and take part")
        state(page, "check")
        ready(page)
        press(page, "Play")
        if number == 1:
            wait_for(lead, "document.querySelector('.live').dataset.here === '1'", PATIENCE)
        state(page, "done")
        assert "Thank you" in page.text_content("#state-title")
        wait_for(lead, f"document.querySelectorAll('.person').length === {number}", PATIENCE)
        if number < 3:
            press(page, "Next person")
    wait_for(lead, "document.querySelector('#says').textContent.includes('Mean of 3 viewers')", PATIENCE)
    # A viewer counts for the curve before they count for the whole: the page follows them to the end.
    wait_for(lead, "document.querySelector('#figures dd').textContent === '3'", PATIENCE)
    assert lead.evaluate("window.never") == "reloaded"
    lead.locator("#chart").focus()
    lead.keyboard.press("End")
    for _ in range(12):  # to the middle: at the very ends a busy machine may have read nobody in time
        lead.keyboard.press("Shift+ArrowLeft")
    wait_for(
        lead, "document.querySelector('#chart').getAttribute('aria-valuetext').includes('n = 3')", PATIENCE
    )
    assert "95 % interval" in lead.get_attribute("#chart", "aria-valuetext")
    assert 13 <= int(lead.get_attribute("#chart canvas", "data-drawn")) <= 17
    lead.context.close()

    viewers = Viewings(served.store).viewers("spring")
    assert [viewer.id for viewer in viewers] == ["viewer-001", "viewer-002", "viewer-003"]
    assert all(viewer.consent_time and "Article 50(3)" in (viewer.consent_text or "") for viewer in viewers)
    assert {name for name in files_below(served.store.root) if ".stimuli" not in name} == set()


def test_who_declines_leaves_no_trace(served: Served, studies: Studies, page: Any) -> None:
    link = invited(served, "spring", "spot")
    before = (files_below(served.store.root), (served.store.root / "valence.db").read_bytes())
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.goto(served.url + link)
    state(page, "consent")
    assert "Article 50(3)" in page.text_content("#state-text")
    assert "Article 5(1)(f)" in page.text_content("#state-text")
    press(page, "I do not take part")
    state(page, "declined")
    page.goto("about:blank")
    assert {request.split()[0] for request in sent} == {"GET"}, "nothing is sent"
    assert Viewings(served.store).viewers("spring") == [] and served.store.sessions() == []
    assert (files_below(served.store.root), (served.store.root / "valence.db").read_bytes()) == before


def test_who_stops_is_removed_and_the_next_one_may_come(served: Served, studies: Studies, page: Any) -> None:
    to_the_check(page, served)
    ready(page)
    press(page, "Play")
    state(page, "playing")
    assert len(Viewings(served.store).viewers("spring")) == 1
    press(page, "Stop and remove")
    page.locator("dialog").get_by_role("button", name="Stop and remove").click()
    state(page, "removed")
    assert Viewings(served.store).viewers("spring") == [] and served.store.sessions() == []
    assert files_below(served.store.root) == set()
    press(page, "Next person")
    state(page, "consent")


def test_who_closes_the_page_while_watching_is_kept_as_far_as_they_saw(
    served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]
) -> None:
    stimulus = with_video(studies, clip[0], 10.0)
    play(page, served, stimulus, until=4)
    page.goto("about:blank")
    wait_until(lambda: not served.state.hub.sessions, 30)
    (viewing,) = Viewings(served.store).all("spring")
    assert 2.5 < viewing.clock[-1][1] < 9
    assert served.store.get(viewing.session).state.value == "done"


def test_a_lost_connection_is_found_again_and_the_viewer_stays_one(
    served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]
) -> None:
    stimulus = with_video(studies, clip[0], 10.0)
    play(page, served, stimulus, until=2)
    (live,) = served.state.hub.sessions.values()
    asyncio.run_coroutine_threadsafe(live._connection.close(), served.loop).result(30)
    state(page, "lost")
    state(page, "paused")
    assert "connection is back" in page.text_content("#hint")
    press(page, "Play")
    state(page, "done")
    first, second = Viewings(served.store).all("spring")
    assert first.viewer == second.viewer == "viewer-001" and first.session != second.session
    assert first.clock[-1][1] <= second.clock[1][1] + 0.5
    assert second.clock[-1][1] == pytest.approx(10, abs=0.05)


def test_cameras_that_do_not_open_store_nothing(served: Served, studies: Studies, page: Any) -> None:
    for error, title in (
        ("NotAllowedError", "The camera is not allowed"),
        ("NotFoundError", "No camera found"),
        ("NotReadableError", "The camera is in use"),
    ):
        page.goto(served.url + invited(served, "spring", "spot"))
        state(page, "consent")
        page.evaluate(
            "() => { navigator.mediaDevices.getUserMedia = () => "
            f"Promise.reject(new DOMException('', '{error}')); }}"
        )
        press(page, "I agree and take part")
        wait_for(page, f"document.querySelector('#state-title').textContent === '{title}'", PATIENCE)
        page.get_by_role("button", name="Try again").wait_for()
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.goto(served.url + invited(served, "spring", "spot"))
    wait_for(
        page, "document.querySelector('#state-title').textContent === 'The camera needs a secure address'"
    )
    assert Viewings(served.store).viewers("spring") == [] and served.store.sessions() == []


def test_the_check_says_what_is_wrong_with_the_picture(served: Served, studies: Studies, page: Any) -> None:
    page.goto(served.url + invited(served, "spring", "spot"))
    said = page.evaluate(
        """async () => {
          const { FaceCheck } = await import("/pages/take-part/check.js");
          const check = new FaceCheck(0.3);
          const face = (quality, wide = 200) => ({ quality, box: [0, 0, wide, wide] });
          const judge = (faces, now) => check.judge({ faces, width: 640 }, now);
          const said = [judge([], 0), judge([face(0.9), face(0.9)], 100)];
          said.push(judge([face(0.1, 40)], 200), judge([face(0.1)], 300));
          said.push(judge([face(0.8)], 400), judge([face(0.8)], 1700), judge([], 1800), judge([], 2400));
          return said.map(({ good, hint }) => [good, hint]);
        }"""
    )
    assert [hint.split(":")[0] for _, hint in said[:4]] == [
        "No face is to be seen",
        "More than one face is to be seen",
        "Your face is small",
        "Your face is hard to read",
    ]
    assert [good for good, _ in said] == [False, False, False, False, False, True, True, False]


def test_by_keyboard_and_calm_for_screen_readers(served: Served, studies: Studies, page: Any) -> None:
    page.goto(served.url + invited(served, "spring", "spot"))
    state(page, "consent")
    assert page.evaluate("document.activeElement.id") == "state-title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "I agree and take part"
    page.keyboard.press("Enter")
    state(page, "check")
    page.evaluate(
        """() => { window.spoken = []; new MutationObserver(() =>
        window.spoken.push(document.querySelector('#announce').textContent))
        .observe(document.querySelector('#announce'), { childList: true }); }"""
    )
    ready(page)
    wait_for(page, "window.spoken.includes('Your face is well visible.')", PATIENCE)
    page.keyboard.press(" ")
    state(page, "done")
    spoken = page.evaluate("window.spoken")
    assert len(spoken) <= 5, "a sentence now and then"
    assert page.locator("nav").count() == 0, "a guest sees nothing of others"


def test_screens(served: Served, studies: Studies, page: Any, clip: tuple[Path, list[float]]) -> None:
    stimulus = with_video(studies, clip[0], 10.0)
    page.goto(served.url + invited(served, "spring", stimulus))
    state(page, "consent")
    shoot(page, "take-part-consent")
    press(page, "I do not take part")
    state(page, "declined")
    shoot(page, "take-part-declined")
    press(page, "Read it again")
    press(page, "I agree and take part")
    state(page, "check")
    ready(page)
    shoot(page, "take-part-check")
    assert page.locator("#hint").bounding_box()["width"] > 300
    page.evaluate("""() => {
      const close = AudioContext.prototype.close;
      AudioContext.prototype.close = function () { window.heard = true; return close.call(this); };
    }""")
    press(page, "Try the sound")
    wait_for(
        page, "window.heard && document.querySelector('#sound-hint').textContent.includes('tone')", PATIENCE
    )
    press(page, "Full screen")
    wait_for(page, "document.fullscreenElement === document.querySelector('#stage')", PATIENCE)
    press(page, "Leave full screen")
    wait_for(page, "!document.fullscreenElement", PATIENCE)
    press(page, "Play")
    seen(page, 1)
    press(page, "Pause")
    state(page, "paused")
    shoot(page, "take-part-paused")
    press(page, "Play")
    state(page, "done")
    shoot(page, "take-part-thanks")


def test_who_comes_while_others_are_just_beginning_is_let_in_by_itself(
    served: Served, studies: Studies, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.live.offers.MOST", 1)
    monkeypatch.setattr("web.live.offers.RETRY", 1)
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status))
    page.goto(served.url + invited(served, "spring", "spot"))
    state(page, "consent")
    with served.state.offers.place("127.0.0.1"):  # somebody else's, at the same address
        press(page, "I agree and take part")
        page.wait_for_event("response", lambda answer: answer.status == 429, timeout=PATIENCE * 1000)
        state(page, "opening")
    state(page, "check")
    assert 429 in statuses and 201 in statuses
