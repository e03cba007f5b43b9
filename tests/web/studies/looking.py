"""The study page in Chromium: opening it, waiting for its words, and points of its chart."""

from __future__ import annotations

import json
from typing import Any

from tests.web.browsing import wait_for
from tests.web.serving import Served

PATIENCE = 180.0
"""Seconds: a busy machine is slow, not wrong."""


def opened(page: Any, served: Served, stimulus: str) -> None:
    page.goto(f"{served.url}/studies/spring#{stimulus}")
    wait_for(page, f"document.body.dataset.ready === '{stimulus}'", PATIENCE)


def says(page: Any, selector: str, text: str) -> None:
    """Waits until an element holds the text."""
    look = f"document.querySelector({json.dumps(selector)})?.textContent.includes({json.dumps(text)})"
    wait_for(page, look, PATIENCE)


def at_time(page: Any, share: float) -> tuple[float, float]:
    """A point of the chart at a share of the stimulus."""
    page.locator("#chart").scroll_into_view_if_needed()
    box = page.locator("#chart").bounding_box()
    return box["x"] + 46 + share * (box["width"] - 60), box["y"] + 80
