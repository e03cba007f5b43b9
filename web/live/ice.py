"""How media find their way: ICE servers, this computer's addresses, and the bitrate to ask for."""

from __future__ import annotations

import ipaddress
import re
import sys

import aioice.ice
from aiortc import RTCConfiguration, RTCIceServer

BITRATE = "x-google-start-bitrate=2500;x-google-min-bitrate=1500;x-google-max-bitrate=4000"
"""Kilobits a second. Without them Chromium begins at 300 and shrinks 640x480 within seconds."""

_ICE_SERVER = re.compile(
    r"(?P<scheme>stuns?|turns?):(?:(?P<user>[^:@]+):(?P<password>[^@]*)@)?(?P<host>[^@]+)"
)
_gathered = aioice.ice.get_host_addresses


class IceServerError(ValueError):
    """An ICE server that is not written as one."""


def parse_ice_server(text: str) -> RTCIceServer:
    """An ICE server from ``stun:host:port`` or ``turn:user:password@host:port``.

    >>> parse_ice_server("turn:ann:secret@example.org:3478").urls
    'turn:example.org:3478'
    """
    match = _ICE_SERVER.fullmatch(text.strip())
    if match is None:
        raise IceServerError(
            f"{text!r} is not an ICE server; write stun:host:port or turn:user:password@host:port"
        )
    return RTCIceServer(
        urls=f"{match['scheme']}:{match['host']}", username=match["user"], credential=match["password"]
    )


def configuration(servers: tuple[str, ...]) -> RTCConfiguration:
    """For a peer connection. Never without servers: aiortc would take a public one by default."""
    return RTCConfiguration(iceServers=[parse_ice_server(server) for server in servers])


def for_browser(servers: tuple[str, ...]) -> list[dict[str, str]]:
    """The same servers as `RTCPeerConnection` of a browser takes them."""
    result = []
    for server in map(parse_ice_server, servers):
        entry = {"urls": str(server.urls)}
        if server.username is not None:
            entry |= {"username": server.username, "credential": server.credential or ""}
        result.append(entry)
    return result


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of this computer only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen_on(host: str, proxied: bool = False) -> None:
    """Let media use the addresses that suit a server that listens on `host`; for the whole process.

    proxied: others reach it through a proxy, past which media go.

    aioice leaves 127.0.0.1 out, so a computer without a network could not even talk to itself. And a
    server on loopback should not open ports to the network for its media: on Linux a browser reaches
    127.0.0.1 from any of its sockets; elsewhere it may not, and the other addresses stay.
    """
    loopback = is_loopback(host) and not proxied

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        if loopback and sys.platform == "linux":
            return ["127.0.0.1"]
        found: list[str] = _gathered(use_ipv4=use_ipv4, use_ipv6=use_ipv6)
        return [*found, "127.0.0.1"] if loopback or not found else found

    aioice.ice.get_host_addresses = addresses


def without_mdns(sdp: str) -> str:
    """The offer without candidates whose address is hidden behind a `.local` name.

    Resolving them would mean asking the local network; the browser's own checks reveal the address anyway.
    """
    return "".join(line for line in sdp.splitlines(keepends=True) if not _is_mdns_candidate(line))


def _is_mdns_candidate(line: str) -> bool:
    parts = line.split()
    return line.startswith("a=candidate:") and len(parts) > 4 and parts[4].endswith(".local")


def with_bitrate(sdp: str) -> str:
    """The answer, asking Chromium to send video at a bitrate at which 640x480 stays 640x480."""
    lines: list[str] = []
    codecs = re.findall(r"^a=rtpmap:(\d+) (?:VP8|VP9|H264)/90000\r?$", sdp, re.MULTILINE)
    for line in sdp.splitlines():
        number = line.removeprefix("a=fmtp:").split(" ")[0] if line.startswith("a=fmtp:") else ""
        lines.append(f"{line};{BITRATE}" if number in codecs else line)
        codec = line.removeprefix("a=rtpmap:").split(" ")[0] if line.startswith("a=rtpmap:") else ""
        if codec in codecs and f"a=fmtp:{codec} " not in sdp:
            lines.append(f"a=fmtp:{codec} {BITRATE}")
    return "\r\n".join(lines) + "\r\n"
