"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.errors import TrainingError


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Calls `write` with a temporary path beside `path`, then renames it to `path`.

    Raises:
        TrainingError: the disk is full or the folder cannot be written; nothing is left behind, and
            what was at `path` before is still there.
    """
    # The suffix stays: np.savez and onnx choose by it.
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        part.replace(path)
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """`write_whole` for bytes."""

    def write(part: Path) -> None:
        part.write_bytes(data)

    write_whole(path, write)


def write_json(path: Path, values: Any) -> None:
    """`write_whole` for JSON, indented, with a last newline."""
    write_bytes(path, (json.dumps(values, indent=2) + "\n").encode())


def read_json(path: Path) -> Any:
    """The JSON at `path`. Raises TrainingError where it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TrainingError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} is not readable JSON: {error}") from error


_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def defused(text: str) -> str:
    """A name as a cell of a table that is made for people: what a spreadsheet would compute gets a ' before
    it and is shown as it is (OWASP, CSV Injection). Not for numbers, which may be negative.

    >>> defused("=1+1"), defused("clip-1.mp4")
    ("'=1+1", 'clip-1.mp4')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
