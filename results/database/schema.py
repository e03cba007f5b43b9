"""The tables, as SQLAlchemy's typed ORM; the same on SQLite and PostgreSQL.

A change here needs a revision in `results/database/migrations/versions`, for databases that exist already; a
test compares what the revisions make of an old database with what is declared here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    String,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from results.database.texts import StoredPath, StoredText


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC: SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        datetime: UtcDateTime,
        str: StoredText,
    }


Key = Annotated[int, mapped_column(primary_key=True)]
OfSession = Annotated[int, mapped_column(ForeignKey("sessions.key", ondelete="CASCADE"), index=True)]
"""Belongs to a session and is deleted with it; `KeyOfSession`, where that is part of its own key."""
KeyOfSession = Annotated[int, mapped_column(ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True)]
OfStudy = Annotated[int, mapped_column(ForeignKey("studies.key", ondelete="CASCADE"))]


class VersionRow(Base):
    """Where Alembic keeps the revision of the database; its table, its name."""

    __tablename__ = "alembic_version"
    version_num: Mapped[str] = mapped_column(String(32), primary_key=True)


class SessionRow(Base):
    __tablename__ = "sessions"
    key: Mapped[Key]
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    source: Mapped[str]
    origin: Mapped[str] = mapped_column(StoredPath, default="", server_default="")
    person: Mapped[str | None] = mapped_column(index=True)
    """The hash of what the participant who is seen is known by: the session is theirs to have removed,
    whatever becomes of the study."""
    kind: Mapped[str]
    created: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(index=True)
    error: Mapped[str | None]
    frames: Mapped[int] = mapped_column(default=0)
    frames_with_faces: Mapped[int] = mapped_column(default=0)
    duration_s: Mapped[float] = mapped_column(default=0.0)
    device: Mapped[str]
    model_name: Mapped[str]
    model_sha256: Mapped[str]
    settings: Mapped[dict[str, Any]]
    files: Mapped[dict[str, Any]]
    digest: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    tags: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    owner_host: Mapped[str]
    owner_pid: Mapped[int]
    owner_started: Mapped[str]
    heartbeat: Mapped[datetime]


class EventRow(Base):
    __tablename__ = "events"
    key: Mapped[Key]
    session_key: Mapped[OfSession]
    time: Mapped[float]
    kind: Mapped[str]
    text: Mapped[str]


class FaceRow(Base):
    """The name a user gave to one face of a session."""

    __tablename__ = "faces"
    session_key: Mapped[KeyOfSession]
    face_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class FacePartRow(Base):
    """Whose face a track is from one frame on; the rows of a session are `results.sessions.faces.Part`."""

    __tablename__ = "face_parts"
    session_key: Mapped[KeyOfSession]
    track: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True)
    face_id: Mapped[int]


class FaceEditRow(Base):
    """Faces that a user merged or split, and what it takes to undo that."""

    __tablename__ = "face_edits"
    key: Mapped[Key]
    session_key: Mapped[OfSession]
    created: Mapped[datetime]
    kind: Mapped[str]
    faces: Mapped[list[Any]]
    at_s: Mapped[float | None]
    undo: Mapped[dict[str, Any]]


class StillTrackRow(Base):
    """A track that never moved by itself while the session ran: a poster, a screen, a picture on a wall."""

    __tablename__ = "still_tracks"
    session_key: Mapped[KeyOfSession]
    track: Mapped[int] = mapped_column(primary_key=True)


class FrameTimesRow(Base):
    """When some frames of a session were shown, packed by `results.sessions.frame_times`: those of one
    commit while it runs, all of them in one row once it has come to its end."""

    __tablename__ = "frame_times"
    session_key: Mapped[KeyOfSession]
    first: Mapped[int] = mapped_column(primary_key=True)
    packed: Mapped[bytes]


class StretchRow(Base):
    """A marker, or a stretch that the user excluded, on a session's own clock."""

    __tablename__ = "stretches"
    key: Mapped[Key]
    session_key: Mapped[OfSession]
    kind: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    label: Mapped[str]
    face_id: Mapped[int | None]


class StudyRow(Base):
    __tablename__ = "studies"
    key: Mapped[Key]
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created: Mapped[datetime]
    notes: Mapped[str]
    consent_text: Mapped[str]
    keep_media: Mapped[bool]
    allow_spectators: Mapped[bool] = mapped_column(default=False, server_default=false())
    analysed: Mapped[str] = mapped_column(String(10), default="server", server_default="server")
    settings: Mapped[dict[str, Any]]


class StimulusRow(Base):
    __tablename__ = "stimuli"
    key: Mapped[Key]
    study_key: Mapped[OfStudy]
    id: Mapped[str]
    name: Mapped[str]
    path: Mapped[str | None] = mapped_column(StoredPath)
    duration_s: Mapped[float]

    __table_args__ = (UniqueConstraint("study_key", "id"),)


class SegmentRow(Base):
    """A stretch of a stimulus that the user gave a name, e.g. "product shot"."""

    __tablename__ = "segments"
    key: Mapped[Key]
    stimulus_key: Mapped[int] = mapped_column(ForeignKey("stimuli.key", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]


class ViewerRow(Base):
    __tablename__ = "viewers"
    key: Mapped[Key]
    study_key: Mapped[OfStudy]
    id: Mapped[str]
    created: Mapped[datetime]
    consent_text: Mapped[str | None]
    consent_time: Mapped[datetime | None]
    token: Mapped[str | None]
    """The hash of what a participant's page shows to be theirs; None: they did not come by a link."""

    __table_args__ = (UniqueConstraint("study_key", "id"), Index("viewers_by_token", "token", unique=True))


class ViewingRow(Base):
    """One viewer's face in one session, put on the clock of one stimulus."""

    __tablename__ = "viewings"
    key: Mapped[Key]
    stimulus_key: Mapped[int] = mapped_column(ForeignKey("stimuli.key", ondelete="CASCADE"))
    viewer_key: Mapped[int] = mapped_column(ForeignKey("viewers.key", ondelete="CASCADE"), index=True)
    session_key: Mapped[OfSession]
    face_id: Mapped[int | None]
    offset_s: Mapped[float]
    clock: Mapped[list[Any]]

    __table_args__ = (
        Index("viewings_by_stimulus", "stimulus_key"),
        UniqueConstraint("stimulus_key", "session_key", "viewer_key"),
    )


class OperatorRow(Base):
    """Someone who runs the installation, with a password of their own."""

    __tablename__ = "operators"
    key: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    """Hashed with argon2, salt and parameters included."""
    created: Mapped[datetime]


class SignInRow(Base):
    """A browser that is signed in. What it holds is not kept here, only its hash."""

    __tablename__ = "sign_ins"
    key: Mapped[Key]
    hash: Mapped[str] = mapped_column(unique=True)
    operator_key: Mapped[int | None] = mapped_column(
        ForeignKey("operators.key", ondelete="CASCADE"), index=True
    )
    """None: signed in by the address that the server printed on its own computer."""
    created: Mapped[datetime]
    expires: Mapped[datetime]


class EntryRow(Base):
    """An address that signs a browser in, once."""

    __tablename__ = "entries"
    hash: Mapped[str] = mapped_column(primary_key=True)
    expires: Mapped[datetime]


class TokenRow(Base):
    """What a program shows. It is not kept here, only its hash."""

    __tablename__ = "tokens"
    key: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(unique=True)
    read_only: Mapped[bool]
    created: Mapped[datetime]
    expires: Mapped[datetime | None]


class LinkRow(Base):
    """An address for people without a name here: participants of a stimulus, or spectators of a session.

    The token is kept as it is, for whoever may hand the address out wants to see it again.
    """

    __tablename__ = "links"
    key: Mapped[Key]
    token: Mapped[str] = mapped_column(unique=True)
    stimulus_key: Mapped[int | None] = mapped_column(
        ForeignKey("stimuli.key", ondelete="CASCADE"), index=True
    )
    session_key: Mapped[int | None] = mapped_column(
        ForeignKey("sessions.key", ondelete="CASCADE"), index=True
    )
    note: Mapped[str]
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]


class AuditRow(Base):
    """What was deleted, exported or let in, when, and by whom."""

    __tablename__ = "audit"
    key: Mapped[Key]
    time: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str]
    action: Mapped[str]
    what: Mapped[str]


class SecretRow(Base):
    """What all servers on one database share and nobody else knows, e.g. the key that signs cookies."""

    __tablename__ = "secrets"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class JobRow(Base):
    """An upload: on its way in, waiting, analysed just now by the server that the row names, done or
    failed.
    """

    __tablename__ = "jobs"
    key: Mapped[Key]
    id: Mapped[str] = mapped_column(unique=True)
    input: Mapped[str]
    file: Mapped[str]
    created: Mapped[datetime]
    status: Mapped[str] = mapped_column(index=True)
    session_key: Mapped[int | None] = mapped_column(
        ForeignKey("sessions.key", ondelete="CASCADE"), index=True
    )
    error: Mapped[str | None]
    no_face: Mapped[bool] = mapped_column(default=False)
    deaths: Mapped[int] = mapped_column(default=0)
    frames: Mapped[int] = mapped_column(default=0)
    frames_expected: Mapped[int | None]
    fps: Mapped[float] = mapped_column(default=0.0)
    owner_host: Mapped[str | None]
    owner_pid: Mapped[int | None]
    owner_started: Mapped[str | None]
    heartbeat: Mapped[datetime | None]
