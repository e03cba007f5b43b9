"""The command line in an empty folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.valence.command import Result, Run
from valence.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("VALENCE_"):
            monkeypatch.delenv(name)

    def command(*arguments: str | Path) -> Result:
        with pytest.raises(SystemExit) as end:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err, err
        code = end.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    return command
