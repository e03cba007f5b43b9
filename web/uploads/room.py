"""Room on the disk for what comes in: uploads under way count, with what they have announced and not sent."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from web.uploads.receiving import ReceiveError

SPARE = 200 * 1024**2
"""Bytes of the disk that uploads leave free: results need room too."""
STEP = 16 * 1024**2
"""Bytes of an upload between two looks at the disk."""


class Claim:
    """What one upload has announced, and what of it has come."""

    def __init__(self, room: Room, announced: int) -> None:
        self._room = room
        self._announced = announced
        self._come = self._looked = 0

    @property
    def outstanding(self) -> int:
        """Bytes that were announced and are still to come."""
        return max(0, self._announced - self._come)

    def take(self, size: int) -> None:
        """Note that so many bytes come. Raises ReceiveError 507: the disk is nearly full."""
        self._come += size
        if self._come - self._looked >= STEP:
            self._looked = self._come
            self._room.check(beyond=self._come > self._announced)


class Room:
    """The disk below `folder`, for all uploads of this server. Usable from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()

    @asynccontextmanager
    async def claim(self, announced: int) -> AsyncIterator[Claim]:
        """A claim to so many bytes (0: nobody knows how many), until the block ends.

        Raises ReceiveError 507: the disk has no room for it beside those under way.
        """
        claim = Claim(self, announced)
        with self._lock:
            self._claims.add(claim)
        try:
            await asyncio.to_thread(self.check, beyond=True)
            yield claim
        finally:
            with self._lock:
                self._claims.discard(claim)

    def check(self, *, beyond: bool) -> None:
        """Raises ReceiveError 507. beyond: what asks has no bytes reserved, and those of others must stay."""
        with self._lock:
            reserved = sum(other.outstanding for other in self._claims) if beyond else 0
            free = shutil.disk_usage(self._folder).free
        if free - reserved < SPARE:
            raise ReceiveError(
                507,
                "The server's disk has no room for this upload, and nothing of it was kept; make room there, "
                "or send less.",
            )
