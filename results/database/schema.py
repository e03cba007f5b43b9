"""The tables, as SQLAlchemy's typed ORM; the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 2
"""Raised whenever a table changes; database.py brings an older database up to it."""


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
    }


Key = Annotated[int, mapped_column(primary_key=True)]
OfSession = Annotated[int, mapped_column(ForeignKey("sessions.key", ondelete="CASCADE"), index=True)]
"""Belongs to a session and is deleted with it; `KeyOfSession`, where that is part of its own key."""
KeyOfSession = Annotated[int, mapped_column(ForeignKey("sessions.key", ondelete="CASCADE"), primary_key=True)]
OfStudy = Annotated[int, mapped_column(ForeignKey("studies.key", ondelete="CASCADE"))]


class SchemaRow(Base):
    __tablename__ = "schema"
    version: Mapped[int] = mapped_column(primary_key=True)


class SessionRow(Base):
    __tablename__ = "sessions"
    key: Mapped[Key]
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    source: Mapped[str]
    origin: Mapped[str] = mapped_column(default="", server_default="")
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
    settings: Mapped[dict[str, Any]]


class StimulusRow(Base):
    __tablename__ = "stimuli"
    key: Mapped[Key]
    study_key: Mapped[OfStudy]
    id: Mapped[str]
    name: Mapped[str]
    path: Mapped[str | None]
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

    __table_args__ = (UniqueConstraint("study_key", "id"),)


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
