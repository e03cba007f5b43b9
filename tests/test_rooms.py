"""The floors of the house: a room uses only rooms below it (pyproject.toml, tool.importlinter)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

LINT = Path(sys.executable).with_name("lint-imports")
ROOMS = ("analysis", "inference", "results", "stream", "training", "valence", "web")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True)


def test_no_file_imports_upward() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("stream/frames.py", "import results", "floors below"),
        ("analysis/file.py", "from valence.settings import Settings", "floors below"),
        ("results/sessions/store.py", "from results.studies import store", "one way"),
        ("web/state.py", "import torch", "Only training"),
    ],
)
def test_a_step_upward_is_noticed(tmp_path: Path, file: str, line: str, contract: str) -> None:
    """In a house of the same rooms: the rules that are written down are the rules that hold."""
    for source in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        copy = tmp_path / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source.read_text())
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    with (tmp_path / file).open("a") as wrong:
        wrong.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode == 1 and f"{contract}" in done.stdout.split("Broken contracts")[-1], done.stdout
