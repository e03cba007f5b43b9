"""`valence serve` as people start it: on one's own computer, for a team, with TLS, behind a proxy."""

from __future__ import annotations

import datetime
import errno
import ipaddress
import os
import queue
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import ROOT
from tests.valence.command import Run
from valence.commands import serve
from valence.commands.serve import _listen
from valence.errors import ValenceError
from valence.settings import Settings

PASSWORD = "correct horse battery"


@contextmanager
def serving(folder: Path, *arguments: str, **environment: str) -> Iterator[str]:
    """`valence serve` in a process of its own, on a free port; the first line that it prints."""
    command = [
        sys.executable,
        "-m",
        "valence",
        "serve",
        "--port",
        "0",
        "--no-open",
        "--no-examples",
        *arguments,
    ]
    own = {name: value for name, value in os.environ.items() if not name.startswith("VALENCE_")}
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        env={
            **own,
            "VALENCE_SESSIONS": str(folder),
            "VALENCE_DEVICE": "cpu",
            "PYTHONUNBUFFERED": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()
    assert running.stdout is not None
    threading.Thread(target=lambda: lines.put(running.stdout.readline()), daemon=True).start()  # type: ignore[union-attr]
    try:
        yield lines.get(timeout=120)
    finally:
        running.terminate()
        running.wait(30)
        running.stdout.close()


def address_in(line: str) -> str:
    found = re.search(r"https?://\S+", line)
    assert found is not None, line
    return found[0].rstrip(":")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of our own for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "valence test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert, private


def test_on_ones_own_computer_the_printed_address_is_all(tmp_path: Path) -> None:
    with serving(tmp_path / "sessions") as line:
        address = address_in(line)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", address), line
        server = address.split("?")[0]
        assert httpx.get(server, headers={"accept": "text/html"}).status_code == 401
        assert set(httpx.get(f"{server}health").json()) == {"status", "version"}
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(address)
            assert page.status_code == 200 and "token=" not in str(page.url) and "data-action" in page.text
            assert browser.get(f"{server}api/sessions").json() == []
        assert httpx.get(address).status_code == 401, "it works once"


def test_a_token_of_ones_own_opens_again_and_again(tmp_path: Path) -> None:
    token = "a-token-for-scripts-and-containers"
    with serving(tmp_path / "sessions", VALENCE_TOKEN=token) as line:
        address = address_in(line)
        assert address.endswith(f"/?token={token}")
        for _ in range(2):
            with httpx.Client(follow_redirects=True) as browser:
                assert browser.get(address).status_code == 200
        server = address.split("?")[0]
        program = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{server}health", headers=program).json()["device"]["running"] == "cpu"
        made = httpx.post(f"{server}api/studies", headers=program, json={"name": "S"})
        assert made.status_code == 201


@pytest.mark.parametrize(
    "arguments", [("--host", "0.0.0.0"), ("--host", "::"), ("--trusted-proxy", "127.0.0.1")]
)
def test_without_operators_nobody_else_is_let_near(run: Run, arguments: tuple[str, ...]) -> None:
    done = run("serve", "--no-open", "--port", "0", *arguments)
    assert done.code == 2 and done.err.count("\n") == 1
    assert "valence operators add" in done.err


def test_a_team_by_name_and_password_over_https(
    run: Run, tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    folder = tmp_path / "sessions"
    add_operator(folder)
    cert, key = certificate
    trusted = ssl.create_default_context(cafile=str(cert))
    with serving(folder, "--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key)) as line:
        assert "token=" not in line
        server = address_in(line).replace("0.0.0.0", "127.0.0.1").rstrip("/")
        assert server.startswith("https://")
        with httpx.Client(base_url=server, verify=trusted) as browser:
            assert browser.get("/sessions").status_code == 401
            answer = browser.post("/sign-in", data={"name": "ann", "password": PASSWORD})
            assert answer.status_code == 303
            flags = answer.headers["set-cookie"].lower()
            assert "secure" in flags and "httponly" in flags and "samesite=strict" in flags
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            assert browser.get("/api/me").json()["name"] == "ann"
            study = browser.post("/api/studies", json={"name": "S"}).json()["study"]
            browser.post(f"/api/studies/{study}/stimuli", json={"name": "Ad", "duration_s": 5})
            links = browser.get(f"/api/studies/{study}/links").json()
            assert "on this computer only" in links["advice"], "for this browser came by 127.0.0.1"
            assert browser.post("/sign-out").status_code == 303
            assert browser.get("/api/me").status_code == 401


def test_a_proxy_is_believed_only_where_it_is_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    add_operator(folder)
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7", "host": "study.example.org"}
    public = ("--public-url", "https://study.example.org")
    for arguments, believed in (
        (("--trusted-proxy", "127.0.0.1/8"), True),
        (("--trusted-proxy", "192.0.2.1"), False),
    ):
        with serving(folder, *arguments, *public) as line:
            server = address_in(line).rstrip("/")
            answer = httpx.post(
                f"{server}/sign-in",
                data={"name": "ann", "password": PASSWORD},
                headers={**forwarded, "origin": "https://study.example.org"},
            )
            assert answer.status_code == 303
            assert ("secure" in answer.headers["set-cookie"].lower()) == believed
            assert "strict-transport-security" not in answer.headers, "that is the proxy's to say"
            cookie = {**forwarded, "cookie": "; ".join(f"{k}={v}" for k, v in answer.cookies.items())}
            (line_of_audit, *_) = httpx.get(f"{server}/api/audit", headers=cookie).json()
            assert line_of_audit["what"] == f"from {'192.0.2.7' if believed else '127.0.0.1'}"
            study = httpx.post(f"{server}/api/studies", json={"name": "S"}, headers=cookie).json()["study"]
            httpx.post(
                f"{server}/api/studies/{study}/stimuli", json={"name": "Ad", "duration_s": 5}, headers=cookie
            )
            made = httpx.post(f"{server}/api/studies/{study}/links", json={"stimulus": "ad"}, headers=cookie)
            assert made.json()["address"].startswith("https://study.example.org/t/")
            links = httpx.get(f"{server}/api/studies/{study}/links", headers=cookie).json()
            assert links["elsewhere"] and links["advice"] == ""


def test_what_is_no_certificate_is_one_clear_line(
    run: Run, tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    (tmp_path / "text.pem").write_text("no certificate")
    for arguments, says in (
        (("--tls-cert", cert), "needs both"),
        (("--tls-cert", cert, "--tls-key", tmp_path / "missing.pem"), "there is no file"),
        (("--tls-cert", tmp_path / "text.pem", "--tls-key", key), "no certificate with its key"),
        (("--trusted-proxy", "proxy"), "an address or a network"),
        (("--public-url", "study.example.org"), "public_url"),
    ):
        done = run("serve", "--no-open", *arguments)
        assert done.code == 2 and says in done.err and done.err.count("\n") == 1, done.err


def add_operator(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "valence", "operators", "add", "ann", "--sessions", str(folder)],
        input=f"{PASSWORD}\n",
        text=True,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


class Refusing(socket.socket):
    """A socket of which only the options are noted."""

    options: ClassVar[list[tuple[int, int, int]]] = []
    number = 0
    """Of the error that it is refused with."""

    def setsockopt(self, *given: Any) -> None:
        self.options.append(given)

    def bind(self, _address: Any) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "says"), [(errno.EADDRINUSE, "port 80 is in use"), (errno.EACCES, "port 80 may not be used")]
)
def test_a_port_that_cannot_be_had_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    monkeypatch.setattr(Refusing, "number", number)
    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(ValenceError, match=f"{says}.*--port"):
        _listen("127.0.0.1", 80)


def test_on_windows_nobody_else_may_listen_on_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)  # ~SO_REUSEADDR, as Windows has it
    monkeypatch.setattr(Refusing, "options", [])
    monkeypatch.setattr(Refusing, "number", errno.EADDRINUSE)
    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(ValenceError):
        _listen("127.0.0.1", 80)
    assert Refusing.options == [(socket.SOL_SOCKET, -5, 1)]


@pytest.mark.parametrize(
    ("arguments", "environment", "made"),
    [([], {}, True), (["--no-examples"], {}, False), ([], {"VALENCE_EXAMPLES": "0"}, False)],
)
def test_examples_are_made_unless_somebody_says_no(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    environment: dict[str, str],
    made: bool,
) -> None:
    asked: list[Settings] = []
    monkeypatch.setattr(serve, "run", lambda settings, browser: asked.append(settings))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run("serve", *arguments).code == 0
    assert [settings.examples for settings in asked] == [made]
