"""What a folder holds for analysis: by what files hold and are called, with what is passed over and why."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from stream.sources.door import SourceError

# fmt: off
PICTURES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".heic",
    ".heif", ".hif", ".avif", ".avifs",
))
RECORDINGS = frozenset((
    ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".avi", ".divx", ".mkv", ".webm", ".mpg", ".mpeg",
    ".mpe", ".m1v", ".m2v", ".vob", ".wmv", ".asf", ".flv", ".f4v", ".ts", ".mts", ".m2ts", ".m2t", ".mod",
    ".tod", ".gif", ".ogv", ".ogm", ".mxf", ".dv", ".dif", ".h264", ".264", ".avc", ".h265", ".265", ".hevc",
    ".ivf", ".obu",
))
"""Files called so are meant to be analysed: one that cannot be read is an error, not something else."""
_SOUND = frozenset((
    ".mp3", ".m4a", ".m4b", ".aac", ".wav", ".wma", ".ogg", ".oga", ".opus", ".flac", ".mka", ".weba",
    ".aif", ".aiff", ".amr",
))
# fmt: on
_RESULTS = ("summary.json", "valence.csv")
_HEAD = 4096

NOT_MEDIA = "no picture or recording"
SOUND = "sound without a picture"
RESULTS = "results of an earlier analysis"
UNREADABLE = "may not be read"
LOOP = "leads back into a folder above, or was seen by another way"


@dataclass
class Listing:
    """What was found in a folder and those below it."""

    media: list[Path] = field(default_factory=list)
    """Sorted by name, folder by folder."""
    passed_over: dict[str, list[Path]] = field(default_factory=dict)
    """Reason → files and folders."""

    def _pass(self, reason: str, path: Path) -> None:
        self.passed_over.setdefault(reason, []).append(path)


def list_folder(folder: Path, leave_out: Collection[Path] = ()) -> Listing:
    """The pictures and recordings in `folder` and below, by name or content.

    Hidden files are not looked at. `leave_out`, and folders that hold an analysis' results, are not entered.
    Linked folders are followed, each folder once.

    Raises:
        SourceError: the folder itself cannot be read.
    """
    listing = Listing()
    own = {_identity(path) for path in leave_out if path.is_dir()} - {None}
    seen: set[tuple[int, int] | None] = {_identity(folder)}
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            if current == folder:
                raise SourceError("the folder may not be read; change its permissions") from error
            listing._pass(UNREADABLE, current)
            continue
        names = {entry.name for entry in entries}
        if current != folder and names.issuperset(_RESULTS):
            listing._pass(RESULTS, current)
            continue
        below = []
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                who = _identity(path)
                if who in own:
                    listing._pass(RESULTS, path)
                elif who in seen:
                    listing._pass(LOOP, path)
                else:
                    seen.add(who)
                    below.append(path)
            elif (reason := _unfit(path)) is None:
                listing.media.append(path)
            else:
                listing._pass(reason, path)
        waiting += reversed(below)
    return listing


def find_media(path: Path, leave_out: Collection[Path] = ()) -> Listing:
    """`path` itself, whatever it is called, or what is in the folder `path`.

    Raises:
        SourceError: it does not exist, or is a folder without pictures and recordings.
    """
    if not path.is_dir():
        if not path.exists():
            raise SourceError("there is no such file or folder")
        return Listing([path])
    listing = list_folder(path, leave_out)
    if not listing.media:
        others = sum(map(len, listing.passed_over.values()))
        beside = f" ({others} other files and folders were passed over)" if others else ""
        raise SourceError(f"the folder holds no images or videos{beside}")
    return listing


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _unfit(path: Path) -> str | None:
    """Why the file is not one to be analysed; None where it is."""
    suffix = path.suffix.lower()
    if suffix in PICTURES | RECORDINGS:
        return None if path.is_file() or path.is_symlink() else NOT_MEDIA  # a dead link is told as an error
    if suffix in _SOUND:
        return SOUND
    try:
        if not path.is_file():
            return NOT_MEDIA
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return UNREADABLE
    return None if looks_like_media(head) else NOT_MEDIA


def looks_like_media(head: bytes) -> bool:
    """Whether a file that begins so may be a picture or a recording."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"\x1a\x45\xdf\xa3", b"FLV\x01", b"DKIF")):
        return True
    if head.startswith(
        (b"II*\0", b"MM\0*", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x06\x0e\x2b\x34\x02\x05")
    ):
        return True  # TIFF, ASF (WMV), MXF
    if head.startswith((b"\0\0\x01\xba", b"\0\0\x01\xb3")):  # MPEG program and video streams
        return True
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI "):
        return True
    if head[:2] == b"BM" and len(head) > 26 and head[6:10] == bytes(4):
        return True
    if head[4:8] in (b"ftyp", b"moov", b"styp") and head[8:11] not in (b"M4A", b"M4B"):
        return True
    if head[:4] == b"OggS":
        return b"\x80theora" in head or b"BBCD" in head
    return any(
        len(head) > start + 2 * size and _synced(head, start, size) for start, size in ((0, 188), (4, 192))
    )


def _synced(head: bytes, start: int, size: int) -> bool:
    """Whether packets of an MPEG transport stream follow each other."""
    return all(head[at] == 0x47 for at in range(start, len(head), size)[:8])
