"""What a new installation shows: a session and a study, made from the sample clip that comes along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from results import Store, Studies, Viewings, utf8, written_atomically

SAMPLE = Path(__file__).resolve().parent.parent / "media" / "sample.mp4"
"""The clip: two people who sway, smile and frown."""
SESSION = "Example: two faces"
STUDY = "Example study"
NOTES = (
    "An example, made from the sample clip: the two people in it stand for two viewers of that clip. An "
    "interval would need three. Delete it whenever you like; it does not come back."
)
SCENES = (("They change places", 2.8, 5.8), ("One is covered", 7.4, 9.6))
"""Segments of the clip, in seconds (media/README.md)."""
_MADE = "examples-were-made"
"""A file in the sessions folder: once is enough."""


def wanted(store: Store) -> bool:
    """Whether this is a first start: nothing is stored, and no examples were ever made here."""
    return not (store.root / _MADE).exists() and not store.count() and not Studies(store).all()


def make(store: Store, analyze: Callable[[Path], dict[str, Any]]) -> None:
    """Make the examples, by `analyze`, which turns a file into a stored session and returns its summary.

    Raises what that raises; then the examples are not made again either.
    """
    with written_atomically(store.root / _MADE) as file:
        file.write(utf8("The examples were made, and are not made again.\n"))
    summary = analyze(SAMPLE)
    session = summary["session"]
    store.rename(session, SESSION)
    studies, viewings = Studies(store), Viewings(store)
    study = studies.create(STUDY, notes=NOTES, keep_media=True)
    stimulus = studies.add_stimulus(study.id, "The sample clip", summary["duration_s"], SAMPLE)
    for name, start, end in SCENES:
        studies.set_segment(study.id, stimulus.id, name, start, end)
    for face in summary["faces"]:
        name = f"Face {face['face_id']} of the clip"
        viewings.attach(study.id, stimulus.id, session, viewer=name, face_id=face["face_id"])
