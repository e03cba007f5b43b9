"""The data channel `control` to one page: what is said there beside the frames."""

from __future__ import annotations

from collections import deque

from aiortc import RTCDataChannel

from web.live.messages import control_message

BACKLOG = 64 * 1024
"""Bytes waiting to be sent to one page, above which messages are skipped and counted."""
WAITING = 16
"""Messages that wait for the channel to be opened, the latest ones."""


class Control:
    """What is told before the page has opened the channel, is told when it does."""

    def __init__(self) -> None:
        self._channel: RTCDataChannel | None = None
        self._waiting: deque[str] = deque(maxlen=WAITING)

    def opened(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        while self._waiting:
            channel.send(self._waiting.popleft())

    def tell(self, kind: str, **values: object) -> None:
        message = control_message(kind, **values)
        if self._channel is None:
            self._waiting.append(message)
        elif self._channel.readyState == "open" and self._channel.bufferedAmount < BACKLOG:
            self._channel.send(message)
