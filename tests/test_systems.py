"""What only one system has is named in few places, each with what holds on the others."""

from __future__ import annotations

import ast
import re

import pytest

from tests import ROOT
from tests.test_rooms import ROOMS

POSIX = re.compile(r"/(?:proc|sys|dev|tmp|etc|var)(?:/|$)|libc\.so")
ALLOWED = {"analysis/memory.py", "results/sessions/owner.py"}
"""Where they are asked for with a way out, which tests feign."""


QUOTED = re.compile(r"pip install (?:-e )?'")
"""Only some shells take such quotes away, Windows' does not."""


def texts(source: str) -> list[str]:
    """Those in a module's code, without its docstrings."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


def named(source: str) -> list[str]:
    """Texts that name what only Linux has."""
    return [text for text in texts(source) if POSIX.match(text)]


def sources() -> dict[str, str]:
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_no_module_counts_on_the_files_of_linux() -> None:
    found = {path: named(source) for path, source in sources().items() if named(source)}
    assert found.keys() == ALLOWED, found


def test_what_is_to_be_typed_can_be_typed_everywhere() -> None:
    found = [path for path, source in sources().items() if any(map(QUOTED.search, texts(source)))]
    assert found == []


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ('Path("/proc/self/status")', True),
        ('def f():\n    """/proc is asked."""\n    return open("/dev/video0")', True),
        ('"""/proc is not asked."""', False),
        ('router.get("/products")', False),
    ],
)
def test_what_is_looked_for_is_found(source: str, is_found: bool) -> None:
    assert bool(named(source)) == is_found
