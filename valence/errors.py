"""Errors that a user can act on: one clear line, and the exit code of the command line."""

from __future__ import annotations

import os

DONE, FAILED, WRONG_USE, NO_FACE = 0, 1, 2, 3


def how_to_get(extra: str) -> str:
    """How an extra of pyproject.toml is installed, on every system."""
    return f'in the folder of this program: python -m pip install -e ".[{extra}]"'


class ValenceError(Exception):
    """Something that the user can put right; the text says what to do."""

    def __init__(self, message: str, exit_code: int = WRONG_USE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def fault(error: Exception) -> str:
    """What is said of an error that nobody foresaw. Raises it again where VALENCE_DEBUG is set."""
    if os.environ.get("VALENCE_DEBUG"):
        raise error
    kind = type(error).__name__
    return f"unexpected {kind}: {error}; this is a fault of ours. VALENCE_DEBUG=1 shows where"
