"""Senders of live streams on this computer, as cameras and encoders are: by UDP, TCP and RTSP."""

from __future__ import annotations

import base64
import io
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction

import av

from tests.valence import media_files as make

Send = Callable[[bytes], object]
_PACKETS = 7 * 188
"""Bytes sent at a time: seven packets of a transport stream."""


class _Output(io.RawIOBase):
    """What FFmpeg writes to."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        chunk = bytes(content)  # type: ignore[call-overload]
        self._send(chunk)
        return len(chunk)


def send(to: Send, stopping: threading.Event, rate: float, whole: int, skipped: int = 0) -> None:
    """A face as an MPEG transport stream, at its own speed, until `stopping` is set or nobody listens.

    Every `whole`-th picture can be decoded alone; the first `skipped` ones are not sent.
    """
    number, left = 0, False

    def put(chunk: bytes) -> None:
        nonlocal left
        try:
            if number >= skipped and not left:
                to(chunk)
        except OSError:
            left = True  # an error would not get out of FFmpeg

    options = {"flush_packets": "1", "pat_period": "0.2"}
    with av.open(_Output(put), "w", format="mpegts", buffer_size=_PACKETS, options=options) as out:
        coding = {"tune": "zerolatency", "preset": "ultrafast", "g": str(whole), "sc_threshold": "0"}
        stream = out.add_stream("libx264", rate=round(rate), options=coding)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        began = time.monotonic()
        while not (left or stopping.is_set()):
            picture = av.VideoFrame.from_ndarray(make.portrait(shift=number % 20), format="bgr24")
            picture.pts, picture.time_base = number, Fraction(1, round(rate))
            out.mux(stream.encode(picture))
            number += 1
            stopping.wait(max(0.0, began + (number - skipped) / rate - time.monotonic()))


@contextmanager
def by_udp(rate: float = 10.0, whole: int = 5, skipped: int = 0) -> Iterator[str]:
    """Sends to a port of this computer, whether somebody listens or not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stopping = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:

        def to(chunk: bytes) -> None:
            with suppress(ConnectionRefusedError):
                out.sendto(chunk, ("127.0.0.1", port))

        thread = threading.Thread(target=send, args=(to, stopping, rate, whole, skipped))
        thread.start()
        yield f"udp://127.0.0.1:{port}"
        stopping.set()
        thread.join()


@contextmanager
def by_tcp(rate: float = 10.0, whole: int = 5) -> Iterator[str]:
    """Sends to everybody who connects."""

    class Connected(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            send(self.request.sendall, stopping, rate, whole)

    stopping = threading.Event()
    with _serving(Connected, stopping) as port:
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def by_rtsp(rate: float = 10.0, whole: int = 5, password: str | None = None) -> Iterator[str]:
    """A camera: RTSP (RFC 2326) with the stream in RTP packets over the same connection (RFC 2250).

    With a `password`, only who gives it with the name ann (RFC 7617) is served.
    """
    about = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\n"

    class Asked(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (line := self.rfile.readline().decode()) and not stopping.is_set():
                headers = dict(
                    text.strip().split(": ", 1)
                    for text in iter(lambda: self.rfile.readline().decode(), "\r\n")
                )
                method = line.split()[0]
                if password is not None and headers.get("Authorization") != f"Basic {_basic(password)}":
                    self._answer(headers, "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"')
                elif method == "OPTIONS":
                    self._answer(headers, "200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
                elif method == "DESCRIBE":
                    self._answer(headers, "200 OK", "Content-Type: application/sdp", body=about)
                elif method == "SETUP":
                    self._answer(headers, "200 OK", f"Transport: {headers['Transport']}", "Session: 1")
                elif method == "PLAY":
                    self._answer(headers, "200 OK", "Session: 1")
                    self._number = 0
                    send(self._packet, stopping, rate, whole)
                    break

        def _answer(self, asked: dict[str, str], status: str, *headers: str, body: str = "") -> None:
            lines = [f"RTSP/1.0 {status}", f"CSeq: {asked['CSeq']}", *headers, f"Content-Length: {len(body)}"]
            self.wfile.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

        def _packet(self, chunk: bytes) -> None:
            stamp = int(time.monotonic() * 90_000) & 0xFFFFFFFF
            self._number = (self._number + 1) & 0xFFFF
            head = struct.pack(">BBHII", 0x80, 33, self._number, stamp, 1)
            self.wfile.write(struct.pack(">cBH", b"$", 0, len(head) + len(chunk)) + head + chunk)

    stopping = threading.Event()
    with _serving(Asked, stopping) as port:
        yield f"rtsp://127.0.0.1:{port}/live"


def _basic(password: str) -> str:
    return base64.b64encode(f"ann:{password}".encode()).decode()


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler], stopping: threading.Event) -> Iterator[int]:
    """A server on a free port, which is told."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
