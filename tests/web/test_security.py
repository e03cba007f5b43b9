"""Who may talk to the server, and what its pages may do."""

from __future__ import annotations

import re

import pytest

from tests.web import asking
from tests.web.serving import Served
from web.live.ice import (
    IceServerError,
    for_browser,
    is_loopback,
    parse_ice_server,
    with_bitrate,
    without_mdns,
)
from web.security import Security


def test_pages_may_load_from_their_own_server_only(served: Served) -> None:
    for path in ("/", "/live/some-session", "/docs", "/health", "/pages/base.css", "/nothing"):
        policy = asking.get(served.url + path).headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy
    worker = asking.get(f"{served.url}/pages/edge/worker.js").headers["content-security-policy"]
    assert worker.replace("'wasm-unsafe-eval'", "").count("unsafe") == 0 and "http" not in worker


def test_pages_carry_no_inline_code_and_name_no_other_server(served: Served) -> None:
    for path in ("/", "/live/x", "/docs"):
        html = asking.get(served.url + path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", html)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""])
def test_other_names_are_refused(served: Served, host: str) -> None:
    response = asking.get(served.url + "/health", headers={"host": host})
    assert response.status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "localhost:9", "127.0.0.1", "[::1]:8000", "192.0.2.7:8000"])
def test_names_and_addresses_of_this_server_are_known(host: str) -> None:
    assert Security(lambda *_: None).knows(host)  # type: ignore[arg-type, return-value]


def test_names_can_be_added() -> None:
    security = Security(lambda *_: None, ["Valence.Example"])  # type: ignore[arg-type, return-value]
    assert security.knows("valence.example:443") and not security.knows("example")


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
def test_other_pages_may_not_post(served: Served, headers: dict[str, str]) -> None:
    response = asking.post(served.url + "/api/offer", json={}, headers=headers)
    assert response.status_code == 403
    assert "may not use this server" in response.json()["detail"]


def test_own_pages_and_programs_may_post(served: Served) -> None:
    own = {"origin": served.url, "sec-fetch-site": "same-origin"}
    assert asking.post(served.url + "/api/offer", json={}, headers=own).status_code == 422
    assert asking.post(served.url + "/api/offer", json={}).status_code == 422


def test_ice_servers_are_read_as_they_are_written() -> None:
    assert for_browser(("stun:example.org:3478", "turn:ann:p:ss@example.org:3478?transport=tcp")) == [
        {"urls": "stun:example.org:3478"},
        {"urls": "turn:example.org:3478?transport=tcp", "username": "ann", "credential": "p:ss"},
    ]
    with pytest.raises(IceServerError):
        parse_ice_server("http://example.org")


def test_loopback_is_told_from_the_network() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("::1") and is_loopback("localhost")
    assert not is_loopback("0.0.0.0") and not is_loopback("example.org")


def test_hidden_candidates_are_left_out() -> None:
    sdp = "a=candidate:1 1 udp 2 abc.local 5 typ host\r\na=candidate:2 1 udp 2 192.0.2.1 5 typ host\r\n"
    assert without_mdns(sdp) == "a=candidate:2 1 udp 2 192.0.2.1 5 typ host\r\n"


def test_the_answer_asks_for_bitrate_where_the_codec_has_parameters_and_where_not() -> None:
    plain = "a=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
    sdp = plain + "a=rtpmap:99 H264/90000\r\na=fmtp:99 x=1\r\n"
    result = with_bitrate(sdp).splitlines()
    assert result[1].startswith("a=fmtp:97 x-google-start-bitrate=")
    assert "a=fmtp:98 apt=97" in result
    assert any(line.startswith("a=fmtp:99 x=1;x-google") for line in result)
