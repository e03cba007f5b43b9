"""The command line: `valence`, its commands, and how errors reach the user."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from valence import __version__
from valence.errors import FAILED, ValenceError, fault
from valence.options import Seconds
from valence.printing import forgive_streams, say

app = typer.Typer(
    name="valence",
    help="Finds faces in images, videos and live streams and reads how positive or negative they "
    "look, moment by moment.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"valence {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda.", show_default="auto")]
Detector = Annotated[
    str | None, typer.Option(help="auto, libfacedetection, hog or yunet.", show_default="auto")
]
Weights = Annotated[Path | None, typer.Option(help="Weights file of the detector yunet.")]
Model = Annotated[
    Path | None,
    typer.Option(help="Manifest (.json) of another model.", show_default="the one that comes along"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object an input and line.")]


@app.command()
def analyze(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Images, videos, and folders of them; '-' for a file that is piped in; or the address of a "
            "stream, such as rtsp://camera/live.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results.", show_default="the sessions folder"),
    ] = None,
    annotate: Annotated[
        bool, typer.Option("--annotate/--no-annotate", help="Write an annotated image or video.")
    ] = True,
    as_json: AsJson = False,
    model: Model = None,
    device: Device = None,
    detector: Detector = None,
    detector_weights: Weights = None,
    smoothing: Annotated[
        float | None,
        typer.Option(
            help="Time constant of the smoothing in seconds, of changes of 0.1; 0 for none.",
            show_default="0.3",
        ),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(
            help="Seconds for which somebody who is out of the picture may come back under the same face id.",
            show_default="60",
        ),
    ] = None,
    seconds: Seconds = None,
) -> None:
    """Find and follow every face in images and videos, and read its valence over time.

    Every input becomes a stored session with a folder of its own: valence.csv, summary.json, and an
    annotated video or image. In a folder, files are taken by their names or contents; what is passed over is
    said, hidden files and results of earlier analyses are left out. What is piped in is kept in the temporary
    folder (TMPDIR) while it is analysed, 16,000 MB at most (VALENCE_PIPED_MB).

    A stream is read live, connected again when it breaks off, and stored as numbers, without pictures. It
    ends by Ctrl-C, after --seconds, when the sender is away for a minute, or with a recording (HTTP).
    """
    from valence.commands.analyze import run
    from valence.settings import load

    settings = load(
        model=model,
        device=device,
        detector=detector,
        detector_weights=detector_weights,
        smoothing=smoothing,
        keep=keep,
    )
    raise typer.Exit(run(inputs, settings, out=out, annotated=annotate, as_json=as_json, seconds=seconds))


@app.command()
def demo(as_json: AsJson = False) -> None:
    """Analyse the sample clip that comes along, and say where the results are."""
    from analysis.examples import SAMPLE
    from valence.commands.analyze import run
    from valence.settings import load

    raise typer.Exit(run([str(SAMPLE)], load(), out=None, annotated=True, as_json=as_json, seconds=None))


@app.command()
def evaluate(
    labels: Annotated[
        Path, typer.Argument(help="Table (CSV) with the columns path,valence.", show_default=False)
    ],
    crops: Annotated[bool, typer.Option(help="The images are crops of faces already.")] = False,
    predictions: Annotated[
        Path | None, typer.Option(help="Write path,valence,predicted,fate to this CSV file.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Score each group in this column by itself, too.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw scatter, residuals and calibration to this .png, .svg or .pdf file."),
    ] = None,
    as_json: AsJson = False,
    model: Model = None,
    device: Device = None,
    detector: Detector = None,
    detector_weights: Weights = None,
) -> None:
    """Score the model on labelled pictures, end to end: detection, alignment, network.

    Paths are relative to the CSV file; valence lies in -1..1. Prints the concordance correlation
    coefficient (CCC), Pearson's correlation (PCC), the root mean squared error (RMSE) and the sign
    agreement (SAGR) with 95 % bootstrap intervals. Columns may be parted by comma, semicolon, tab or bar. A
    row that cannot be scored stops no other: each is scored, no face, missing, unreadable or bad label.
    By groups, bias above zero says that a group is read too positive.
    """
    from valence.commands.evaluate import Wanted, run
    from valence.settings import load

    settings = load(model=model, device=device, detector=detector, detector_weights=detector_weights)
    wanted = Wanted(crops=crops, predictions=predictions, by=by, plot=plot, as_json=as_json)
    raise typer.Exit(run(labels, settings, wanted))


@app.command()
def probe(
    paths: Annotated[list[Path], typer.Argument(help="Pictures and recordings.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say what files are and how they will be read: size as shown, orientation, rate, length, oddities."""
    from valence.commands.probe import run
    from valence.settings import load

    raise typer.Exit(run(paths, load().analysis.limits, as_json=as_json))


@app.command()
def doctor(as_json: AsJson = False, model: Model = None, device: Device = None) -> None:
    """Say what is installed, which device really runs, and what is missing and how to get it."""
    from valence.commands.doctor import run
    from valence.settings import load

    raise typer.Exit(run(load(model=model, device=device), as_json=as_json))


_OWN = ("analyze", "demo", "evaluate", "probe", "doctor", "--version")
"""What needs no other module: these answer without loading servers and training."""


def _mount() -> None:
    """Adds the commands that live in modules of their own."""
    from valence.commands import attributes, audit, landmarks, operators, serve, sessions, tokens, webcam
    from valence.commands.study import commands as study
    from valence.commands.training import commands as training

    app.command()(serve.serve)
    app.command()(webcam.webcam)
    app.add_typer(sessions.app, name="sessions")
    app.add_typer(operators.app, name="operators")
    app.add_typer(tokens.app, name="tokens")
    app.command()(audit.audit)
    app.add_typer(study.app, name="study")
    app.registered_commands += training.app.registered_commands
    app.command()(landmarks.train_landmarks)
    app.command()(attributes.train_attributes)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with its code: 0 done, 2 wrong use, 3 no face, 1 else."""
    forgive_streams()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if not words or words[0] not in _OWN:
            _mount()
        app(words, standalone_mode=True)
    except ValenceError as error:
        say(f"valence: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("valence: stopped; what was analysed so far is kept", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(FAILED)
    except Exception as error:
        say(f"valence: {fault(error)}", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
