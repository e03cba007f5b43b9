"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        part.chmod(0o666 & ~_umask())  # mkstemp's own 0600 would shut colleagues out of a shared folder
        part.replace(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def utf8(text: str) -> bytes:
    """A text as our files and answers hold it. What has no place in UTF-8 (`os.fsdecode`'s stand-ins for the
    bytes of a name) becomes an escape; JSON reads that back as it was."""
    return text.encode("utf-8", "backslashreplace")


def _umask() -> int:
    # Reading the mask means setting it; on Linux the kernel also tells it without (proc(5), since 4.7).
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except OSError:
        pass
    return 0o022
