"""What all routes share, as one typed object: `state_of(request)`."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from analysis.engine import Engine
from analysis.workers import WorkerLimits, Workers
from inference import ValenceModel
from inference.batching import Batcher
from results import Store
from web.access.desk import Desk
from web.live.hub import Hub
from web.live.offers import Offers
from web.participants.participants import Participants
from web.uploads.analyses import Analyses
from web.uploads.room import Room


@dataclass(frozen=True)
class ServerSettings:
    """Plain values that the front door hands in."""

    host: str = "127.0.0.1"
    """Address that the server listens on; loopback addresses keep media on this computer too."""
    token: str | None = None
    """Opens everything: in an address it signs a browser in, as a Bearer token it is a program's."""
    public_url: str | None = None
    """Where others reach the server, e.g. ``https://study.example.org``; links are made of it."""
    proxied: bool = False
    """Others reach it through a proxy that is trusted."""
    tls: bool = False
    """HTTPS is ours, and not a proxy's."""
    ice_servers: tuple[str, ...] = ()
    """``stun:host:port`` or ``turn:user:password@host:port``."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which the server may be called, beside loopback, IP addresses and this computer's name."""
    version: str = "0"
    live_limit: int = 16
    """Live sessions at a time."""
    spectator_limit: int = 8
    """Spectators of one live session."""
    upload_limit: int = 4 * 1024**3
    """Bytes of one uploaded file."""
    workers: int = 1
    """Uploads that are analysed side by side, each in a process of its own."""
    worker_limits: WorkerLimits = field(default_factory=WorkerLimits)
    examples: bool = False
    """Make an example session and study at the first start."""


@dataclass(frozen=True)
class State:
    """Lives as `app.state.valence` from start to end of the application."""

    settings: ServerSettings
    engine: Engine
    batcher: Batcher
    """Shared by everything that reads faces: take a seat with `batcher.join(name)`."""
    desk: Desk
    """Knows who is who."""
    hub: Hub
    """The live sessions."""
    offers: Offers
    """Those that are about to become live, or to look on."""
    participants: Participants
    analyses: Analyses
    """The queue of uploads."""
    room: Room
    """On the disk, for what comes in."""
    probes: Workers
    """Opens files of strangers for whoever waits for an answer; the queue has workers of its own."""

    @property
    def store(self) -> Store:
        return self.engine.store

    @property
    def model(self) -> ValenceModel:
        return self.engine.model


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that serves `connection` (a Request or WebSocket)."""
    state = connection.app.state.valence
    assert isinstance(state, State)
    return state
