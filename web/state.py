"""What all routes share, as one typed object: `state_of(request)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from inference import ValenceModel
from inference.batching import Batcher
from results import Store
from stream.faces.detection import Detector
from stream.faces.smoothing import TIME_CONSTANT
from web.live.hub import Hub
from web.uploads.analyses import Analyze


@dataclass(frozen=True)
class ServerSettings:
    """Plain values that the front door hands in."""

    host: str = "127.0.0.1"
    """Address that the server listens on; loopback addresses keep media on this computer too."""
    ice_servers: tuple[str, ...] = ()
    """``stun:host:port`` or ``turn:user:password@host:port``."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which the server may be called, beside loopback, IP addresses and this computer's name."""
    smoothing: float = TIME_CONSTANT
    """Time constant of the smoothing, in seconds."""
    version: str = "0"
    live_limit: int = 16
    """Live sessions at a time."""
    viewer_limit: int = 8
    """Viewers of one live session."""
    analyze: Analyze | None = None
    """Analyses an uploaded file into a stored session; None: this server takes no uploads."""
    upload_limit: int = 4 * 1024**3
    """Bytes of one uploaded file."""
    extra: dict[str, object] = field(default_factory=dict)
    """For routers beyond this room's own."""


@dataclass(frozen=True)
class State:
    """Lives as `app.state.valence` from start to end of the application."""

    settings: ServerSettings
    model: ValenceModel
    open_detector: Callable[[], Detector]
    """A new detector; each source has its own."""
    store: Store
    batcher: Batcher
    """Shared by everything that reads faces: take a seat with `batcher.join(name)`."""
    hub: Hub
    """The live sessions."""


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that serves `connection` (a Request or WebSocket)."""
    state = connection.app.state.valence
    assert isinstance(state, State)
    return state
