"""A stream at an address (RTSP, RTMP, HTTP, …), by PyAV; it is connected again when it breaks off."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import av
from av.error import (
    ExitError,
    FFmpegError,
    HTTPBadRequestError,
    HTTPForbiddenError,
    HTTPUnauthorizedError,
    InvalidDataError,
    ProtocolNotFoundError,
)

from stream.sources.display import Display
from stream.sources.live import LiveError, Shot, ThreadSource
from stream.sources.tracks import pictures_of

PATIENCE = 5.0
"""Seconds without data after which a connection counts as broken."""
_LOOK = 0.2
"""How much of `PATIENCE` a live stream is read for to learn what it is. With a picture a second that takes
several times as long as it seems, and `PATIENCE` is for all of it."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds before another try; the pause doubles with every failure."""
GIVE_UP = 60.0
"""Seconds without a picture after which the stream is given up."""
SCHEMES = frozenset(("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "tcp", "udp", "srt"))
_WAITED = 30.0
"""Seconds within which a picture must come that can be decoded: some cameras send one that needs no others
every twenty."""
_BURSTS = frozenset(("http", "https"))
"""What may come faster than it was taken: recordings, and the parts of a playlist."""
_PROTOCOLS = (
    "rtsp,rtp,srtp,rtmp,rtmps,rtmpe,rtmpt,rtmpts,ffrtmphttp,http,https,httpproxy,crypto,tls,tcp,udp,srt"
)
"""What a stream may open in turn, e.g. the parts of a playlist: nothing of this computer."""
_REFUSED = (ProtocolNotFoundError, HTTPBadRequestError, HTTPUnauthorizedError, HTTPForbiddenError)
"""What waiting does not change."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://.", re.IGNORECASE)
"""A scheme of two letters or more, two slashes and something behind them; one letter is a drive."""
_SECRETIVE = re.compile(
    r"[=&;]|%(?:3d|26|3b|40)|^(?=.*\d)(?=.*[a-z])[\w.~-]{20,}$",
    re.IGNORECASE,
)
"""Parts of a path that may hold a password (some cameras want it there) or are as long as a key."""


def looks_like_address(text: str) -> bool:
    """Whether it is written as an address of some kind. ``rtsp:/x``, ``http:x.mp4`` are not."""
    return _ADDRESS.match(text) is not None


def is_address(text: str) -> bool:
    """Whether it is written as an address of a kind that is read here. Never asked of the names of files."""
    return looks_like_address(text) and text.partition("://")[0].lower() in SCHEMES


def public_name(url: str) -> str:
    """The address as it may be shown and stored: without user, password, query, and parts that may hold some.

    >>> public_name("rtsp://ann:secret@camera:8554/live?token=x")
    'rtsp://camera:8554/live'

    Raises:
        LiveError: it is no address that can be opened; the text does not repeat it.
    """
    parts = _split(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    path = parts.path.split("/")
    # A slash in a password that is not escaped ends the host: what looks like one goes up to the at-sign.
    after = max((i for i, part in enumerate(path) if "@" in part), default=-1)
    stray = after >= 0 or "@" in parts.query + parts.fragment
    port = f":{parts.port}" if parts.port is not None and not stray else ""
    shown = ["…" if 0 < i <= after or _SECRETIVE.search(part) else part for i, part in enumerate(path)]
    return f"{parts.scheme}://{host}{port}{'/'.join(shown)}"


def _split(url: str) -> SplitResult:
    wanted = "an address of a stream is wanted, such as rtsp://camera/live"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise LiveError(
            f"{wanted}; in this one the host or the port cannot be read. In names and passwords write signs "
            "such as / ? # @ as %2F %3F %23 %40"
        ) from None
    if parts.scheme not in SCHEMES:
        said = f"; {parts.scheme} is none of {', '.join(sorted(SCHEMES))}" if looks_like_address(url) else ""
        raise LiveError(wanted + said)
    if not parts.hostname and not (parts.scheme == "udp" and parts.netloc):
        raise LiveError(f"{wanted}; this one names no host")
    return parts


@dataclass
class _Clock:
    """The stream's clock, over all connections: seconds from the first picture."""

    start: float | None = None
    """`time.monotonic()` of the first picture."""
    latest: float = 0.0
    first: float | None = None
    offset: float = 0.0
    """Where the present connection begins on the sender's clock, and on ours."""

    def moment(self, stamp: float | None, now: float) -> float:
        if self.start is None:
            self.start = now
        if stamp is None:
            moment = now - self.start
        else:
            if self.first is None or stamp - self.first + self.offset - (now - self.start) > PATIENCE:
                self.first, self.offset = stamp, now - self.start  # a new connection, or the clock leapt
            moment = stamp - self.first + self.offset
        self.latest = max(moment, self.latest)
        return self.latest


class _NoPictureError(Exception):
    """A connection over which no picture comes, although something does."""


class Address(ThreadSource):
    """The stream at `url`. Its clock runs on over a reconnection.

    A recording (HTTP, and the sender says how long it is) is played once, at its own speed.

    Raises:
        LiveError: the address is of no kind that can be opened.
    """

    def __init__(self, url: str, *, give_up: float = GIVE_UP) -> None:
        super().__init__(public_name(url))
        self._url = url
        self._scheme = urlsplit(url).scheme
        self._give_up = give_up
        self._index = 0
        self._clock = _Clock()
        self._recording = False

    def read(self, put: Callable[[Shot], None]) -> None:
        pause = FIRST_PAUSE
        trying_since = time.monotonic()
        while not self.stopping.is_set():
            before = self._index
            try:
                self._connect(put)
                reason = "the sender ended it"
            except ExitError:
                reason = f"nothing came for {PATIENCE:g} seconds"
            except FFmpegError as error:
                reason = error.strerror or type(error).__name__
                if self._index == 0 and isinstance(error, _REFUSED):
                    raise LiveError(f"{self.name} cannot be opened: {_refusal(error)}") from None
            except _NoPictureError:
                reason = f"no picture in {_WAITED:g} seconds"
            except (OSError, ValueError) as error:  # its own words may hold the address
                reason = type(error).__name__
            if self.stopping.is_set() or (self._recording and self._index > before):
                return
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

    def _connect(self, put: Callable[[Shot], None]) -> None:
        options = {"rtsp_transport": "tcp", "fflags": "nobuffer"} if self._scheme.startswith("rtsp") else {}
        within = {"protocol_whitelist": _PROTOCOLS}
        if self._scheme not in _BURSTS:
            within["analyzeduration"] = str(round(_LOOK * PATIENCE * 1e6))
        with av.open(self._url, options=options, container_options=within, timeout=PATIENCE) as container:
            stream = pictures_of(container, lambda streams: streams)
            if stream is None:
                raise LiveError(f"{self.name} has no picture")
            self._recording = self._scheme in _BURSTS and bool(container.duration)
            self._clock.first = None
            display = Display(stream)
            for picture in self._pictures(container, stream):
                now = time.monotonic()
                moment = self._clock.moment(picture.time, now)
                if self._scheme in _BURSTS and self.stopping.wait(self._early(moment, now)):
                    return
                shown = picture if display.shows_as_stored(picture) else display.image(picture)
                put(Shot(shown, self._index, moment, time.monotonic()))
                self._index += 1

    def _pictures(
        self, container: av.container.InputContainer, stream: av.VideoStream
    ) -> Iterator[av.VideoFrame]:
        """The pictures of `stream`, until it ends or is to stop.

        What cannot be decoded is passed over: what comes before the first whole picture, what is damaged on
        the way.

        Raises:
            FFmpegError: the connection broke off.
            _NoPictureError: it sends something, but no picture any more.
        """
        latest = time.monotonic()
        for packet in container.demux():
            if self.stopping.is_set():
                return
            if packet.stream.index == stream.index:
                try:
                    decoded = packet.decode()
                except InvalidDataError:
                    decoded = []
                for picture in decoded:
                    assert isinstance(picture, av.VideoFrame)
                    yield picture
                    latest = time.monotonic()
            if time.monotonic() - latest > _WAITED:
                raise _NoPictureError

    def _early(self, moment: float, now: float) -> float:
        """Seconds until a picture of that moment is due."""
        return max(0.0, (self._clock.start or now) + moment - now)


def _refusal(error: FFmpegError) -> str:
    if isinstance(error, ProtocolNotFoundError):
        return "addresses of this kind cannot be read by the FFmpeg that is installed here"
    if isinstance(error, HTTPBadRequestError):
        return "the sender does not understand what it is asked for"
    return "the sender wants a name and a password (rtsp://NAME:PASSWORD@…), or others than these"
