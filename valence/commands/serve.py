"""`valence serve`: the web application on this computer, or for a team."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn

from analysis.file import Engine, Progress, analyze, open_model
from results import Store
from stream.faces.detection import DetectorError, open_detector
from valence import __version__
from valence.errors import ValenceError
from valence.settings import Settings, load
from valence.storage import explained

if TYPE_CHECKING:
    from web.uploads.analyses import Analyze


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
) -> None:
    """Serve the web app: live view, uploads, sessions and studies."""
    run(load(host=host, port=port, device=device, detector=detector, allowed_hosts=allowed_hosts or None))


def run(settings: Settings) -> None:
    """Serves until it is told to stop.

    Raises:
        ValenceError: the model, the detector, the store or the port cannot be used.
    """
    from web.app import create_app  # aiortc and FastAPI take a second to import
    from web.live.ice import IceServerError
    from web.state import ServerSettings

    model = open_model(settings)
    model.warm_up()
    try:
        open_detector(settings.detector, settings.detector_weights)
    except DetectorError as error:
        raise ValenceError(str(error)) from error
    listening = _listen(settings.host, settings.port)
    with listening, explained(), Store(settings.sessions, settings.database_url) as store:
        try:
            app = create_app(
                model,
                store,
                lambda: open_detector(settings.detector, settings.detector_weights),
                ServerSettings(
                    host=settings.host,
                    ice_servers=tuple(settings.ice_servers),
                    allowed_hosts=tuple(settings.allowed_hosts),
                    smoothing=settings.smoothing,
                    analyze=uploads_analyzed_by(Engine(settings, model, store)),
                    version=__version__,
                ),
            )
        except IceServerError as error:
            raise ValenceError(str(error)) from error
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        typer.echo(f"Valence Detector is at http://{name}:{listening.getsockname()[1]} (Ctrl-C stops it)")
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        uvicorn.Server(config).run(sockets=[listening])


def uploads_analyzed_by(engine: Engine) -> Analyze:
    """What the web app does with an uploaded file: what `valence analyze` would."""
    from web.uploads.analyses import AnalysisError

    def analyze_upload(path: Path, progress: Progress) -> dict[str, Any]:
        try:
            return analyze(path, engine, progress=progress, source_name=path.name)
        except ValenceError as error:
            raise AnalysisError(str(error).removeprefix(f"{path}: ")) from error

    return analyze_upload


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ValenceError(f"port {port} is in use; choose another with --port") from error
        raise ValenceError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listening
