"""What a viewer does on the page that shows a stimulus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from results import Studies
from tests.web.browsing import wait_for
from tests.web.serving import Served
from tests.web.uploading import numbered_clip

PATIENCE = 180.0
"""Seconds: a busy machine is slow, not wrong."""


def with_video(studies: Studies, clip: Path, seconds: float) -> str:
    """Gives the study a video of so many seconds; returns its id."""
    folder = studies.upload_folder()
    kept = folder / "ad.mp4"
    if seconds < 10:
        numbered_clip(kept, frames=round(seconds * 30))
    else:
        kept.write_bytes(clip.read_bytes())
    return studies.add_stimulus("spring", "Ad", seconds, kept).id


def state(page: Any, *wanted: str) -> None:
    """Waits until the viewer's page is in one of these states."""
    wait_for(page, f"{list(wanted)}.includes(document.querySelector('.watch').dataset.state)", PATIENCE)


def press(page: Any, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click(timeout=PATIENCE * 1000)


def to_the_check(page: Any, served: Served, stimulus: str = "spot") -> None:
    page.goto(f"{served.url}/watch/spring/{stimulus}")
    state(page, "consent")
    press(page, "I agree and take part")
    state(page, "check")


def ready(page: Any) -> None:
    """Waits until the camera check is passed."""
    wait_for(page, "!document.querySelector('[data-action=play]').disabled", PATIENCE)


def play(page: Any, served: Served, stimulus: str, until: float) -> None:
    """A viewer agrees, passes the check and watches the video `stimulus` for so many seconds."""
    to_the_check(page, served, stimulus)
    ready(page)
    press(page, "Play")
    seen(page, until)


def seen(page: Any, seconds: float) -> None:
    """Waits until so much of the video has been played."""
    wait_for(page, f"document.querySelector('.screen video').currentTime > {seconds}", PATIENCE)
