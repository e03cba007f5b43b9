"""Ids that people can read and type, and that are also file names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from results.database.errors import StoreError
from results.database.schema import Base
from results.database.texts import storable

SLUG_LENGTH = 40
_MOST_TRIES = 10_000
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:$|[. ])", re.IGNORECASE)


def names_device(file: str) -> bool:
    """Whether Windows means a device by a file's name, whatever follows its first dot.

    >>> names_device("aux.csv"), names_device("auxiliary.csv")
    (True, False)
    """
    return _DEVICE.match(file) is not None


def slug(name: str) -> str:
    """A name as part of a file name: letters, digits, dot, dash and underscore, about 40 of them.

    >>> slug("My clip (1).mp4")
    'My-clip-1-.mp4'
    """
    kept = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name)).strip("-._")[:SLUG_LENGTH]
    kept = kept.rstrip("-._") or "session"
    return f"_{kept}" if names_device(kept) else kept


def literal(text: str) -> str:
    """Text as the database holds it, in which LIKE sees no wildcard (the escape character is a backslash)."""
    return re.sub(r"([\\%_])", r"\\\1", storable(text))


def insert_under_free_id(
    connection: Connection, table: type[Base], stem: str, values: Mapping[str, Any], joiner: str = "_"
) -> tuple[int, str]:
    """Insert a row under the id `stem`, or `stem_2`, `stem_3`, … if that is taken; returns its key and id.

    The database's own uniqueness decides, so that two processes never get the same. Ids are names of folders,
    too: one that differs in capitals only is as good as taken; on macOS and Windows it is the same folder.
    """
    ids = table.__table__.c.id
    for number in range(1, _MOST_TRIES):
        row_id = stem if number == 1 else f"{stem}{joiner}{number}"
        alike = select(ids).where(func.lower(ids) == func.lower(row_id), ids != row_id).limit(1)
        if connection.execute(alike).first() is not None:
            continue
        try:
            with connection.begin_nested():
                done = connection.execute(insert(table).values(id=row_id, **values))
        except IntegrityError:
            continue
        (key,) = done.inserted_primary_key or (0,)
        return int(key), row_id
    raise StoreError(f"No free id like {stem!r} was found in {_MOST_TRIES} tries.")
