"""What a participant does on the page that shows a stimulus, and the link by which they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from results import Studies
from tests.web import asking
from tests.web.browsing import wait_for
from tests.web.serving import Served
from tests.web.uploading import numbered_clip

PATIENCE = 180.0
"""Seconds: a busy machine is slow, not wrong."""


def invited(served: Served, study: str, stimulus: str) -> str:
    """The path of a new link to a stimulus, made by an operator. study: its id, or its address in the API."""
    answer = asking.post(
        f"{served.url}/api/studies/{study.split('/')[-1]}/links", json={"stimulus": stimulus}, timeout=30
    )
    assert answer.status_code == 201, answer.text
    return urlsplit(answer.json()["address"]).path


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
    """Waits until the participant's page is in one of these states."""
    wait_for(page, f"{list(wanted)}.includes(document.querySelector('.take-part').dataset.state)", PATIENCE)


def press(page: Any, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click(timeout=PATIENCE * 1000)


def to_the_check(page: Any, served: Served, stimulus: str = "spot") -> None:
    page.goto(served.url + invited(served, "spring", stimulus))
    state(page, "consent")
    press(page, "I agree and take part")
    state(page, "check")


def ready(page: Any) -> None:
    """Waits until the camera check is passed."""
    wait_for(page, "!document.querySelector('[data-action=play]').disabled", PATIENCE)


def play(page: Any, served: Served, stimulus: str, until: float) -> None:
    """A participant agrees, passes the check and watches the video `stimulus` for so many seconds."""
    to_the_check(page, served, stimulus)
    ready(page)
    press(page, "Play")
    seen(page, until)


def seen(page: Any, seconds: float) -> None:
    """Waits until so much of the video has been played."""
    wait_for(page, f"document.querySelector('.screen video').currentTime > {seconds}", PATIENCE)
