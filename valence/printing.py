"""How results are put on the screen: tables for people, JSON for programs, a question before a deletion.

Names of files, what files say of themselves, and what users and databases hold may be any text at all. On a
terminal it goes through `shown`, and never through Rich's markup; `say`, `cell` and `console` see to it.
"""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from valence.errors import ValenceError

PIPE_WIDTH = 160
"""A pipe has no edge to fit into, and an id that was cut short is of no use."""
_LINES = ("Zl", "Zp")
"""Unicode's separators of lines and paragraphs, which terminals may break a line at."""


def forgive_streams() -> None:
    """Have standard output and error write what they cannot encode as an escape, instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def shown(text: object) -> str:
    """A text from elsewhere as a terminal may show it, in one line.

    Control and format characters, line breaks, and bytes of a file's name that are not UTF-8 become escapes.

    >>> shown("caf\\udce9\\x1b[31m.mp4")
    'caf\\\\xe9\\\\x1b[31m.mp4'
    """
    return "".join(c if _plain(c) else _escaped(c) for c in str(text))


def _plain(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in _LINES


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for a byte
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def say(text: object, err: bool = False) -> None:
    """One line on standard output or standard error, as `shown`."""
    print(shown(text), file=sys.stderr if err else sys.stdout, flush=True)


def cell(text: object, style: str = "") -> Text:
    """A text from elsewhere for one of Rich's tables or lines."""
    return Text(shown(text), style=style)


def console(err: bool = False) -> Console:
    """Standard output or error, as wide as the terminal is; `[brackets]` and `:codes:` are plain text."""
    plain = {"highlight": False, "markup": False, "emoji": False, "stderr": err}
    terminal = Console(**plain)  # type: ignore[arg-type]
    return terminal if terminal.is_terminal else Console(width=PIPE_WIDTH, **plain)  # type: ignore[arg-type]


def json_of(content: Any, indent: int | None = None) -> str:
    """JSON for standard output: what that cannot encode is written as JSON's own escape."""
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    text = json.dumps(content, ensure_ascii=not unicode, indent=indent)
    return text.encode("utf-8", "backslashreplace").decode()  # the stand-in for a byte has no other way


def print_json(content: Any, indent: int | None = 2) -> None:
    print(json_of(content, indent), flush=True)


def tell(content: dict[str, Any], text: str, as_json: bool) -> None:
    """What was done, for a program or for a person."""
    if as_json:
        print_json(content)
    else:
        say(text)


def ask(question: str, yes: bool) -> None:
    """Go on only after a yes. Raises ValenceError where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ValenceError("Deleting asks first, and here is nobody to ask: add --yes.")
    typer.confirm(shown(question), abort=True)


def signed(value: float | None) -> str:
    """+0.46; a dash for what is not known (None or NaN)."""
    return "-" if value is None or value != value else f"{value:+.2f}"


def limits(low: float, high: float) -> str:
    return "no interval" if low != low else f"{low:+.2f} to {high:+.2f}"
