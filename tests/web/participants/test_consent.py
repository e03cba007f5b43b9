"""What participants, and people before a live camera, are told is everything that is estimated and kept."""

from __future__ import annotations

from datetime import datetime

import pytest

from inference import EXPRESSIONS, Output, Scalar, Shares
from results import Options, Stimulus, Study, Where
from stream.frames import Extras
from web.estimated import WORDS
from web.participants.consent import consent_of

ALL = Output(Scalar("valence"), arousal=Scalar("arousal"), expressions=Shares("votes", EXPRESSIONS))


def told(
    *,
    keep_media: bool = False,
    allow_spectators: bool = False,
    where: Where = Where.SERVER,
    output: Output = ALL,
) -> str:
    spot = Stimulus("spot", "spot", 12.0, None)
    now, options = datetime(2026, 1, 1), Options()
    study = Study("spring", "spring", now, "", "", keep_media, allow_spectators, where, options, (spot,), 0)
    return consent_of(study, spot, output)


def test_all_that_is_estimated_of_a_face_is_said() -> None:
    named = {name for names in WORDS for name in names}
    assert {
        "valence",
        *(name.split("_")[0] if "expression" in name else name for name in Extras._fields),
    } == named
    assert all(words in told() for words in WORDS.values())


def test_only_what_is_estimated_is_said() -> None:
    text = told(output=Output(Scalar("valence")))
    assert "negative or positive" in text and "head is turned" in text
    assert "excited" not in text and "anger" not in text


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


def test_where_pictures_go_is_said() -> None:
    here, there = told(where=Where.BROWSER), told()
    assert "does not leave this device" in here and "goes to this study’s server" not in here
    assert "gets numbers only" in here and "is not stored" in here
    assert "goes to this study’s server" in there and "does not leave" not in there
