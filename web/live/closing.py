"""The end of a WebRTC connection, whatever it stumbles over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Protocol

from aiortc import RTCDtlsTransport, RTCPeerConnection

TEARDOWN = 3.0
"""Seconds that closing one connection may take."""

log = logging.getLogger(__name__)


class Closes(Protocol):
    async def close(self) -> None: ...


async def close_quietly(connection: Closes) -> None:
    """Close it; where that fails or takes too long, the others are closed and the record is finished.

    aiortc takes offers that it cannot answer (a bundle without its first part, say), and cannot close their
    connections either: what it leaves open is closed piece by piece.
    """
    try:
        async with asyncio.timeout(TEARDOWN):
            await connection.close()
        return
    except TimeoutError:
        log.warning("A connection did not close in time.")
    except Exception as error:
        log.warning("A connection could not be closed: %r", error)
    if isinstance(connection, RTCPeerConnection):
        for transport in _transports(connection):
            await close_quietly(_Stops(transport))


class _Stops:
    def __init__(self, transport: RTCDtlsTransport) -> None:
        self._transport = transport

    async def close(self) -> None:
        await self._transport.stop()
        await self._transport.transport.stop()


def _transports(connection: RTCPeerConnection) -> Iterator[RTCDtlsTransport]:
    parts = [transceiver.receiver for transceiver in connection.getTransceivers()]
    for part in [*parts, connection.sctp]:
        if part is not None and part.transport is not None:
            yield part.transport
