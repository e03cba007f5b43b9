"""A session in words and numbers: what `analyze` prints, what `summary.json` and the exports hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from results.sessions.records import Event, Session, Stretch
from results.sessions.statistics import FaceStatistics

_CONTRACT = (
    "face_id",
    "first_s",
    "last_s",
    "samples",
    "valence_mean",
    "valence_min",
    "valence_max",
    "box",
)


def outcome(session: Session, faces: Sequence[FaceStatistics]) -> dict[str, Any]:
    """What `valence analyze --json` prints of one input."""
    return {
        "input": session.source,
        "kind": session.kind.value,
        "session": session.id,
        "frames": session.frames,
        "frames_with_faces": session.frames_with_faces,
        "duration_s": round(session.duration_s, 6),
        "faces": [_told_of(_rounded_face(face)) for face in faces],
        "files": dict(session.files),
    }


def summary(
    session: Session,
    faces: Sequence[FaceStatistics],
    events: Sequence[Event] = (),
    stretches: Sequence[Stretch] = (),
) -> dict[str, Any]:
    """The outcome, how it came about (model, device, settings, events), and all statistics of each face."""
    return {
        **outcome(session, faces),
        "faces": [
            {
                **_rounded_face(face),
                "name": session.face_names.get(face.face_id),
                "still": face.face_id in session.still_faces,
            }
            for face in faces
        ],
        "name": session.name,
        "created": session.created.isoformat(timespec="seconds"),
        "state": session.state.value,
        "error": session.error,
        "model": {"name": session.model_name, "sha256": session.model_sha256},
        "device": session.device,
        "settings": dict(session.settings),
        "events": [{"time_s": round(e.time, 6), "kind": e.kind, "text": e.text} for e in events],
        "stretches": [
            {
                "kind": s.kind.value,
                "start_s": round(s.start, 6),
                "end_s": round(s.end, 6),
                "label": s.label,
                "face_id": s.face_id,
            }
            for s in stretches
        ],
        "version": program_version(),
    }


def portable(content: Mapping[str, Any]) -> dict[str, Any]:
    """A summary for a file that may go anywhere: it says nothing of this computer's folders.

    Files of the session are named from where its folder lies (`<session>/valence.csv`), others, and an input
    that was named by its whole path, by their names alone.
    """
    files = {what: _from_folder(Path(file), content["session"]) for what, file in content["files"].items()}
    return {**content, "input": portable_input(content["input"]), "files": files}


def portable_input(source: str) -> str:
    """A source as it was named, without folders where that was its whole path."""
    return Path(source).name if Path(source).is_absolute() else source


def program_version() -> str:
    try:
        return metadata.version("valence-detector")
    except metadata.PackageNotFoundError:
        return "unknown"


def _from_folder(file: Path, session_id: str) -> str:
    for parent in file.parents:
        if parent.name == session_id:
            return file.relative_to(parent.parent).as_posix()
    return file.name


def _told_of(face: Mapping[str, Any]) -> dict[str, Any]:
    """What `outcome` tells of a face; of what networks say beside valence, what is known."""
    beside = {name: face[name] for name in ("valence_error", "outputs") if face[name]}
    return {**{name: face[name] for name in _CONTRACT}, **beside}


def _rounded_face(face: FaceStatistics) -> dict[str, Any]:
    """Times to the microsecond, box edges to the hundredth, values to four places."""
    rounded: dict[str, Any] = {}
    for name, value in asdict(face).items():
        if name == "box":
            rounded[name] = [round(edge, 2) + 0.0 for edge in value]
        elif name == "outputs":
            rounded[name] = {column: round(mean, 4) + 0.0 for column, mean in value.items()}
        elif isinstance(value, float):
            rounded[name] = round(value, 6 if name.endswith("_s") else 4) + 0.0
        else:
            rounded[name] = value
    return rounded
