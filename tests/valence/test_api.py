"""The public Python API, where its guide (docs/python.md, tests/docs) does not go."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import valence
from results import Store
from tests import MEDIA, ROOT

PICTURE = MEDIA / "one_face.jpg"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and no settings but the defaults."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("VALENCE_"):
            monkeypatch.delenv(name)
    return tmp_path


def test_import_loads_no_library() -> None:
    code = "import sys, valence; print([m for m in ('numpy', 'cv2', 'fastapi', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_it_offers_is_there() -> None:
    assert all(getattr(valence, name) is not None for name in valence.__all__)
    with pytest.raises(AttributeError, match="analyse"):
        _ = valence.analyse  # type: ignore[attr-defined]


def test_columns_are_those_of_the_csv(nowhere: Path) -> None:
    session = valence.analyze(PICTURE, folder=nowhere / "kept")
    header, row = session.files["csv"].read_text(encoding="utf-8").splitlines()
    assert list(session.columns) == header.split(",")
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert float(told["valence"]) == pytest.approx(session.columns["valence"][0], abs=1e-4)
    assert session.summary["session"] == session.id and (nowhere / "kept" / session.id).is_dir()


def test_without_a_folder_nothing_stays(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(nowhere / "temporary"))
    monkeypatch.setenv("VALENCE_DATABASE_URL", "sqlite:///team.db")
    session = valence.analyze(PICTURE)
    assert len(session.faces) == 1 and dict(session.files) == {} == session.summary["files"]
    assert [path.name for path in nowhere.rglob("*")] == ["temporary"]
    json.dumps(dict(session.summary))


def test_works_where_an_event_loop_runs(nowhere: Path) -> None:
    """As in a notebook."""

    async def cell() -> valence.Session:
        return valence.analyze(PICTURE)

    assert len(asyncio.run(cell()).faces) == 1


def test_reads_what_users_said(nowhere: Path) -> None:
    session = valence.analyze(PICTURE, folder="kept")
    with Store("kept") as store:
        store.name_face(session.id, 1, "Eileen")
        store.add_stretch(session.id, "excluded", 0.0, 1.0)
    again = valence.session(session.id[:10], "kept")
    assert again.columns["face_name"].tolist() == ["Eileen"]
    assert again.columns["excluded"].tolist() == [True] and again.faces == ()


def test_what_progress_raises_comes_out(nowhere: Path) -> None:
    class EnoughError(Exception):
        pass

    def stop(done: int, _expected: int | None, _seconds: float) -> None:
        if done:
            raise EnoughError

    with pytest.raises(EnoughError):
        valence.analyze(PICTURE, progress=stop)
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"path": "nothing.jpg"}, "no such file"),
        ({"path": PICTURE, "annotate": True}, "needs folder="),
        ({"path": PICTURE, "model": "nothing.json"}, "nothing.json"),
        ({"path": PICTURE, "smoothing": -1}, "smoothing"),
    ],
)
def test_errors_are_for_users(given: dict[str, object], said: str) -> None:
    with pytest.raises(valence.ValenceError, match=said):
        valence.analyze(**given)  # type: ignore[arg-type]


def test_numbers_that_are_not_known_are_nan(nowhere: Path) -> None:
    """Of sessions that older versions stored, for example."""
    session = valence.analyze(PICTURE, folder="kept")
    with Store("kept") as store, store.database.write() as connection:
        connection.exec_driver_sql("UPDATE samples SET roll = NULL")
    assert np.isnan(valence.session(session.id, "kept").columns["roll"]).all()


def test_a_data_frame_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    session = valence.analyze(PICTURE)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(valence.ValenceError, match="pip install pandas"):
        session.data_frame()
