"""What a folder holds for analysis: by what files hold and are called, with what is passed over and why."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from stream.sources.door import SourceError
from stream.sources.sniffing import HEAD, named_media, named_sound, seems_media

_RESULTS = frozenset(("summary.json", "valence.csv"))
"""What makes a folder a session's."""
_STORE = "valence.db"
"""What makes a folder the one that sessions are in."""
_SESSION = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_.")
_UNFINISHED = _RESULTS | {"annotated.mp4", "annotated.jpg"}
"""What may be in a session's folder, which is called so, when its analysis was killed."""

NOT_MEDIA = "no picture or recording"
SOUND = "sound without a picture"
RESULTS = "results of an earlier analysis"
UNREADABLE = "may not be read"
UNREADABLE_FOLDER = "the folder may not be read; change its permissions"
LOOP = "leads back into a folder above, or was seen by another way"
TWICE = "a link to what is analysed already"


@dataclass
class Listing:
    """What was found in a folder and those below it."""

    media: list[Path] = field(default_factory=list)
    """Sorted by name, folder by folder."""
    passed_over: dict[str, list[Path]] = field(default_factory=dict)
    """Reason → files and folders."""

    def _pass(self, reason: str, path: Path) -> None:
        self.passed_over.setdefault(reason, []).append(path)

    def _keep_once(self) -> None:
        """Sorts `media`, and leaves out links to what is among them under another name."""
        found = sorted(self.media, key=lambda path: (path.is_symlink(), path))
        seen: set[Path] = set()
        self.media = []
        for path in found:
            real = path.resolve() if path.exists() else path  # a dead link is an error later
            if path.is_symlink() and real in seen:
                self._pass(TWICE, path)
            else:
                self.media.append(path)
            seen.add(real)
        self.media.sort()


class NothingFoundError(SourceError):
    """A folder without pictures and recordings."""

    def __init__(self, listing: Listing) -> None:
        others = sum(map(len, listing.passed_over.values()))
        beside = f" ({others} other files and folders were passed over)" if others else ""
        super().__init__(f"the folder holds no images or videos{beside}")
        self.listing = listing


def list_folder(folder: Path, leave_out: Collection[Path] = ()) -> Listing:
    """The pictures and recordings in `folder` and below, by name or content.

    Hidden files are not looked at. Folders of `leave_out`, of a session's results or a store are not entered.
    Linked folders are followed, each folder once, after all that are there themselves; so are linked files.

    Raises:
        SourceError: the folder itself cannot be read.
    """
    listing = Listing()
    own = {_identity(path) for path in leave_out if path.is_dir()} - {None, _identity(folder)}
    seen: set[tuple[int, int] | None] = {_identity(folder)}
    waiting = deque([folder])
    linked: deque[Path] = deque()
    while waiting or linked:
        current = waiting.popleft() if waiting else linked.popleft()
        who = _identity(current)
        if current != folder:
            if who in own:
                listing._pass(RESULTS, current)
                continue
            if who in seen:
                listing._pass(LOOP, current)
                continue
            seen.add(who)
        try:
            with os.scandir(current) as inside:
                entries = [entry for entry in inside if not entry.name.startswith(".")]
        except OSError as error:
            if current == folder:
                raise SourceError(UNREADABLE_FOLDER) from error
            listing._pass(UNREADABLE_FOLDER, current)
            continue
        if current != folder and _holds_results(current, {entry.name for entry in entries}):
            listing._pass(RESULTS, current)
            continue
        for entry in entries:
            path = Path(entry.path)
            if _is_folder(entry):
                (linked if path.is_symlink() else waiting).append(path)
            elif (reason := _unfit(path)) is None:
                listing.media.append(path)
            else:
                listing._pass(reason, path)
    listing._keep_once()
    for others in listing.passed_over.values():
        others.sort()
    return listing


def find_media(path: Path, leave_out: Collection[Path] = ()) -> Listing:
    """`path` itself, whatever it is called, or what is in the folder `path`.

    Raises:
        SourceError: it does not exist, or is a folder that cannot be read.
        NothingFoundError: it is a folder without pictures and recordings.
    """
    if not path.is_dir():
        if not path.exists():
            raise SourceError("there is no such file or folder")
        return Listing([path])
    listing = list_folder(path, leave_out)
    if not listing.media:
        raise NothingFoundError(listing)
    return listing


def _holds_results(folder: Path, names: set[str]) -> bool:
    if names >= _RESULTS or _STORE in names:
        return True
    return bool(names) and names <= _UNFINISHED and _SESSION.match(folder.name) is not None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in circles, or to where nobody may look
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _unfit(path: Path) -> str | None:
    """Why the file is not one to be analysed; None where it is."""
    if named_media(path):
        return None  # a pipe or a dead link of such a name is told as an error
    if named_sound(path):
        return SOUND
    try:
        if not path.is_file():
            return NOT_MEDIA
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return UNREADABLE
    return None if seems_media(head) else NOT_MEDIA
