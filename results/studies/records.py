"""What a study consists of, and how it comes back out of the database."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from results.audience.panel import Options
from results.database.errors import NotFoundError
from results.database.schema import SegmentRow, StimulusRow, StudyRow, ViewerRow, ViewingRow
from results.database.texts import storable


class Where(enum.StrEnum):
    """Where viewers' cameras are analysed: their pictures go there, and no further."""

    SERVER = "server"
    BROWSER = "browser"
    """The viewer's own: numbers alone come here."""


@dataclass(frozen=True)
class Segment:
    """A stretch of a stimulus with a name, in its seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Stimulus:
    """What viewers watched."""

    id: str
    name: str
    duration_s: float
    path: Path | None
    """Its video, if there is one."""
    segments: tuple[Segment, ...] = ()
    viewings: int = 0


@dataclass(frozen=True)
class Study:
    """Sessions that share stimuli, and what was agreed with those who are seen in them."""

    id: str
    name: str
    created: datetime
    notes: str
    consent_text: str
    """What viewers are asked to agree to."""
    keep_media: bool
    """Whether pictures and videos of viewers may be kept; numbers always are."""
    allow_spectators: bool
    """Whether an operator may look on while a viewer takes part; the viewers' consent says so then."""
    where: Where
    """Where viewers' cameras are analysed."""
    options: Options
    stimuli: tuple[Stimulus, ...]
    viewers: int

    def stimulus(self, name: str | None = None) -> Stimulus:
        """A stimulus by its id or name; without one, the only one there is. Raises NotFoundError."""
        if name is None:
            if len(self.stimuli) == 1:
                return self.stimuli[0]
            known = ", ".join(stimulus.id for stimulus in self.stimuli)
            raise NotFoundError(
                f"Study {self.id} has {len(self.stimuli)} stimuli: say which ({known})."
                if self.stimuli
                else f"Study {self.id} has no stimulus yet."
            )
        for stimulus in self.stimuli:
            if storable(name) in (stimulus.id, stimulus.name):
                return stimulus
        raise NotFoundError(f"Study {self.id} has no stimulus {name!r}.")


@dataclass(frozen=True)
class Viewer:
    id: str
    created: datetime
    consent_text: str | None
    """What this viewer agreed to, word for word; None: agreed elsewhere, or not asked here."""
    consent_time: datetime | None


@dataclass(frozen=True)
class Viewing:
    """One viewer's face in one session, on the clock of one stimulus."""

    key: int
    stimulus: str
    viewer: str
    session: str
    face_id: int | None
    """None: the face with the most samples."""
    offset_s: float
    """The session's time at which the stimulus began."""
    clock: tuple[tuple[float, float], ...] = ()
    """Where a player reported its position: (seconds of the session, seconds of the stimulus)."""


def find_study(connection: Connection, study: str) -> Row[Any]:
    """The row of a study, by its id or else its name; the newest of several of that name."""
    query = select(StudyRow).where(or_(StudyRow.id == study, StudyRow.name == study))
    rows = sorted(
        connection.execute(query.order_by(StudyRow.key.desc())).fetchall(), key=lambda row: row.id != study
    )
    if not rows:
        raise NotFoundError(f"There is no study {study!r}.")
    return rows[0]


def find_stimulus(connection: Connection, study_key: int, stimulus: str) -> Row[Any]:
    query = select(StimulusRow).where(StimulusRow.study_key == study_key, StimulusRow.id == stimulus)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(f"There is no stimulus {stimulus!r} in this study.")
    return row


def find_viewer(connection: Connection, study_key: int, viewer: str) -> Row[Any]:
    query = select(ViewerRow).where(ViewerRow.study_key == study_key, ViewerRow.id == viewer)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError(f"There is no viewer {viewer!r} in this study.")
    return row


def study_of(connection: Connection, row: Row[Any]) -> Study:
    """A row as a Study, with its stimuli in the order in which they were added."""
    stimuli = connection.execute(
        select(StimulusRow).where(StimulusRow.study_key == row.key).order_by(StimulusRow.key)
    ).fetchall()
    viewers = select(func.count()).select_from(ViewerRow).where(ViewerRow.study_key == row.key)
    return Study(
        id=row.id,
        name=row.name,
        created=row.created.astimezone(),
        notes=row.notes,
        consent_text=row.consent_text,
        keep_media=row.keep_media,
        allow_spectators=row.allow_spectators,
        where=Where(row.analysed),
        options=options_of(row.settings),
        stimuli=tuple(_stimulus_of(connection, stimulus) for stimulus in stimuli),
        viewers=connection.execute(viewers).scalar_one(),
    )


def options_of(settings: Mapping[str, Any]) -> Options:
    """Options as they were stored; what a later version added has its default."""
    known = {field.name for field in fields(Options)}
    values = {name: value for name, value in settings.items() if name in known}
    if values.get("baseline") is not None:
        start, end = values["baseline"]
        values["baseline"] = (start, end)
    return Options(**values)


def study_json(study: Study, viewings: Iterable[Viewing] | None = None) -> dict[str, Any]:
    """A study as JSON can hold it; with its viewings, if they are given."""
    content: dict[str, Any] = {
        "study": study.id,
        "name": study.name,
        "created": study.created.isoformat(timespec="seconds"),
        "notes": study.notes,
        "consent_text": study.consent_text,
        "keep_media": study.keep_media,
        "allow_spectators": study.allow_spectators,
        "where": study.where.value,
        "viewers": study.viewers,
        "stimuli": [
            {
                "id": stimulus.id,
                "name": stimulus.name,
                "duration_s": round(stimulus.duration_s, 6),
                "path": str(stimulus.path) if stimulus.path else None,
                "viewings": stimulus.viewings,
                "segments": [{"name": s.name, "start_s": s.start, "end_s": s.end} for s in stimulus.segments],
            }
            for stimulus in study.stimuli
        ],
    }
    if viewings is not None:
        content["viewings"] = [
            {
                "viewer": viewing.viewer,
                "stimulus": viewing.stimulus,
                "session": viewing.session,
                "face_id": viewing.face_id,
                "offset_s": viewing.offset_s,
            }
            for viewing in viewings
        ]
    return content


def _stimulus_of(connection: Connection, row: Row[Any]) -> Stimulus:
    segments = connection.execute(
        select(SegmentRow)
        .where(SegmentRow.stimulus_key == row.key)
        .order_by(SegmentRow.start, SegmentRow.key)
    )
    viewings = select(func.count()).select_from(ViewingRow).where(ViewingRow.stimulus_key == row.key)
    return Stimulus(
        id=row.id,
        name=row.name,
        duration_s=row.duration_s,
        path=Path(row.path) if row.path else None,
        segments=tuple(Segment(segment.name, segment.start, segment.end) for segment in segments),
        viewings=connection.execute(viewings).scalar_one(),
    )
