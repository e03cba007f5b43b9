"""What participants, and people before a live camera, are told is everything that is estimated and kept."""

from __future__ import annotations

from datetime import datetime

import pytest

from results import Options, Stimulus, Study
from stream.frames import Extras
from tests import ROOT
from web.participants.consent import consent_of

SAID = {
    "roll": "head is turned",
    "yaw": "head is turned",
    "pitch": "head is turned",
    "eyes_closed": "eyes are closed",
    "mouth_covered": "covered",
    "half_covered": "covered",
}
"""What says that one of the numbers beside valence is estimated."""


def told(*, keep_media: bool = False, allow_spectators: bool = False) -> str:
    spot = Stimulus("spot", "spot", 12.0, None)
    now, options = datetime(2026, 1, 1), Options()
    study = Study("spring", "spring", now, "", "", keep_media, allow_spectators, options, (spot,), 0)
    return consent_of(study, spot)


def test_all_that_is_estimated_of_a_face_is_said() -> None:
    assert SAID.keys() == set(Extras._fields), "say what is new, here and in both notices"
    live = (ROOT / "web" / "pages" / "shared" / "camera" / "panel.js").read_text("utf-8")
    agreed, shown = live.split("export const ")[1:3]
    for text in (told(), agreed.replace('" +\n  "', ""), shown):
        assert all(words in text for words in {"negative or positive", *SAID.values()})


@pytest.mark.parametrize("keep_media", [False, True])
@pytest.mark.parametrize("allow_spectators", [False, True])
def test_who_else_is_seen_what_is_kept_and_how_it_goes_is_said(
    keep_media: bool, allow_spectators: bool
) -> None:
    text = told(keep_media=keep_media, allow_spectators=allow_spectators)
    assert "Whoever else is in the picture is read, too" in text
    assert "one person for another" in text and "forgets" in text
    assert ("picture is analysed as it comes and is not stored" in text) != keep_media
    assert ("your camera’s video, and" in text) == keep_media
    assert ("may look on" in text) == allow_spectators
    assert "until the study’s lead deletes them" in text and "ask whoever invited you" in text
