"""Texts and paths as columns: whatever they hold, every database takes them and finds them again."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from sqlalchemy import Dialect, String, TypeDecorator

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""PostgreSQL has no place for NUL, and UTF-8 none for surrogates: SQLite and PostgreSQL want UTF-8."""
_URI = "file:"


def storable(text: str) -> str:
    """A text with what no database can hold as escapes; any other is as it was.

    >>> storable("caf\\udce9.mp4")
    'caf\\\\xe9.mp4'
    """
    return _UNSTORABLE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for a byte of a name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


class StoredText(TypeDecorator[str]):
    """A text, `storable`: also where a query compares with it."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class StoredPath(TypeDecorator[str]):
    """A path that leads to its file again. One that no database can hold as a text is kept as a URI."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not (_UNSTORABLE.search(value) or value.startswith(_URI)):
            return value
        return _URI + quote_from_bytes(os.fsencode(Path(value)))

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not value.startswith(_URI):
            return value
        return os.fsdecode(unquote_to_bytes(value.removeprefix(_URI)))
