"""Files out of a multipart request, streamed to disk as they come, and stopped once they are too large."""

from __future__ import annotations

import asyncio
import errno
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from results.database.ids import names_device

MOST_FILES = 1000
_LONGEST_STEM = 100
_OURS = frozenset(("job",))
"""Stems of files that we write beside an upload (web/uploads/journal.py)."""
_LONGEST_SUFFIX = 12


class ReceiveError(Exception):
    """A request whose files cannot be taken; the text says why, `status` is HTTP's number for it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Received:
    """A file that has come whole."""

    name: str
    """Its last path component, as people read it."""
    path: Path
    size: int


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    path: Path | None = None
    """None: a field that is no file, or not the one that is wanted."""
    file: IO[bytes] | None = None
    size: int = 0


async def receive(
    chunks: AsyncIterator[bytes],
    content_type: str | None,
    folder_for: Callable[[], Path],
    limit: int,
    take: Callable[[int], None],
    wanted: str = "file",
) -> list[Received]:
    """Writes each file of the field `wanted` into a folder that `folder_for` makes.

    limit: bytes a file. take: told of the bytes that come, before they are written; may refuse them.

    Raises:
        ReceiveError: 400 the request is malformed; 413 a file is too large; 422 it holds no file; 507 the
            disk is full. Files that had come are left to the caller to remove.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ReceiveError(400, "Send the files as multipart/form-data, in the field 'file'.")
    form = _Form(folder_for, limit, wanted)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())  # type: ignore[arg-type]

        def write(chunk: bytes) -> None:
            take(len(chunk))
            parser.write(chunk)

        async for chunk in chunks:
            await asyncio.to_thread(write, chunk)
        parser.finalize()
        if not form.ended:
            raise ReceiveError(400, "The upload broke off before its end.")
    except FormParserError as error:
        raise ReceiveError(400, f"The upload cannot be read: {error}.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ReceiveError(507, "The server's disk is full; nothing of this upload was kept.") from error
        raise ReceiveError(500, f"The upload cannot be stored: {error.strerror or error}.") from error
    finally:
        form.close()
    if not form.received:
        raise ReceiveError(422, "There is no file in the field 'file'.")
    return form.received


class _Form:
    """Takes the parser's events, in the order of the request."""

    def __init__(self, folder_for: Callable[[], Path], limit: int, wanted: str) -> None:
        self.received: list[Received] = []
        self.ended = False
        self._folder_for = folder_for
        self._limit = limit
        self._wanted = wanted
        self._part = _Part()
        self._header = (b"", b"")

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def close(self) -> None:
        if self._part.file is not None:
            self._part.file.close()

    def _begin(self) -> None:
        self._part = _Part()

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        self._part.headers[name.lower()] = value
        self._header = (b"", b"")

    def _open(self) -> None:
        _, options = parse_options_header(self._part.headers.get(b"content-disposition"))
        if options.get(b"name") != self._wanted.encode() or b"filename" not in options:
            return
        if len(self.received) >= MOST_FILES:
            raise ReceiveError(413, f"More than {MOST_FILES} files at a time are too many.")
        self._part.name = shown_name(options[b"filename"].decode("utf-8", "replace"))
        self._part.path = self._folder_for() / disk_name(self._part.name)
        self._part.file = self._part.path.open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.file is None:
            return
        part.size += end - start
        if part.size > self._limit:
            raise ReceiveError(413, f"{part.name} is larger than {megabytes(self._limit)}; nothing was kept.")
        part.file.write(data[start:end])

    def _end(self) -> None:
        part = self._part
        if part.file is not None and part.path is not None:
            part.file.close()  # a full disk may show only now
            self.received.append(Received(part.name, part.path, part.size))

    def _finish(self) -> None:
        self.ended = True


def shown_name(name: str) -> str:
    """The last component of a name that a browser sent, without characters that cannot be seen.

    >>> shown_name("../../etc/Ann\u0061 (1).mp4")
    'Anna (1).mp4'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    return seen[:200] or "upload"


def disk_name(name: str) -> str:
    """A file name for every common file system that still reads like `name`: spaces and umlauts stay.

    >>> disk_name("..Müller: Teil 1?.MP4")
    'Müller- Teil 1-.mp4'
    """
    stem, dot, suffix = shown_name(name).rpartition(".")
    suffix = re.sub(r"[^A-Za-z0-9]", "", suffix)[:_LONGEST_SUFFIX].lower() if dot else ""
    stem = stem if dot else shown_name(name)
    stem = re.sub(r'[<>:"/\\|?*]', "-", stem).strip(" .")
    while len(stem.encode()) > _LONGEST_STEM:
        stem = stem[:-1]
    stem = stem.strip(" .") or "upload"
    if stem.lower() in _OURS or names_device(stem):
        stem = f"upload {stem}"
    return f"{stem}.{suffix}" if suffix else stem


def megabytes(size: int) -> str:
    """Bytes as people read them.

    >>> megabytes(4 * 1024**3)
    '4 GB'
    """
    for unit, name in ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"
