"""The command line in a process of its own, with names and encodings that nobody would choose."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.valence.media_files import MEDIA

ENCODINGS = (
    {"PYTHONIOENCODING": "utf-8"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252"},
    {"LC_ALL": "C"},
)
NAMES = (b"caf\xe9.jpg", b"a\x1b[31m[bold]:smile:\n.jpg", "\u202egpj.exe Zoë.jpg".encode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three pictures of such names, analysed."""
    folder = tmp_path_factory.mktemp("hostile")
    for name in NAMES:
        shutil.copy(MEDIA / "one_face.jpg", folder / os.fsdecode(name))
    done = run(folder, {}, "analyze", "--json", ".", "--out", os.fsdecode(b"r\xe9sults"))
    assert done.returncode == 0, done.stderr
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 3
    return folder


def run(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VALENCE_")}
    done = subprocess.run(
        [sys.executable, "-m", "valence", *words],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    assert b"Traceback" not in done.stderr and b"fault of ours" not in done.stderr, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("environment", ENCODINGS, ids=str)
def test_sessions_of_such_names_are_listed_shown_and_exported(
    folder: Path, environment: dict[str, str]
) -> None:
    listed = run(folder, environment, "sessions", "list", "--json")
    sessions = json.loads(listed.stdout)
    assert {s["name"] for s in sessions} >= {r"caf\xe9", "a\x1b[31m[bold]:smile:\n", "\u202egpj.exe Zoë"}
    assert run(folder, environment, "sessions", "list").returncode == 0
    for session in sessions:
        shown = run(folder, environment, "sessions", "show", session["session"])
        assert shown.returncode == 0 and rb"r\xe9sults" in shown.stdout
        piped = run(folder, environment, "sessions", "export", session["session"], "--format=json", "--out=-")
        assert json.loads(piped.stdout.decode())["session"] == session["session"]
    (found,) = json.loads(
        run(folder, environment, "sessions", "list", "--json", "--search", os.fsdecode(b"caf\xe9")).stdout
    )
    assert found["name"] == r"caf\xe9"


def test_complaints_name_such_files(folder: Path) -> None:
    done = run(folder, {"PYTHONIOENCODING": "ascii"}, "sessions", "show", os.fsdecode(b"\xff\x1b[2J[bold]"))
    assert done.returncode == 2 and rb"\x1b[2J[bold]" in done.stderr
    done = run(
        folder, {}, "study", "create", os.fsdecode(b"\xe9t\xe9 [red]"), "--keep-media", "--stimulus=ad=3"
    )
    assert done.returncode == 0, done.stderr
    done = run(
        folder, {}, "study", "add", os.fsdecode(b"\xe9t\xe9 [red]"), os.fsdecode(NAMES[0]), "no\x1b.mp4"
    )
    assert done.returncode == 2 and rb"no\x1b.mp4" in done.stderr and b"1 of 2 added" in done.stdout


def test_deleting_leaves_nothing(folder: Path) -> None:
    for session in json.loads(run(folder, {}, "sessions", "list", "--json").stdout):
        assert run(folder, {}, "sessions", "delete", "--yes", session["session"]).returncode == 0
    results = folder / os.fsdecode(b"r\xe9sults")
    assert list(results.iterdir()) == []
