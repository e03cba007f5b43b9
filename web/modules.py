"""Which modules the scripts of a page import, also through others: browsers are told of all at once.

Without that they learn of each only when the one before it has come, and on a slow line a page is built up
in as many rounds as its imports are deep.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_IMPORT = re.compile(r"""^(?:import|export)\s(?:[^"';]*\sfrom\s)?["'](\.[^"']+)["']""", re.MULTILINE)


def imported(folder: Path, scripts: Iterable[str]) -> list[str]:
    """Paths under `folder` of what `scripts`, likewise paths, import; each once."""
    given = list(scripts)
    known = dict.fromkeys(given)
    waiting = list(known)
    for script in waiting:
        path = folder / script
        for relative in _imports(path, path.stat().st_mtime_ns):
            module = posixpath.normpath(posixpath.join(posixpath.dirname(script), relative))
            if module not in known:
                known[module] = None
                waiting.append(module)
    return [script for script in known if script not in given]


@lru_cache(maxsize=512)
def _imports(path: Path, changed: int) -> tuple[str, ...]:
    """What one module imports, as written there; `changed`: when it was, so that changes are noticed."""
    return tuple(_IMPORT.findall(path.read_text(encoding="utf-8")))
