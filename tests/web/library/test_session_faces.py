"""Faces merged and split on the session page, in a real browser."""

from __future__ import annotations

import math
from typing import Any

import pytest

from results import FaceEdits, Store
from stream.frames import Box, Sample
from tests.web.browsing import shoot, wait_for
from tests.web.players import opened
from tests.web.serving import Served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FACES = "[...document.querySelectorAll('.face')].map((face) => Number(face.dataset.faceId))"


def in_pieces(store: Store, kind: str = "video") -> str:
    """One person whom the tracker lost twice (1, 3, 4), and somebody else (2)."""
    spans = {1: (0, 80), 2: (0, 200), 3: (90, 140), 4: (150, 200)}
    settings = {"smoothing": 0.3}
    with store.begin("Two people", source="two.mp4", kind=kind, model_name="m", settings=settings) as writer:
        for frame in range(201):
            value = 0.6 * math.sin(frame / 25)
            writer.add(
                Sample(frame / 20, frame, face, Box(0, 0, 9, 9), value, value, 0.9, 0.8)
                for face, (first, last) in spans.items()
                if first <= frame <= last
            )
            writer.progress(frame + 1, frame + 1, frame / 20)
    return writer.id


def act(page: Any, face: int, what: str) -> None:
    page.locator(f'.face[data-face-id="{face}"] [data-action={what}-face]').click()


def shown(page: Any, faces: list[int]) -> None:
    wait_for(page, f"String({FACES}) === '{','.join(map(str, faces))}'")


def test_faces_are_merged_split_and_put_back(served: Served, page: Any) -> None:
    session = in_pieces(served.store)
    opened(page, served, session)
    assert page.locator("[data-action=undo-faces]").count() == 0

    act(page, 1, "merge")
    assert page.locator("dialog .choices label").all_inner_texts()[1].startswith("Face 3")
    page.check('dialog input[value="3"]')
    page.check('dialog input[value="4"]')
    page.click("dialog .primary")
    shown(page, [1, 2])
    assert served.store.samples(session).faces == [1, 2]
    assert page.text_content(".latest span") == "Face 3, Face 4 merged into Face 1"
    assert "2 faces merged into Face 1" in page.text_content("#announce")

    page.locator("#chart").focus()
    page.keyboard.press("End")
    wait_for(page, "document.querySelector('.face[data-face-id=\"1\"]').dataset.valence !== ''")
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    act(page, 2, "split")
    assert page.input_value("dialog [name=at]") == "3.000"
    page.keyboard.press("Enter")
    shown(page, [1, 2, 5])
    assert served.store.samples(session, 5).frame[0] == 60
    assert page.get_attribute('.face[data-face-id="5"]', "data-valence") != "", (
        "the frame shown is the new one's"
    )
    assert page.get_attribute('.face[data-face-id="2"]', "data-valence") == ""

    page.click("[data-action=undo-faces]")
    shown(page, [1, 2])
    page.click("[data-action=undo-faces]")
    shown(page, [1, 2, 3, 4])
    wait_for(page, "!document.querySelector('[data-action=undo-faces]')")
    assert FaceEdits(served.store).all(session) == []


def test_what_is_refused_is_said_and_nothing_chosen_is_nothing_done(served: Served, page: Any) -> None:
    session = in_pieces(served.store)
    opened(page, served, session)
    act(page, 1, "merge")
    page.click("dialog .primary")
    wait_for(page, "!document.querySelector('dialog')")
    act(page, 3, "split")
    page.fill("dialog [name=at]", "9")
    page.click("dialog .primary")
    wait_for(page, "document.querySelector('dialog')?.textContent.includes('cannot be split at 9.00 s')")
    page.keyboard.press("Escape")
    assert FaceEdits(served.store).all(session) == []


def test_a_picture_and_a_lone_face_have_nothing_to_merge(served: Served, page: Any) -> None:
    with served.store.begin("alone", source="camera", kind="live", model_name="m") as writer:
        writer.add(Sample(n / 20, n, 1, Box(0, 0, 9, 9), 0.1, 0.1, 0.9, 0.8) for n in range(40))
        writer.progress(40, 40, 2.0)
    opened(page, served, writer.id)
    assert page.locator("[data-action=merge-face]").count() == 0
    assert page.locator("[data-action=split-face]").count() == 1


def test_the_faces_of_a_session_look_right(served: Served, page: Any) -> None:
    session = in_pieces(served.store)
    served.store.name_face(session, 2, "A person with a rather long name, and a second one")
    FaceEdits(served.store).merge(session, [1, 3])
    opened(page, served, session)
    shoot(page, "faces")
    act(page, 2, "merge")
    shoot(page, "faces-merge")
    page.keyboard.press("Escape")
    act(page, 2, "split")
    shoot(page, "faces-split")


def test_a_face_that_never_moved_says_so(served: Served, page: Any) -> None:
    with served.store.begin("A poster", source="room.mp4", kind="video", model_name="m") as writer:
        for frame in range(40):
            writer.add(Sample(frame / 20, frame, n, Box(0, 0, 9, 9), 0.1, 0.1, 0.9, 0.8) for n in (1, 2))
        writer.finish(still=[2])
    opened(page, served, writer.id)
    assert page.locator('.face[data-face-id="1"] .still').count() == 0
    assert "Never moved" in page.text_content('.face[data-face-id="2"] .still')
