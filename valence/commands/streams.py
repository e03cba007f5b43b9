"""`valence analyze` of a stream at an address: live, and connected again when it breaks off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from results import Store, write_folder
from stream.sources.address import Address
from stream.sources.live import LiveError
from valence.commands.live import follow
from valence.settings import Settings
from valence.storage import explained


@dataclass(frozen=True)
class StreamEnd:
    """What became of a stream."""

    name: str
    """What it may be called: without what may be secret in its address."""
    summary: dict[str, Any] | None
    """Of its session, which has what came until the end; None where no picture came."""
    error: str | None
    """Why it failed."""


def run(url: str, settings: Settings, *, out: Path | None, seconds: float | None) -> StreamEnd:
    """Reads the stream until it ends, `seconds` are over, or Ctrl-C.

    Raises:
        ValenceError: model, detector or store cannot be used.
    """
    try:
        source = Address(url)
    except LiveError as wrong:
        return StreamEnd(f"{url.partition('://')[0]}://…", None, str(wrong))
    end = follow(settings, source, source.name.partition("://")[2], seconds, as_json=False)
    error = None if end.failure is None else str(end.failure)
    if end.session is None:
        return StreamEnd(source.name, None, error or "no picture came, so nothing is stored")
    with explained(), Store(settings.sessions, settings.database_url) as store:
        folder = store.make_folder(end.session) if out is None else out / end.session
        return StreamEnd(source.name, write_folder(store, end.session, folder), error)
