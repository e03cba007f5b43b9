"""The front door of the Valence Detector: the command line and the public Python API (`valence.api`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from valence.api import Session, analyze, session, sessions
    from valence.errors import ValenceError

__all__ = ["Session", "ValenceError", "__version__", "analyze", "session", "sessions"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The API, loaded when it is first asked for (PEP 562): the command line does without it."""
    if name not in __all__:
        raise AttributeError(f"module 'valence' has no attribute {name!r}")
    from valence import api, errors

    return getattr(errors if name == "ValenceError" else api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
