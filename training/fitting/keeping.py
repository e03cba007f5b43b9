"""A run as it may be passed on: ``python -m training.fitting.keeping RUN… --into FOLDER``.

Its curves, pictures of scatter and errors, settings and scores; not its checkpoints, which are large, and not
its sheet of faces, which shows people whose pictures may not be ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

from training.datasets.files import write_bytes, write_whole
from training.errors import TrainingError
from training.fitting.board import FACES
from training.fitting.checkpoints import RECIPE
from training.fitting.runs import CONFIG

_KEPT = (".json", ".toml")


def keep(run: Path, into: Path) -> None:
    """Copies `run`, a run's folder with those inside it, to `into`, without checkpoints and faces.

    Raises:
        TrainingError: `run` is not the folder of a run.
    """
    if not any((run / name).is_file() for name in (CONFIG, RECIPE)):
        raise TrainingError(f"{run} is not the folder of a run: it has no {CONFIG}")
    for path in sorted(run.rglob("*")):
        target = into / path.relative_to(run)
        if path.name.startswith("events.out.tfevents"):
            write_whole(target, partial(_write, _without_faces(path)))
        elif path.suffix in _KEPT:
            write_bytes(target, path.read_bytes())


def _without_faces(path: Path) -> Iterator[bytes]:
    """The events in the file at `path`, less those that show faces."""
    for record in RawEventFileLoader(str(path)).Load():
        event = Event.FromString(record)
        if not any(value.tag.endswith(FACES) for value in event.summary.value):
            yield record


def _write(records: Iterator[bytes], path: Path) -> None:
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for record in records:
            writer.write(record)


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, runs/<phase>/<network>/<time>.")],
    into: Annotated[Path, typer.Option(help="Where they are kept, by phase and network.")],
) -> None:
    """Copy runs without their checkpoints and without the sheets of faces."""
    for run in runs:
        keep(run, into.joinpath(*run.resolve().parts[-3:]))


if __name__ == "__main__":
    typer.run(main)
