"""What words on the command line stand for: files, the media in folders, what is piped in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from stream.sources.address import SCHEMES, looks_like_address
from stream.sources.door import SourceError, reason
from stream.sources.folders import UNREADABLE_FOLDER, Listing, NothingFoundError, find_media
from valence.commands.piped import PIPE, STDIN, piped
from valence.errors import ValenceError
from valence.printing import say
from valence.settings import Settings

NAMED = 8
"""Files of one kind that are named where some were passed over."""


@dataclass(frozen=True)
class Input:
    """A file that is to be analysed."""

    path: Path
    name: str | None = None
    """What it is called where its path says nothing."""


@dataclass(frozen=True)
class Failure:
    """A word, or a folder below one, that stands for nothing."""

    name: str
    reason: str


def inputs_of(
    words: Sequence[str], settings: Settings, out: Path | None, stack: ExitStack
) -> tuple[list[Input], list[Failure]]:
    """Every file that the words stand for, each once, and what stands for none.

    What is piped in is there until the stack is closed.
    """
    results = [settings.sessions] if out is None else [settings.sessions, out]
    found: dict[Path, Input] = {}
    failures: list[Failure] = []
    for word in dict.fromkeys(words):
        if word == PIPE:
            try:
                path = stack.enter_context(piped(settings.piped_mb))
                found[path] = Input(path, STDIN)
            except ValenceError as error:
                failures.append(Failure(STDIN, str(error)))
        elif not word:
            failures.append(Failure("''", "the name is empty"))
        elif looks_like_address(word) and not Path(word).exists():
            # The word is not repeated: it may hold a password.
            known = f"an address that can be read begins with one of {', '.join(sorted(SCHEMES))}"
            failures.append(Failure(f"{word.partition('://')[0]}://…", known))
        else:
            for media in media_in(Path(word), results):
                if isinstance(media, Failure):
                    failures.append(media)
                else:
                    found.setdefault(media.absolute(), Input(media))
    return list(found.values()), failures


def media_in(path: Path, leave_out: Collection[Path] = ()) -> Iterator[Path | Failure]:
    """Every file that `path` stands for. What is passed over in a folder is said on standard error."""
    try:
        listing = find_media(path, leave_out)
    except NothingFoundError as error:
        yield from _rest(path, error.listing)
        yield Failure(str(path), str(error))
    except SourceError as error:
        yield Failure(str(path), str(error))
    except OSError as error:
        yield Failure(str(path), reason(error))
    else:
        yield from listing.media
        yield from _rest(path, listing)


def _rest(path: Path, listing: Listing) -> Iterator[Failure]:
    for why, others in listing.passed_over.items():
        if why == UNREADABLE_FOLDER:
            yield from (Failure(str(folder), why) for folder in others)
        else:
            say(f"valence: {path}: {len(others):,} passed over, {why}: {_named(others, path)}", err=True)


def _named(paths: Sequence[Path], folder: Path) -> str:
    """The first few by name, the others by number."""
    names = ", ".join(str(path.relative_to(folder)) for path in paths[:NAMED])
    return names if len(paths) <= NAMED else f"{names} and {len(paths) - NAMED:,} more"
