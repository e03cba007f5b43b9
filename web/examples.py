"""The examples of a new installation, made in the background while the server already serves."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from analysis import examples
from analysis.errors import AnalysisError
from analysis.file import Progress
from results import ResultsError, Store

log = logging.getLogger(__name__)


class _Stopped(Exception):  # noqa: N818 - not an error
    """The server stops."""


@asynccontextmanager
async def made_meanwhile(
    store: Store, analyze: Callable[[Path, Progress], dict[str, Any]]
) -> AsyncIterator[None]:
    """Make the examples where this is a first start; leaving stops that. analyze: as for an upload."""
    stopping = threading.Event()

    def report(_done: int, _expected: int | None, _seconds: float) -> None:
        if stopping.is_set():
            raise _Stopped

    def make() -> None:
        try:
            if examples.wanted(store):
                examples.make(store, lambda path: analyze(path, report))
        except _Stopped:
            pass
        except (AnalysisError, ResultsError) as error:  # whoever works here needs no examples
            log.warning("The examples could not be made: %s", error)

    making = asyncio.create_task(asyncio.to_thread(make), name="examples")
    try:
        yield
    finally:
        stopping.set()
        await making
