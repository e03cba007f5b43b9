"""Names that operators give to each other and to programs."""

from __future__ import annotations

from results.database.errors import AccessError

LONGEST = 100


def checked_name(name: str, of: str) -> str:
    """The name without spaces around it. of: whose it is, for the error. Raises AccessError: it is none."""
    name = name.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise AccessError(f"{of} has a name of 1 to {LONGEST} characters that can be printed.")
    return name
