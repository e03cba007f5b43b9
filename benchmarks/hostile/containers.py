"""Writing containers by hand, as no encoder would: boxes of MP4, chunks of PNG, elements of Matroska."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_HOLDERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta"))


@dataclass
class Box:
    """A box of an MP4 file (ISO/IEC 14496-12, 4.2): bytes, or further boxes."""

    kind: bytes
    payload: bytes = b""
    children: list[Box] = field(default_factory=list)

    def pack(self) -> bytes:
        inside = self.payload + b"".join(child.pack() for child in self.children)
        return struct.pack(">I4s", len(inside) + 8, self.kind) + inside

    def find(self, *kinds: bytes) -> Box:
        """The first descendant along this way. Raises StopIteration: there is none."""
        found = self
        for kind in kinds:
            found = next(child for child in found.children if child.kind == kind)
        return found


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes of a whole MP4 file."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        inside = data[at + 8 : at + size]
        yield Box(kind, children=list(boxes(inside))) if kind in _HOLDERS else Box(kind, inside)
        at += size


def edited(data: bytes, change: Callable[[Box], None]) -> bytes:
    """The MP4 file with its `moov`, which must be its last box, changed in place."""
    whole = list(boxes(data))
    assert whole[-1].kind == b"moov", "chunks would move"
    change(whole[-1])
    return b"".join(box.pack() for box in whole)


def table(entries: bytes, count: int, version: int = 0) -> bytes:
    """A full box's payload: version, flags, number of entries, entries."""
    return struct.pack(">II", version << 24, count) + entries


def png(width: int, height: int, rows: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG of one bit a pixel with the compressed `rows`, and further chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), *more, (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def element(kind: bytes, data: bytes) -> bytes:
    """An element of Matroska (RFC 8794), its size in eight bytes."""
    return kind + struct.pack(">Q", len(data) | 1 << 56) + data


def zeros(size: int) -> bytes:
    """`size` zeros, compressed by zlib, without ever holding them all."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(min(1 << 20, size - at))) for at in range(0, size, 1 << 20)]
    return b"".join((*parts, packer.flush()))
