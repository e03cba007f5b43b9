"""Who watches a stimulus just now, and what becomes of each when it is over."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from fastapi import HTTPException, Request

from results import NotFoundError, Store, Viewings
from web.live.hub import Hub
from web.participants.film import Film
from web.state import state_of

MOST = 2000
"""Watchers that are remembered; of those who are gone, the longest gone are forgotten first."""
PATIENCE = 20.0
"""Seconds that the end of a session may take."""

log = logging.getLogger(__name__)

Knots = Sequence[tuple[float, float]]
"""(seconds of the session, seconds of the stimulus); see `results.stimulus_time`."""


@dataclass
class Watcher:
    """One viewer in front of one stimulus, in one live session."""

    study: str
    stimulus: str
    viewer: str
    film: Film | None = None
    """Where the study keeps videos of viewers."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    """What the viewer's page shows to be it."""
    session: str = ""
    viewing: int = 0
    played: bool = False
    """The stimulus has begun: before that there is nothing worth keeping."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Watchers:
    """All watchers of a server. Methods are called in the event loop's thread.

    When a session is over in which the stimulus never began, every trace of it is removed. Who left in the
    middle stays, with as much as they saw: whether that is enough to count is for the study's least coverage
    to say.
    """

    def __init__(self, store: Store, hub: Hub) -> None:
        self._viewings = Viewings(store)
        self._store = store
        self._hub = hub
        self._watchers: dict[str, Watcher] = {}

    def add(self, watcher: Watcher) -> None:
        self._watchers[watcher.token] = watcher
        gone = [token for token, other in self._watchers.items() if other.over.is_set()]
        for token in gone[: max(0, len(self._watchers) - MOST)]:
            del self._watchers[token]

    def get(self, token: str) -> Watcher | None:
        return self._watchers.get(token)

    def watching(self, study: str) -> dict[str, int]:
        """How many watch each stimulus of a study just now; only stimuli that somebody watches."""
        found: dict[str, int] = {}
        for watcher in self._watchers.values():
            if watcher.study == study and not watcher.over.is_set():
                found[watcher.stimulus] = found.get(watcher.stimulus, 0) + 1
        return found

    async def put_clock(self, watcher: Watcher, knots: Knots) -> None:
        """Take all that a page knows of its player so far. Raises NotFoundError once the viewing is gone."""
        watcher.played = watcher.played or any(media > 0 for _, media in knots)
        # One knot at the session's beginning: until the stimulus plays, nothing is on its clock.
        await asyncio.to_thread(self._viewings.set_clock, watcher.viewing, clock=[(0.0, 0.0), *sorted(knots)])

    def end(self, watcher: Watcher, reason: str) -> None:
        """Let the session end, if it still runs."""
        session = self._hub.sessions.get(watcher.session)
        if session is not None:
            session.end(reason)

    async def withdraw(self, watcher: Watcher) -> None:
        """Remove every trace of the watcher's viewer, whatever they watched before, too."""
        await self.stop(watcher.study, watcher.viewer)
        with suppress(NotFoundError):  # they may be gone already
            await asyncio.to_thread(self._viewings.delete_viewer, watcher.study, watcher.viewer)

    async def stop(self, study: str, viewer: str | None = None, stimulus: str | None = None) -> None:
        """End the sessions of a study's watchers, or of one viewer or stimulus, and wait for their ends.

        Raises HTTPException 503: one does not end.
        """
        mine = [
            watcher
            for watcher in self._watchers.values()
            if watcher.study == study
            and viewer in (None, watcher.viewer)
            and stimulus in (None, watcher.stimulus)
            and not watcher.over.is_set()
        ]
        for watcher in mine:
            self.end(watcher, "The study's lead has ended it.")
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(watcher.over.wait() for watcher in mine))
        except TimeoutError as error:
            raise HTTPException(503, "Someone still watches and cannot be stopped; try again.") from error

    async def settle(self, watcher: Watcher) -> None:
        """The watcher's session is over: keep its video, or remove what is of no use."""
        try:
            film = await watcher.film.close() if watcher.film else None
            await asyncio.to_thread(self._settle, watcher)
            if film is not None and watcher.played:
                await asyncio.to_thread(self._store.set_files, watcher.session, {"recording": film})
        except NotFoundError:
            log.info("The session of %s was deleted before it was over.", watcher.viewer)
        finally:
            watcher.over.set()

    def _settle(self, watcher: Watcher) -> None:
        if watcher.played:
            return
        if watcher.session:
            with suppress(NotFoundError):  # without a single frame it was never kept
                self._store.delete(watcher.session)
        self.forget_unseen(watcher.study, watcher.viewer)

    def forget_unseen(self, study: str, viewer: str) -> None:
        """Remove a viewer who is seen in no session."""
        if not any(viewing.viewer == viewer for viewing in self._viewings.all(study)):
            self._viewings.delete_viewer(study, viewer)


def watchers_of(request: Request) -> Watchers:
    """The server's watchers."""
    found = state_of(request).settings.extra["watchers"]
    assert isinstance(found, Watchers)
    return found


def watcher_of(request: Request, token: str) -> Watcher:
    """Raises HTTPException 404: nobody watches by this token."""
    watcher = watchers_of(request).get(token)
    if watcher is None:
        raise HTTPException(404, "This viewing is over; nothing more of it can be stored.")
    return watcher
