"""The notebooks run: on the kept runs as they are, on data in a small form."""

from __future__ import annotations

import csv
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from nbclient import NotebookClient

from tests import ROOT

SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
FERPLUS = ROOT.parent / "shared" / "faces" / "ferplus"
SOME = 40
"""Only every so many-th face of FER+."""


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", ROOT / "notebooks" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """A folder with some of FER+; None where FER+ is not at hand."""
    if not FERPLUS.is_dir():
        return None
    folder = tmp_path_factory.mktemp("data")
    (folder / "ferplus").mkdir()
    with (FERPLUS / "fer2013new.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    rows = rows[::SOME]
    with (folder / "ferplus" / "fer2013new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    with np.load(FERPLUS / "ferplus_48.npz") as faces:
        kept = np.isin(faces["name"], [row[1] for row in rows])
        np.savez(folder / "ferplus" / "ferplus_48.npz", X=faces["X"][kept], name=faces["name"][kept])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_it_runs(source: Path, build: ModuleType, data: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if "VALENCE_DATA" in source.read_text():
        if data is None:
            pytest.skip("FER+ is not at hand")
        monkeypatch.setenv("VALENCE_DATA", str(data))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook = build.notebook(source)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(ROOT)}}).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)
