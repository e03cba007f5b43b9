"""`valence webcam`: a local camera, read live in the terminal and stored as a session."""

from __future__ import annotations

from typing import Annotated

import typer

from stream.sources.webcam import Webcam
from valence.commands.live import follow
from valence.errors import ValenceError
from valence.options import Seconds
from valence.printing import say
from valence.settings import load


def webcam(
    device: Annotated[
        str, typer.Option(help="The camera's number, or the path of a device or video file.")
    ] = "0",
    seconds: Seconds = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a frame and line, instead of the table.")
    ] = False,
    run_on: Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default="auto")] = None,
    detector: Annotated[
        str | None, typer.Option(help="auto, libfacedetection, hog or yunet.", show_default="auto")
    ] = None,
) -> None:
    """Read a local camera live. The numbers are stored as a session, the picture is not. Ctrl-C stops."""
    camera = Webcam(int(device) if device.isdigit() else device)
    end = follow(load(device=run_on, detector=detector), camera, "webcam", seconds, as_json=as_json)
    if end.session is not None:
        say(f"stored as {end.session}", err=True)
    if end.failure is not None:
        raise ValenceError(str(end.failure)) from end.failure
    if end.session is None:
        raise ValenceError(f"{camera.name} gave no picture, so nothing is stored")
