"""Files that are either whole or not there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from results.database.errors import ExportError


@contextmanager
def written_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A file to write in; it appears under `path`, replacing what was there, only once all went well.

    The folder is made if needed. Raises ExportError when the system refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder", str(path))
        part = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.part")
        # Not by `tempfile`, which would shut colleagues out of a shared folder.
        file = part.open("xb")
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {_said(error)}") from error
    try:
        with file:
            yield file
        part.replace(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {_said(error)}") from error
    finally:
        part.unlink(missing_ok=True)


def utf8(text: str) -> bytes:
    """A text as our files and answers hold it. What has no place in UTF-8 (`os.fsdecode`'s stand-ins for the
    bytes of a name) becomes an escape; JSON reads that back as it was."""
    return text.encode("utf-8", "backslashreplace")


def _said(error: OSError) -> str:
    if isinstance(error, PermissionError):  # on Windows also while another program has the file open
        return (
            f"{error.strerror}; close what has it open, change who may write there, or choose another place"
        )
    return error.strerror or str(error)
