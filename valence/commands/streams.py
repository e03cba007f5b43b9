"""`valence analyze` of a stream at an address: live, and connected again when it breaks off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from results import Store, write_folder
from stream.sources.address import SCHEMES, Address
from stream.sources.live import LiveError
from valence.commands.live import follow
from valence.errors import ValenceError
from valence.printing import say
from valence.settings import Settings
from valence.storage import explained

_ADDRESS = re.compile(rf"({'|'.join(sorted(SCHEMES))})://.", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether what was given on the command line is an address. Names of files are never looked at so."""
    return _ADDRESS.match(text) is not None


def run(given: Sequence[str], settings: Settings, seconds: float | None) -> dict[str, Any]:
    """Reads the one address that was given, and returns the stored session's summary.

    Raises:
        ValenceError: there is more than the address, or it gives no picture.
    """
    if len(given) > 1:
        raise ValenceError("a stream is analysed alone: give its address and nothing else")
    try:
        source = Address(given[0])
    except LiveError as error:
        raise ValenceError(str(error)) from error
    name = urlsplit(given[0]).hostname or "stream"
    session = follow(settings, source, name, seconds, as_json=False)
    for notice in source.notices:
        say(f"valence: {source.name}: {notice}", err=True)
    with explained(), Store(settings.sessions, settings.database_url) as store:
        return write_folder(store, session, store.make_folder(session))
