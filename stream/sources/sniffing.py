"""What a file seems to be, by its name and its first bytes: cheap enough for folders of many thousands.

A guess that says what is worth opening; the door (`stream.sources.door`) judges what is opened.
"""

from __future__ import annotations

from pathlib import PurePath

HEAD = 4096
"""Bytes of a file's beginning that `seems_media` is to be given."""

# fmt: off
PICTURES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo", ".png", ".apng", ".bmp", ".dib",
    ".webp", ".tif", ".tiff", ".gif", ".heic", ".heics", ".heif", ".heifs", ".hif", ".avif", ".avifs",
))
RECORDINGS = frozenset((
    ".mp4", ".mp4v", ".m4v", ".mov", ".qt", ".3gp", ".3gpp", ".3g2", ".f4v", ".insv", ".lrv", ".mkv", ".mk3d",
    ".webm", ".avi", ".divx", ".wmv", ".asf", ".flv", ".ogv", ".ogm", ".mxf", ".dv", ".dif", ".mpg", ".mpeg",
    ".mpe", ".m1v", ".m2v", ".mpv", ".vob", ".ts", ".mts", ".m2ts", ".m2t", ".tp", ".trp", ".h264", ".264",
    ".h265", ".265", ".hevc", ".h261", ".h263", ".ivf", ".obu", ".vc1",
))
_SOUND = frozenset((
    ".aac", ".aif", ".aiff", ".amr", ".flac", ".m4a", ".m4b", ".m4r", ".mka", ".mp3", ".oga", ".opus", ".spx",
    ".wav", ".weba", ".wma",
))
"""Sound alone, although some of it comes in the containers of recordings."""
# fmt: on

_BEGINNINGS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",  # TIFF, by its order of bytes
    b"MM\x00*",
    b"II+\x00",  # BigTIFF
    b"MM\x00+",
    b"FLV\x01",
    b"DKIF",  # IVF
    b"\x12\x00\x0a",  # AV1: a temporal delimiter and a sequence header
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02",  # MXF, without a run-in
    b"\x1f\x07\x00\x3f",  # DV, 25 and 30 pictures a second
    b"\x1f\x07\x00\xbf",
)
_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
"""What an MP4, MOV or HEIF may begin with (ISO/IEC 14496-12; QuickTime File Format)."""
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B ")
_EBML = b"\x1a\x45\xdf\xa3"
_ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"
_ASF_PICTURE = b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b"
_OGG_PICTURES = (b"\x80theora", b"\x01video\x00", b"OVP80", b"BBCD\x00")
_MPEG_STARTS = frozenset((0xB0, 0xB3, 0xB5, 0xBA))
"""Behind 00 00 01: a sequence of MPEG-4, one of MPEG-1 and 2, an object, a programme stream."""
_AVC_UNITS, _HEVC_UNITS = frozenset((7, 9)), frozenset((32, 33, 35))
"""Units that a stream of H.264 or H.265 begins with: parameter sets and delimiters..."""
_AVC_ABOUT, _AVC_SETS = 0x06, (b"\x00\x00\x01\x27", b"\x00\x00\x01\x47", b"\x00\x00\x01\x67")
"""... or what is said about it (supplemental enhancement information), with parameter sets soon behind it."""
_BMP_HEADERS = frozenset((12, 40, 52, 56, 64, 108, 124))
_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Bytes of a packet of an MPEG transport stream, and where in it the first 0x47 stands."""


def named_media(path: PurePath) -> bool:
    """Whether its name says that it is a picture or a recording."""
    return path.suffix.lower() in PICTURES | RECORDINGS


def named_sound(path: PurePath) -> bool:
    """Whether its name says that it is sound alone."""
    return path.suffix.lower() in _SOUND


def seems_media(head: bytes) -> bool:
    """Whether a file that begins so (`HEAD` bytes, or all of it) seems to be a picture or a recording."""
    return (
        head.startswith(_BEGINNINGS)
        or _riff(head)
        or _bmp(head)
        or _boxes(head)
        or (head.startswith(_EBML) and (b"webm" in head[:64] or b"matroska" in head[:64]))
        or (head.startswith(_ASF) and _ASF_PICTURE in head)
        or (head.startswith(b"OggS") and any(kind in head for kind in _OGG_PICTURES))
        or _units(head)
        or _packets(head)
    )


def _riff(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] in (b"WEBP", b"AVI ")


def _bmp(head: bytes) -> bool:
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS


def _boxes(head: bytes) -> bool:
    size = int.from_bytes(head[:4], "big")
    if head[4:8] not in _BOXES or 1 < size < 8:
        return False
    return not (head[4:8] == b"ftyp" and head[8:12] in _SOUND_BRANDS)


def _units(head: bytes) -> bool:
    """An elementary or programme stream: 00 00 01, a kind, and so on."""
    start = 4 if head.startswith(b"\x00\x00\x00\x01") else 3 if head.startswith(b"\x00\x00\x01") else 0
    if not start or len(head) < start + 2:
        return False
    code, after = head[start], head[start + 1]
    if start == 3 and code in _MPEG_STARTS:
        return True
    if code == 0x0F:  # VC-1: a sequence of the advanced profile
        return after >> 6 == 3
    if code & 0x80:
        return False
    avc = code & 0x1F in _AVC_UNITS and (code & 0x60 != 0 or code == 0x09)
    avc = avc or (code == _AVC_ABOUT and any(mark in head for mark in _AVC_SETS))
    return avc or (code >> 1 in _HEVC_UNITS and code & 1 == 0 and after == 1)


def _packets(head: bytes) -> bool:
    """Every packet that is there begins as it should, and there are five or more."""
    return any(
        len(head) > 4 * size + at and all(byte == 0x47 for byte in head[at::size]) for size, at in _PACKETS
    )
