"""Who takes part in a study just now, and what becomes of each when it is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from fastapi import HTTPException

from results import DeletedError, Links, NotFoundError, Store, StoreError, Viewings, hashed, new_token
from web.live.hub import Hub
from web.live.session import Shown
from web.participants.film import Film
from web.participants.numbers import Numbers

MOST = 2000
"""Participants that are remembered; of those who are gone, the longest gone are forgotten first."""
AGAIN = 1.0
"""Seconds before another try when the database is away."""
PATIENCE = 20.0
"""Seconds that the end of a session may take."""
LOOK = 2.0
"""Seconds between looks whether the links by which people came are still open."""

log = logging.getLogger(__name__)

Knots = Sequence[tuple[float, float]]
"""(seconds of the session, seconds of the stimulus); see `results.stimulus_time`."""


@dataclass
class Participant:
    """One person in front of one stimulus, in one live session; in the study's numbers a viewer."""

    study: str
    stimulus: str
    viewer: str
    link: str
    """The token of the link by which they came."""
    person: str
    """What their page shows to be them, as long as anything of them is kept; its hash is with the viewer."""
    film: Film | None = None
    """Where the study keeps videos of viewers."""
    numbers: Numbers | None = None
    """Where their own browser analyses..."""
    address: str = ""
    """... and from where it sends."""
    token: str = field(default_factory=new_token)
    """What their page names this viewing by."""
    session: str = ""
    viewing: int = 0
    played: bool = False
    """The stimulus has begun: before that there is nothing worth keeping."""
    told_until: float = 0.0
    """The last second of the session for which its page has told where the player was."""
    untold: list[tuple[float, float]] | None = None
    """What could not be stored of what its page told, because the database was away."""
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Participants:
    """All participants of a server, between `async with` and its end. Methods are called in the event loop's
    thread.

    When a session is over in which the stimulus never began, every trace of it is removed. Who left in the
    middle stays, with as much as they saw: whether that is enough to count is for the study's least coverage
    to say.
    """

    def __init__(self, store: Store, hub: Hub, links: Links) -> None:
        self._viewings = Viewings(store)
        self._store = store
        self._hub = hub
        self._links = links
        self._participants: dict[str, Participant] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closing = False

    async def __aenter__(self) -> Self:
        self._looking = asyncio.create_task(self._look(), name="links")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        here = [one.numbers for one in self.numbered if one.numbers is not None]
        await asyncio.gather(*(numbers.stop() for numbers in here))
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    def add(self, participant: Participant) -> None:
        self._participants[participant.token] = participant
        gone = [token for token, other in self._participants.items() if other.over.is_set()]
        for token in gone[: max(0, len(self._participants) - MOST)]:
            del self._participants[token]

    def get(self, token: str, link: str) -> Participant | None:
        """The participant of that token, who came by that link."""
        found = self._participants.get(token)
        return found if found is not None and found.link == link else None

    @property
    def numbered(self) -> list[Participant]:
        """Those who take part just now and whose own browsers analyse."""
        return [one for one in self._participants.values() if one.numbers and not one.over.is_set()]

    def beginning(self, address: str) -> int:
        """How many of those at an address have sent nothing yet."""
        mine = [one.numbers for one in self.numbered if one.address == address]
        return sum(1 for numbers in mine if numbers is not None and not numbers.has_begun)

    def present(self, study: str) -> dict[str, int]:
        """How many take part just now, by stimulus; only stimuli in front of which somebody is."""
        found: dict[str, int] = {}
        for participant in list(self._participants.values()):  # also asked from threads
            if participant.study == study and not participant.over.is_set():
                found[participant.stimulus] = found.get(participant.stimulus, 0) + 1
        return found

    def shown(self, study: str) -> list[str]:
        """The live sessions of a study at which operators may look on: their participants were told."""
        return [
            participant.session
            for participant in list(self._participants.values())
            if participant.study == study
            and (session := self._hub.sessions.get(participant.session)) is not None
            and session.shown is Shown.TO_OPERATORS
        ]

    async def put_clock(self, participant: Participant, knots: Knots) -> None:
        """Take all that a page knows of its player so far. Raises NotFoundError once the viewing is gone."""
        if participant.over.is_set():
            raise NotFoundError("This viewing is over; nothing more of it can be stored.")
        participant.played = participant.played or any(media > 0 for _, media in knots)
        clock = sorted(knots)
        if not clock or clock[0][0] != 0:
            # One knot at the session's beginning: until the stimulus plays, nothing is on its clock.
            clock = [(0.0, 0.0), *clock]
        async with participant.telling:  # one after the other, or an older one would be written last
            if clock[-1][0] < participant.told_until:
                return  # it was sent before another, and came after it; that one has all that this one has
            try:
                await self._store_clock(participant, clock)
            except StoreError as error:
                # The next message has all that this one has; what the last one had is stored at the end.
                log.warning("The clock of %s cannot be stored just now: %s", participant.viewer, error)
                participant.untold = clock
            participant.told_until = clock[-1][0]

    async def _store_clock(self, participant: Participant, clock: list[tuple[float, float]]) -> None:
        await asyncio.to_thread(
            self._viewings.set_clock, participant.viewing, clock=clock, session=participant.session
        )
        participant.untold = None

    def end(self, participant: Participant, reason: str) -> None:
        """Let the session end, if it still runs."""
        session = self._hub.sessions.get(participant.session)
        if session is not None:
            session.end(reason)
        if participant.numbers is not None:
            participant.numbers.end(reason)

    async def withdraw(self, person: str) -> str:
        """Remove every trace of whom `person` names, whatever they watched before, too; returns the study.

        Raises NotFoundError: nothing of them is kept. HTTPException 503: their session does not end.
        """
        known = await asyncio.to_thread(self._viewings.of_token, hashed(person))
        mine = [p for p in self._participants.values() if p.person == person and not p.over.is_set()]
        await self._stop(mine, "Taken back.")
        try:
            await asyncio.to_thread(self._viewings.delete_of_token, hashed(person))
        except NotFoundError:
            if not mine:  # else who never saw the stimulus was removed with the end of their session
                raise
        return known[0] if known is not None else "that is gone"

    async def stop(self, study: str, viewer: str | None = None, stimulus: str | None = None) -> None:
        """End the sessions of a study's participants, or of one viewer or stimulus, and wait for their ends.

        Raises HTTPException 503: one does not end.
        """
        mine = [
            participant
            for participant in self._participants.values()
            if participant.study == study
            and viewer in (None, participant.viewer)
            and stimulus in (None, participant.stimulus)
        ]
        await self._stop(mine, "The study's lead has ended it.")

    async def _stop(self, participants: Sequence[Participant], reason: str) -> None:
        mine = [participant for participant in participants if not participant.over.is_set()]
        for participant in mine:
            self.end(participant, reason)
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(participant.over.wait() for participant in mine))
        except TimeoutError as error:
            raise HTTPException(503, "Someone still takes part and cannot be stopped; try again.") from error

    async def close_links(self) -> None:
        """End what was begun by who may not any more: participants' sessions, spectators' looks."""
        here = [p for p in self._participants.values() if not p.over.is_set()]
        closed = await asyncio.to_thread(self._closed, {participant.link for participant in here})
        for participant in here:
            if participant.link in closed:
                self.end(participant, "The link was closed.")
        for session in list(self._hub.sessions.values()):
            for spectator in list(session.spectators):
                if not await spectator.stays():
                    session.leave(spectator)

    async def settle(self, participant: Participant) -> None:
        """The participant's session is over: keep its video, or remove what is of no use."""
        try:
            film = await participant.film.close() if participant.film else None
            while not await self._settled(participant, film):
                await asyncio.sleep(AGAIN)
        except NotFoundError:
            log.info("The session of %s was deleted before it was over.", participant.viewer)
        finally:
            participant.over.set()

    async def _settled(self, participant: Participant, film: Path | None) -> bool:
        """False where the database is away, and it is to be tried again."""
        try:
            if participant.untold is not None:
                await self._store_clock(participant, participant.untold)
            await asyncio.to_thread(self._settle, participant)
            if film is not None and participant.played:
                await asyncio.to_thread(self._store.set_files, participant.session, {"recording": film})
        except DeletedError:
            return True
        except StoreError as error:
            log.warning("What %s has watched cannot be stored just now: %s", participant.viewer, error)
            return self._closing
        return True

    def forget_unseen(self, person: str) -> None:
        """Remove a viewer who is seen in no session."""
        known = self._viewings.of_token(hashed(person))
        if known is None:
            return
        study, viewer = known
        if not any(viewing.viewer == viewer.id for viewing in self._viewings.all(study)):
            self._viewings.delete_of_token(hashed(person))

    def _settle(self, participant: Participant) -> None:
        if participant.played:
            return
        if participant.session:
            with suppress(NotFoundError):  # without a single frame it was never kept
                self._store.delete(participant.session)
        self.forget_unseen(participant.person)

    async def _look(self) -> None:
        """Links may be closed elsewhere: on the command line, or by another server."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self.close_links()
            except Exception:  # whatever it is, the next look may tell
                log.exception("Whether links are still open cannot be told just now.")

    def _closed(self, tokens: set[str]) -> set[str]:
        found = {token: self._links.find(token) for token in tokens}
        return {token for token, link in found.items() if link is None or not link.open}
