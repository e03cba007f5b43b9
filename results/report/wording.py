"""Figures as a report words them."""

from __future__ import annotations

import numpy as np

from results.sessions.statistics import NEUTRAL


def signed(value: float, digits: int = 2) -> str:
    """+0.46, −0.35, 0.00; an en dash for what is not known."""
    if np.isnan(value):
        return "–"
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def unsigned(value: float) -> str:
    """0.46; an en dash for what is not known."""
    return "–" if np.isnan(value) else f"{value:.2f}"


def short(value: float) -> str:
    """0.25, 4, 12.5: without idle zeros."""
    return f"{value:g}"


def thousands(number: int) -> str:
    """2,000."""
    return f"{number:,}"


def percent(share: float) -> str:
    """46 %; an en dash for what is not known."""
    return "–" if np.isnan(share) else f"{share * 100:.0f} %"


def limits(low: float, high: float) -> str:
    """+0.22 to +0.38; an en dash where there are none."""
    return "–" if np.isnan(low) else f"{signed(low)} to {signed(high)}"


def interval(low: float, high: float) -> str:
    return "no interval" if np.isnan(low) else f"95 % interval {limits(low, high)}"


def with_interval(value: float, low: float, high: float) -> str:
    return signed(value) if np.isnan(low) else f"{signed(value)}, {interval(low, high)}"


def clock(seconds: float, digits: int = 0) -> str:
    """Seconds as a player shows them: 0:08, 1:02:03, with tenths 0:08.3."""
    unit = 10**digits
    whole, part = divmod(round(seconds * unit), unit)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    return f"{text}.{part:0{digits}d}" if digits else text


def count(number: int, noun: str) -> str:
    """1 viewer, 2,000 viewers."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def mood(value: float) -> str:
    """Valence in words."""
    if abs(value) <= NEUTRAL:
        return "neutral"
    return f"{'clearly' if abs(value) > 0.3 else 'slightly'} {'positive' if value > 0 else 'negative'}"


def hue(value: float) -> str:
    """The report's colour class of a value: up, down, or none where it is neutral or not known."""
    return "up" if value > NEUTRAL else "down" if value < -NEUTRAL else ""
