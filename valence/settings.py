"""Settings: ``VALENCE_`` environment variables with the names of the flags, then the defaults."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from analysis.settings import AnalysisSettings
from analysis.workers import WorkerLimits, cores_but_one
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from valence.errors import ValenceError


def _several(value: object) -> object:
    """A list as a variable holds it: divided by spaces or commas, or as JSON."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.startswith("[") else value.replace(",", " ").split()


Several = Annotated[list[str], NoDecode, BeforeValidator(_several)]


class Settings(BaseSettings):
    """What the rooms below are given as plain values."""

    model_config = SettingsConfigDict(env_prefix="VALENCE_", extra="ignore")

    sessions: Path = Path("sessions")
    """Folder of the stored sessions."""
    database_url: str | None = None
    """Another database than ``valence.db`` in that folder, as SQLAlchemy writes it."""
    model: Path | None = None
    """Manifest of another model than the one that comes along."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    detector: Literal["auto", "libfacedetection", "hog", "yunet"] = "auto"
    detector_weights: Path | None = None
    """For the detector ``yunet``."""
    smoothing: float = Field(0.3, ge=0, allow_inf_nan=False)
    """Time constant of the smoothing of changes of 0.1, seconds (large ones are faster); 0 for none."""
    keep: float = Field(60.0, ge=0, allow_inf_nan=False)
    """Seconds for which somebody who is out of the picture may come back under the same face id."""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    token: str | None = Field(None, min_length=1, max_length=1000)
    """Signs browsers in as the address that `valence serve` prints does, and programs as a Bearer token."""
    public_url: str | None = Field(None, pattern=r"^https?://[^/\s?#]+/?$")
    """Where others reach the server, e.g. ``https://study.example.org``; links are made of it."""
    tls_cert: Path | None = None
    """Certificate (PEM, with those between it and a root) for HTTPS."""
    tls_key: Path | None = None
    """Its key (PEM)."""
    trusted_proxies: Several = []
    """Addresses or networks of proxies whose word on the sender's address and HTTPS is believed."""
    allowed_hosts: Several = []
    """Names by which browsers may call the server, beside localhost, addresses and this computer's name."""
    connections_per_address: int = Field(100, ge=1)
    """Connections that the web app takes from one address at a time."""
    ice_servers: Several = []
    """STUN and TURN servers for WebRTC, as ``turn:user:password@host:port`` or ``stun:host:port``."""

    examples: bool = True
    """Whether the web app's first start makes an example session and study."""

    workers: int = Field(default_factory=cores_but_one, ge=1, le=1024)
    """Processes that analyse files side by side."""
    worker_memory_mb: int = Field(WorkerLimits.worker_memory_mb, ge=500)
    worker_patience: float = Field(WorkerLimits.worker_patience, gt=0, allow_inf_nan=False)
    worker_hours: float = Field(WorkerLimits.worker_hours, gt=0, allow_inf_nan=False)
    picture_megapixels: float = Field(DEFAULT_LIMITS.picture_megapixels, gt=0, le=1073)
    """At most; OpenCV takes no more than 2^30 pixels."""
    video_megapixels: float = Field(DEFAULT_LIMITS.video_megapixels, gt=0, le=2000)
    video_hours: float = Field(DEFAULT_LIMITS.video_hours, gt=0, allow_inf_nan=False)
    video_frames: int = Field(DEFAULT_LIMITS.video_frames, ge=1)
    video_streams: int = Field(DEFAULT_LIMITS.video_streams, ge=1, le=1000)
    frame_memory_mb: int = Field(DEFAULT_LIMITS.frame_memory_mb, ge=1)
    piped_mb: int = Field(16_000, ge=1)
    """Of a file that is piped in."""

    @property
    def worker_limits(self) -> WorkerLimits:
        """What one piece of work in a worker may take."""
        return WorkerLimits(self.worker_memory_mb, self.worker_patience, self.worker_hours)

    @property
    def analysis(self) -> AnalysisSettings:
        """Those that say how faces are found and read."""
        return AnalysisSettings(
            model=self.model,
            device=self.device,
            detector=self.detector,
            detector_weights=self.detector_weights,
            smoothing=self.smoothing,
            keep=self.keep,
            limits=MediaLimits(**{part.name: getattr(self, part.name) for part in fields(MediaLimits)}),
        )


def load(**given: object) -> Settings:
    """Settings with the flags that were `given` (not None) over the environment.

    Raises:
        ValenceError: a value that cannot be.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        raise ValenceError(f"the setting {name} cannot be {first.get('input')!r}: {first['msg']}") from None
