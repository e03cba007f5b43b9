"""`valence sessions`, run as a user runs it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner, Result

from results import Store
from stream.frames import Box, Sample
from valence.commands.sessions import app, sparkline
from valence.errors import ValenceError


@pytest.fixture
def stored(tmp_path: Path, monkeypatch) -> str:
    """The id of a session of two faces, in the folder that the settings name."""
    monkeypatch.setenv("VALENCE_SESSIONS", str(tmp_path / "kept"))
    monkeypatch.delenv("VALENCE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    with (
        Store(tmp_path / "kept") as store,
        store.begin("ad [1]", source="films/ad [1].mp4", kind="video", model_name="m") as writer,
    ):
        writer.add(
            Sample(n / 10, n, face, Box(1, 2, 3, 4), 0.3, 0.3, 0.9, 0.8) for n in range(10) for face in (1, 2)
        )
        writer.progress(10, 10, 0.9)
        writer.folder.mkdir()
    return writer.id


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_list_shows_what_is_there(stored: str) -> None:
    shown = run("list")

    assert shown.exit_code == 0
    assert stored in shown.output and "done" in shown.output and "+0.30" in shown.output


def test_list_as_json(stored: str) -> None:
    (listed,) = json.loads(run("list", "--json").output)

    assert listed["session"] == stored
    assert (listed["frames"], listed["faces"], listed["valence_mean"]) == (10, 2, 0.3)
    assert json.loads(run("list", "--json", "--search", "nothing like it").output) == []
    assert json.loads(run("list", "--json", "--state", "running").output) == []


def test_list_of_nothing_says_how_to_begin(tmp_path: Path) -> None:
    shown = run("list", "--sessions", str(tmp_path / "new"))

    assert shown.exit_code == 0 and "valence analyze" in shown.output


def test_show_by_the_beginning_of_an_id(stored: str) -> None:
    shown = run("show", stored[:12])

    assert shown.exit_code == 0
    assert "films/ad [1].mp4" in shown.output, "square brackets are not markup"
    assert json.loads(run("show", stored[:12], "--json").output)["faces"][1]["face_id"] == 2


def test_a_missing_session_is_one_clear_error(stored: str) -> None:
    for command in ("show", "export", "delete"):
        failed = run(command, "1999")
        assert isinstance(failed.exception, ValenceError)
        assert str(failed.exception) == "There is no session '1999'."
        assert failed.exception.exit_code == 2


def test_export_in_every_format(stored: str, tmp_path: Path) -> None:
    for form in ("csv", "json", "parquet"):
        done = run("export", stored, "--format", form, "--out", f"out/x.{form}", "--json")
        assert json.loads(done.output) == {"session": stored, "format": form, "file": f"out/x.{form}"}

    with (tmp_path / "out/x.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20 and rows[0]["valence"] == "0.3000"
    assert len(json.loads((tmp_path / "out/x.json").read_text())["samples"]["frame"]) == 20
    assert pyarrow.parquet.read_table(tmp_path / "out/x.parquet").num_rows == 20


def test_export_without_a_name_and_to_standard_output(stored: str, tmp_path: Path) -> None:
    assert run("export", stored).output.strip() == f"{stored}.csv"
    assert run("export", stored, "--out", "-").output == (tmp_path / f"{stored}.csv").read_text()
    assert json.loads(run("export", stored, "--format", "json", "--out", "-").output)["session"] == stored
    assert isinstance(run("export", stored, "--format", "parquet", "--out", "-").exception, ValenceError)


def test_delete_needs_a_yes(stored: str, tmp_path: Path) -> None:
    refused = run("delete", stored)
    assert isinstance(refused.exception, ValenceError) and "--yes" in str(refused.exception)
    assert (tmp_path / "kept" / stored).exists()

    assert run("delete", stored, "--yes").exit_code == 0
    assert not (tmp_path / "kept" / stored).exists()
    assert json.loads(run("list", "--json").output) == []


def test_a_broken_database_ends_with_exit_code_1(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("VALENCE_DATABASE_URL", raising=False)
    (tmp_path / "valence.db").write_bytes(b"no database " * 500)

    failed = run("list", "--sessions", str(tmp_path))

    assert isinstance(failed.exception, ValenceError) and failed.exception.exit_code == 1


def test_a_sparkline_spans_minus_one_to_one() -> None:
    assert sparkline((-1.0, 0.0, 1.0, None)) == "▁▅█ "
    assert sparkline(()) == ""
    assert len(sparkline((0.5,) * 64, 20)) == 20
