"""`valence serve`: the web application on this computer, or for a team."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlsplit

import typer
import uvicorn

from analysis.engine import Engine, open_model
from results import Operators, SignIns, Store
from valence import __version__
from valence.errors import ValenceError
from valence.settings import Settings, load
from valence.storage import explained

if TYPE_CHECKING:
    from fastapi import FastAPI

WEAK = 16
"""Characters; a token of one's own that is shorter can be guessed."""


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1, this computer only")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.", show_default="8000")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default="auto")] = None,
    detector: Annotated[
        str | None, typer.Option(help="auto, libfacedetection, hog or yunet.", show_default="auto")
    ] = None,
    allowed_hosts: Annotated[
        list[str] | None,
        typer.Option(
            help="A name by which browsers may call this server, e.g. behind a proxy; may be repeated.",
            show_default="localhost, addresses and this computer's name",
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(help="Where others reach this server; the links that it gives are made of it."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM) for HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="Address or network of a proxy whose forwarded headers are believed; may be repeated.",
            show_default="none",
        ),
    ] = None,
    examples: Annotated[
        bool | None,
        typer.Option(
            "--examples/--no-examples",
            help="At the first start, make an example session and study of the sample clip.",
            show_default="examples",
        ),
    ] = None,
    browser: Annotated[
        bool | None,
        typer.Option("--open/--no-open", help="Open the page in a browser.", show_default="on a terminal"),
    ] = None,
) -> None:
    """Serve the web app: live view, uploads, sessions and studies.

    On your own computer, open the address that is printed: it signs your browser in, once. For others, add
    operators first (`valence operators add`), then listen with --host, with HTTPS (--tls-cert and --tls-key,
    or a proxy and --trusted-proxy).
    """
    settings = load(
        host=host,
        port=port,
        device=device,
        detector=detector,
        allowed_hosts=allowed_hosts or None,
        public_url=public_url,
        tls_cert=tls_cert,
        tls_key=tls_key,
        trusted_proxies=trusted_proxy or None,
        examples=examples,
    )
    run(settings, browser=sys.stdout.isatty() if browser is None else browser)


def run(settings: Settings, browser: bool = False) -> None:
    """Serves until it is told to stop.

    Raises:
        ValenceError: the model, the detector, the store, the certificate or the port cannot be used, or the
            server would be open to others without operators.
    """
    from web.live.ice import IceServerError, is_loopback  # aiortc and FastAPI take a second to import

    check_tls(settings)
    trusted(settings)
    if settings.token is not None and len(settings.token) < WEAK:
        typer.echo(
            f"valence: VALENCE_TOKEN is short; with less than {WEAK} characters it can be guessed", err=True
        )
    with explained(), Store(settings.sessions, settings.database_url) as store:
        own_computer = is_loopback(settings.host) and not settings.trusted_proxies
        if not own_computer and not Operators(store.database).any():
            where = "behind a proxy" if is_loopback(settings.host) else f"on {settings.host}"
            raise ValenceError(
                f"{where} others can reach the server, and nobody has a password yet: add an operator first, "
                "with `valence operators add NAME`"
            )
        engine = Engine(settings.analysis, open_model(settings.analysis), store)
        engine.model.warm_up()
        engine.open_detector()
        with _listen(settings.host, settings.port) as listening:
            try:
                app = _app(engine, settings)
            except IceServerError as error:
                raise ValenceError(str(error)) from error
            port = listening.getsockname()[1]
            entry = settings.token or (SignIns(store.database).new_entry() if own_computer else None)
            address = f"{_base(settings, port)}/" + (f"?token={quote(entry, safe='')}" if entry else "")
            if own_computer or settings.token:
                typer.echo(f"Valence Detector is at {address} (Ctrl-C stops it)")
            else:
                typer.echo(
                    f"Valence Detector is at {address}: sign in with name and password (Ctrl-C stops it)"
                )
            if browser and settings.token:  # other users see what a browser is started with
                address = f"{_base(settings, port)}/?token={SignIns(store.database).new_entry()}"
            _serve(app, listening, settings, address if browser else None)


def check_tls(settings: Settings) -> None:
    """Raises ValenceError: certificate and key are not both there, or do not fit."""
    if settings.tls_cert is None and settings.tls_key is None:
        return
    if settings.tls_cert is None or settings.tls_key is None:
        raise ValenceError("HTTPS needs both: the certificate (--tls-cert) and its key (--tls-key)")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except FileNotFoundError as error:
        missing = next(
            (f for f in (settings.tls_cert, settings.tls_key) if not f.is_file()), settings.tls_cert
        )
        raise ValenceError(f"there is no file {missing}") from error
    except (OSError, ssl.SSLError) as error:
        raise ValenceError(
            f"{settings.tls_cert} and {settings.tls_key} are no certificate with its key: {error}"
        ) from error


def trusted(settings: Settings) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks of proxies that are believed. Raises ValenceError for what is no address or network."""
    networks = []
    for proxy in settings.trusted_proxies:
        try:
            networks.append(ipaddress.ip_network(proxy, strict=False))
        except ValueError as error:
            raise ValenceError(
                f"a trusted proxy is an address or a network, like 127.0.0.1 or 10.0.0.0/8; not {proxy!r}"
            ) from error
    return networks


def _app(engine: Engine, settings: Settings) -> FastAPI:
    from web.app import create_app
    from web.state import ServerSettings

    return create_app(
        engine,
        ServerSettings(
            host=settings.host,
            token=settings.token,
            public_url=settings.public_url,
            proxied=bool(settings.trusted_proxies),
            tls=settings.tls_cert is not None,
            ice_servers=tuple(settings.ice_servers),
            allowed_hosts=(*settings.allowed_hosts, *_named_in(settings.public_url)),
            version=__version__,
            workers=settings.workers,
            worker_limits=settings.worker_limits,
            examples=settings.examples,
        ),
    )


def _serve(app: FastAPI, listening: socket.socket, settings: Settings, address: str | None) -> None:
    """Until a signal comes. address: shown in a browser once the server answers."""
    from web.connections import Bounds
    from web.server import LastingServer, server_config

    server = LastingServer(
        server_config(
            app,
            proxies=trusted(settings),
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
            bounds=Bounds(per_address=settings.connections_per_address),
        )
    )
    if address is not None:
        threading.Thread(target=_show, args=(server, address), name="browser", daemon=True).start()
    server.run(sockets=[listening])


def _show(server: uvicorn.Server, address: str) -> None:
    while not server.started:
        time.sleep(0.05)
    webbrowser.open(address)


def _base(settings: Settings, port: int) -> str:
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'http' if settings.tls_cert is None else 'https'}://{name}:{port}"


def _named_in(url: str | None) -> list[str]:
    name = urlsplit(url).hostname if url else None
    return [name] if name else []


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            if sys.platform == "win32":  # there SO_REUSEADDR would let others listen on the same port, too
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)  # so whoever opens the address at once waits, and is not refused
        except OSError:
            listening.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ValenceError(f"port {port} is in use; choose another with --port") from error
        if error.errno == errno.EACCES:  # a low one on Linux; on Windows one that the system keeps
            raise ValenceError(
                f"port {port} may not be used; choose another with --port, 1024 or more"
            ) from error
        raise ValenceError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listening
