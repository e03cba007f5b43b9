"""A file that is piped into a command."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from valence.errors import ValenceError

PIPE = Path("-")
STDIN = "stdin"
SPARED = 500_000_000
"""Bytes of the disk that what is piped in leaves free."""
_PART = 1 << 20


@contextmanager
def piped(source: BinaryIO | None = None) -> Iterator[Path]:
    """What comes through standard input, as a file that is there within the `with` block.

    It is read to its end: recordings say at their end how they are to be read.

    Raises:
        ValenceError: nothing is piped in, or it does not fit on the disk.
    """
    stream = sys.stdin.buffer if source is None else source
    if source is None and sys.stdin.isatty():
        raise ValenceError(
            "nothing is piped in: write e.g. 'cat clip.mp4 | valence analyze -', or name a file"
        )
    with tempfile.TemporaryDirectory(prefix="valence-") as folder:
        path = Path(folder) / STDIN
        with path.open("wb") as file:
            while part := stream.read(_PART):
                if shutil.disk_usage(folder).free < SPARED + len(part):
                    raise ValenceError(
                        f"what is piped in does not fit on the disk of {folder}: free some of it, "
                        "or set TMPDIR to a folder on another one"
                    )
                try:
                    file.write(part)
                except OSError as error:
                    raise ValenceError(f"what is piped in cannot be kept: {error.strerror}") from error
        yield path
