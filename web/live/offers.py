"""Offers that are being answered, or whose picture has not come yet: so many of one address, and by one link.

Each costs a connection, sockets and a place, long before anybody is seen. Who is behind one address with many
others comes in as soon as the cameras before theirs show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import HTTPException

from web.addresses import household

MOST = 4
"""Of one address."""
MOST_BY_LINK = 6
"""Of those who came by one link, from wherever: a link must not take every place."""
RETRY = 3
"""Seconds after which another try is worth while."""


@dataclass(eq=False)
class Place:
    """What one offer holds."""

    address: str
    link: str | None
    done: Callable[[], bool] | None = None

    def until(self, done: Callable[[], bool]) -> None:
        """Keep the place beyond the answer, until `done()`."""
        self.done = done


class Offers:
    """The offers of a server. Used in the event loop's thread."""

    def __init__(self) -> None:
        self._places: set[Place] = set()

    @contextmanager
    def place(self, address: str, link: str | None = None) -> Iterator[Place]:
        """A place for one offer, while it is answered.

        Raises HTTPException 429: that address, or the link by which they came, has as many as it may.
        """
        self._places = {held for held in self._places if held.done is None or not held.done()}
        place = Place(household(address), link)
        if sum(held.address == place.address for held in self._places) >= MOST:
            raise _full(f"{MOST} connections from your address are just being made")
        if link is not None and sum(held.link == link for held in self._places) >= MOST_BY_LINK:
            raise _full("Many people are just beginning")
        self._places.add(place)
        try:
            yield place
        except BaseException:
            place.done = None
            raise
        finally:
            if place.done is None:
                self._places.discard(place)


def _full(why: str) -> HTTPException:
    return HTTPException(429, f"{why}; please try again in a moment.", {"retry-after": str(RETRY)})
