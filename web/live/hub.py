"""The live sessions of a server: started in one place, ended in one place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from web.live.session import LiveSession

log = logging.getLogger(__name__)


class Hub:
    """Runs every live session as a task; on exit all are ended and waited for."""

    def __init__(self) -> None:
        self.sessions: dict[str, LiveSession] = {}
        self.opening = 0
        """Offers that are being answered; they count towards the limit."""
        self._group = asyncio.TaskGroup()

    def start(self, session: LiveSession, then: Callable[[], Awaitable[None]] | None = None) -> None:
        """Run a session; `then` is awaited when it is over and its record is closed."""
        self._group.create_task(self._run(session, then), name=f"live {session.id}")  # not while it stops
        self.sessions[session.id] = session

    async def _run(self, session: LiveSession, then: Callable[[], Awaitable[None]] | None) -> None:
        try:
            await session.run()
        except Exception:
            # The group would cancel all other sessions for one that has failed.
            log.exception("Live session %s ended with an error.", session.id)
        finally:
            del self.sessions[session.id]
        if then is not None:
            try:
                await then()
            except Exception:
                log.exception("What was to happen after live session %s failed.", session.id)

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in list(self.sessions.values()):
            session.end("The server stopped.")
            session.hurry()
        await self._group.__aexit__(kind, error, trace)
