"""What a command of the command line said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


class Result:
    """What a command said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.lines: list[dict[str, Any]] = [
            json.loads(line) for line in out.splitlines() if line.startswith("{") and line.endswith("}")
        ]


Run = Callable[..., Result]
