"""A stream at an RTSP or HTTP address, by PyAV; it is connected again when it breaks off."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import av
from av.error import FFmpegError

from stream.sources.live import LiveError, Shot, ThreadSource

PATIENCE = 5.0
"""Seconds without data after which a connection counts as broken."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before another try; the pause doubles with every failure."""
GIVE_UP = 60.0
"""Seconds without a picture after which the stream is given up."""
_PROTOCOLS = "rtsp,rtsps,rtmp,rtmps,rtp,srtp,srt,http,https,httpproxy,tcp,udp,tls,crypto,data"
"""What a stream may name in turn, as a playlist does: nothing of this computer's files."""
SCHEMES = frozenset(("rtsp", "rtsps", "rtmp", "http", "https", "tcp", "udp", "srt"))


class Address(ThreadSource):
    """The stream at `url`. Its clock runs on over a reconnection.

    Raises:
        LiveError: the address is of no kind that can be opened.
    """

    def __init__(self, url: str, *, give_up: float = GIVE_UP) -> None:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES:
            raise LiveError(f"{url!r} is not an address of a stream, such as rtsp://camera/live")
        super().__init__(f"{parts.scheme}://{parts.hostname or ''}{parts.path}")  # without a password
        self._url = url
        self._give_up = give_up
        self._index = 0
        self._start: float | None = None
        self._latest: float | None = None
        """`time.monotonic()` of the first and of the latest frame."""

    def read(self, put: Callable[[Shot], None]) -> None:
        pause = FIRST_PAUSE
        trying_since = time.monotonic()
        while not self.stopping.is_set():
            before = self._index
            try:
                if self._connect(put):
                    return
                reason = "the sender ended it"
            except FFmpegError as error:
                reason = error.strerror or str(error)
            if self._index > before:
                pause, trying_since = FIRST_PAUSE, time.monotonic()
                self.notice(f"The stream broke off ({reason}); connecting again.")
            elif time.monotonic() - trying_since > self._give_up:
                raise LiveError(f"{self.name} gives no picture: {reason}")
            elif self._index == 0 and pause == FIRST_PAUSE:
                self.notice(f"No connection yet ({reason}); trying again.")
            if self.stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connect(self, put: Callable[[Shot], None]) -> bool:
        """Plays until the connection ends; True where that was the end of a recording, which has a length."""
        options = {"rtsp_transport": "tcp", "fflags": "nobuffer"} if self._url.startswith("rtsp") else {}
        within = {"protocol_whitelist": _PROTOCOLS}
        with av.open(self._url, options=options, container_options=within, timeout=PATIENCE) as container:
            if not container.streams.video:
                raise LiveError(f"{self.name} has no picture")
            stream = container.streams.video[0]
            ends = bool(container.duration) and self._url.lower().startswith("http")
            first: float | None = None
            offset = 0.0
            for picture in container.decode(stream):
                now = time.monotonic()
                if self._start is None:
                    self._start = now
                if picture.time is None:
                    moment = now - self._start
                else:
                    if first is None:
                        # Where this connection begins on the source's clock.
                        first, offset = picture.time, now - self._start
                    moment = picture.time - first + offset
                if self._latest is not None:
                    moment = max(moment, self._latest)
                # A recording comes as fast as the line carries it, and is played at its own pace.
                ahead = self._start + moment - now if ends else 0.0
                if self.stopping.wait(max(0.0, ahead)) if ahead > 0 else self.stopping.is_set():
                    return True
                self._latest = moment
                put(Shot(picture, self._index, moment, time.monotonic()))
                self._index += 1
        return ends
