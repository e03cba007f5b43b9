"""Figures as a report words them."""

from __future__ import annotations

import pytest

from results.report.wording import clock, count, hue, limits, mood, percent, short, signed, thousands

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"), [(0.456, "+0.46"), (-0.35, "−0.35"), (-0.001, "0.00"), (0.0, "0.00"), (NAN, "–")]
)
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [(8, 0, "0:08"), (59.96, 1, "1:00.0"), (75.25, 1, "1:15.2"), (3723, 0, "1:02:03"), (0.04, 1, "0:00.0")],
)
def test_clock(seconds: float, digits: int, text: str) -> None:
    assert clock(seconds, digits) == text


def test_words() -> None:
    assert (count(1, "viewer"), count(2000, "viewer")) == ("1 viewer", "2,000 viewers")
    assert (short(0.25), short(4.0), thousands(2000)) == ("0.25", "4", "2,000")
    assert (limits(-0.1, 0.2), limits(NAN, NAN)) == ("−0.10 to +0.20", "–")
    assert (percent(0.456), percent(NAN)) == ("46 %", "–")
    assert [mood(v) for v in (0.1, 0.2, 0.5, -0.2, -0.5)] == [
        "neutral",
        "slightly positive",
        "clearly positive",
        "slightly negative",
        "clearly negative",
    ]
    assert [hue(v) for v in (0.2, -0.2, 0.05, NAN)] == ["up", "down", "", ""]
