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

PIPE = "-"
STDIN = "stdin"
SPARED = 500_000_000
"""Bytes of the disk that what is piped in leaves free."""
_PART = 1 << 20


@contextmanager
def piped(most_mb: int, source: BinaryIO | None = None) -> Iterator[Path]:
    """What comes through standard input, as a file that is there within the `with` block.

    It is read to its end: recordings say at their end how they are to be read. most_mb: megabytes (10^6
    bytes) that may come.

    Raises:
        ValenceError: nothing is piped in, more than may come, or more than fits on the disk.
    """
    stream = _standard_input() if source is None else source
    with tempfile.TemporaryDirectory(prefix="valence-") as folder:
        path = Path(folder) / STDIN
        size = 0
        with path.open("wb") as file:
            while part := _next(stream):
                size += len(part)
                if size > most_mb * 1_000_000:
                    raise ValenceError(
                        f"more than {most_mb:,} MB are piped in: save them as a file first "
                        "(VALENCE_PIPED_MB raises the limit)"
                    )
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


def _standard_input() -> BinaryIO:
    how = "write e.g. 'cat clip.mp4 | valence analyze -', or name a file"
    if sys.stdin is None or sys.stdin.closed:
        raise ValenceError(f"standard input is closed: {how}")
    if sys.stdin.isatty():
        raise ValenceError(f"nothing is piped in: {how}")
    return sys.stdin.buffer


def _next(stream: BinaryIO) -> bytes:
    try:
        return stream.read(_PART)
    except OSError as error:  # e.g. a folder is piped in
        raise ValenceError(f"what is piped in cannot be read: {error.strerror}") from error
