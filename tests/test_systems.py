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


def named(source: str) -> list[str]:
    """The texts in a module's code, not in its docstrings, that name what only Linux has."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]
    return [text for text in texts if POSIX.match(text)]


def test_no_module_counts_on_the_files_of_linux() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): texts
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if (texts := named(path.read_text(encoding="utf-8")))
    }
    assert found.keys() == ALLOWED, found


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
