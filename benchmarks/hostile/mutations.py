"""Good files that were damaged: by bits, by pieces, and where a container says how large things are."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from random import Random

_ENDS = (0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_SIZES = {
    "mp4": rb"(?s)(....)(?=ftyp|moov|mdat|trak|mdia|minf|stbl|stsd|stts|stsz|stco|stsc|elst|avcC|mdhd)",
    "avi": rb"(?s)(?<=RIFF|LIST|avih|strh|strf|idx1|00dc|JUNK)(....)",
    "mkv": rb"(?s)(?<=\x1a\x45\xdf\xa3|\x18\x53\x80\x67|\x15\x49\xa9\x66|\x16\x54\xae\x6b)(....)"
    rb"|(?<=\x1f\x43\xb6\x75|\x1c\x53\xbb\x6b)(....)",
    "gif": rb"(?s)(?<=GIF89a|GIF87a)(....)|(?<=\x2c\x00\x00\x00\x00)(....)",
    "png": rb"(?s)(....)(?=IHDR|IDAT|IEND|PLTE|pHYs)|(?<=IHDR)(....)|(?<=IHDR....)(....)",
    "tiff": rb"(?s)(?<=[\x00\x01\x02\x03][\x01-\x17\x00])(....)",
}
"""Where a size, or a field that decides how much is read, is found: the group that matched is replaced."""
_LIKE = {"mov": "mp4", "webm": "mkv"}


def flipped(data: bytes, random: Random) -> bytes:
    """Some bits, from one to a hundredth of all bytes."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 4, 16, max(1, len(data) // 100)))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def truncated(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(1, len(data))]


def zeroed(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    size = random.randrange(1, max(2, len(data) // 4))
    return data[:start] + bytes(len(data[start : start + size])) + data[start + size :]


def spliced(data: bytes, random: Random) -> bytes:
    """A piece from elsewhere in the file put over, or between, what is there."""
    start, end = sorted((random.randrange(len(data)), random.randrange(len(data))))
    at = random.randrange(len(data))
    return data[:at] + data[start:end] + data[at + random.choice((0, end - start)) :]


def swapped(data: bytes, random: Random) -> bytes:
    """Two pieces of one length have changed places, e.g. boxes."""
    size = random.randrange(4, max(5, len(data) // 3))
    first = random.randrange(0, max(1, len(data) - 2 * size))
    second = random.randrange(first + size, max(first + size + 1, len(data) - size + 1))
    return (
        data[:first]
        + data[second : second + size]
        + data[first + size : second]
        + data[first : first + size]
        + data[second + size :]
    )


def doubled(data: bytes, random: Random) -> bytes:
    return data * 2 if random.random() < 0.5 else data + truncated(data, random)


def resized(data: bytes, random: Random, kind: str) -> bytes:
    """One to three sizes in headers say something else; bits are flipped where none is known."""
    pattern = _SIZES.get(_LIKE.get(kind, kind))
    found = list(re.finditer(pattern, data)) if pattern else []
    if not found:
        return flipped(data, random)
    changed = bytearray(data)
    for match in random.sample(found, min(len(found), random.randint(1, 3))):
        group = next(n for n in range(1, len(match.groups()) + 1) if match.group(n) is not None)
        value = random.choice((*_ENDS, random.getrandbits(32)))
        changed[slice(*match.span(group))] = struct.pack(random.choice(("<I", ">I")), value)
    return bytes(changed)


_PLAIN: tuple[Callable[[bytes, Random], bytes], ...] = (flipped, truncated, zeroed, spliced, swapped, doubled)


def mutated(good: dict[str, bytes], count: int, random: Random) -> Iterator[tuple[str, bytes]]:
    """`count` damaged files: a name, and the bytes. Every kind of file meets every kind of damage in turn."""
    kinds = sorted(good)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        how = (number // len(kinds)) % (len(_PLAIN) + 2)
        if how < len(_PLAIN):
            name, data = _PLAIN[how].__name__, _PLAIN[how](good[kind], random)
        else:  # twice as often: what is allocated by a header is the likeliest to hurt
            name, data = "resized", resized(good[kind], random, kind)
        yield f"{number:05d}_{name}.{kind}", data
