"""Whether a file ends before its own structure says: a recording that was cut off while it was copied."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_MP4 = (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"moof", b"sidx")
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def ends_early(path: Path) -> bool:
    """By the outermost boxes of MP4 and MOV, the segment of Matroska and WebM, the RIFF header of AVI.

    False for other containers, which do not say how long they are.
    """
    end = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        if start[4:8] in _MP4:
            return _mp4_end(file, end) > end
        if start[:4] == _EBML:
            return _matroska_end(file, end) > end
        if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
            size = int.from_bytes(start[4:8], "little")
            return 0 < size < 0x7FFFFFFF and size + 8 > end + 1
    return False


def _mp4_end(file: BinaryIO, end: int) -> int:
    """Where the last top-level box ends (ISO/IEC 14496-12, 4.2)."""
    position = 0
    while position + 8 <= end:
        file.seek(position)
        size, _ = struct.unpack(">I4s", file.read(8))
        if size == 1:
            long = file.read(8)
            size = struct.unpack(">Q", long)[0] if len(long) == 8 else end + 1
        elif size == 0:
            return end  # it runs to the end, wherever that is
        if size < 8:
            return end
        position += size
    return position


def _matroska_end(file: BinaryIO, end: int) -> int:
    """Where the segment ends (RFC 8794, RFC 9559); the file's end where its size is not known."""
    file.seek(4)
    header = _size(file)
    if header is None:
        return end
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return end
    size = _size(file)
    return end if size is None else file.tell() + size


def _size(file: BinaryIO) -> int | None:
    """A variable-size integer; None where it stands for "unknown"."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    length = 9 - first[0].bit_length()
    rest = file.read(length - 1)
    mask = (1 << (8 - length)) - 1
    value = int.from_bytes(bytes([first[0] & mask]) + rest)
    return None if value == (1 << (7 * length)) - 1 else value
