"""`valence evaluate`: the figures are right, misses are counted, wrong files are clear errors."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from analysis import pictures
from analysis.settings import AnalysisSettings
from analysis.workers import ThisProcess, WorkerDiedError, WorkerLateError
from inference.detector import open_detector_model
from tests.valence.command import Run
from tests.valence.media_files import MEDIA
from valence.commands.evaluate import predict
from valence.commands.labels import Row


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Two pictures with one face each and one without, labelled."""
    for name in ("one_face.jpg", "neutral_face.jpg", "no_face.jpg"):
        shutil.copy(MEDIA / name, tmp_path / name)
    path = tmp_path / "labels.csv"
    path.write_text("path,valence\none_face.jpg,0.8\nneutral_face.jpg,-0.2\nno_face.jpg,0.1\n")
    return path


def test_it_scores_what_it_finds_and_counts_what_it_misses(run: Run, labels: Path, tmp_path: Path) -> None:
    result = run("evaluate", labels, "--json", "--predictions", tmp_path / "out.csv")

    assert result.code == 0
    (figures,) = result.lines
    assert (figures["n"], figures["missed"]) == (2, 1)
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["path"] for r in rows] == ["one_face.jpg", "neutral_face.jpg", "no_face.jpg"]
    assert rows[2]["predicted"] == ""
    true = np.array([0.8, -0.2])
    predicted = np.array([float(r["predicted"]) for r in rows[:2]])
    assert figures["rmse"] == pytest.approx(np.sqrt(np.mean((true - predicted) ** 2)), abs=1e-4)
    covariance = np.mean((true - true.mean()) * (predicted - predicted.mean()))
    ccc = 2 * covariance / (true.var() + predicted.var() + (true.mean() - predicted.mean()) ** 2)
    assert figures["ccc"] == pytest.approx(ccc, abs=1e-4)
    assert set(figures["ci95"]) == {"ccc", "pcc", "rmse", "sagr"}


def test_a_picture_that_stands_on_its_head_scores_as_if_it_did_not(run: Run, tmp_path: Path) -> None:
    picture = cv2.imread(str(MEDIA / "one_face.jpg"))
    for quarters in range(4):
        cv2.imwrite(str(tmp_path / f"{quarters}.png"), np.rot90(picture, quarters))
    labels = tmp_path / "labels.csv"
    labels.write_text("path,valence\n" + "".join(f"{quarters}.png,0.8\n" for quarters in range(4)))

    run("evaluate", labels, "--predictions", tmp_path / "out.csv")

    with (tmp_path / "out.csv").open() as file:
        upright, *turned = (float(row["predicted"]) for row in csv.DictReader(file))
    assert turned == pytest.approx([upright] * 3, abs=0.1)


def test_a_picture_that_cannot_be_read_is_named_and_does_not_stop_the_others(
    run: Run, labels: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken\x1b[2J.png").write_bytes(b"\x89PNG and nothing else")
    labels.write_text(labels.read_text() + "broken\x1b[2J.png,0.5\nmissing.jpg,0.5\n")

    result = run("evaluate", labels, "--json", "--predictions", tmp_path / "out.csv")

    assert result.code == 2
    (figures,) = result.lines
    assert (figures["n"], figures["missed"], figures["unreadable"]) == (2, 1, 2)
    first, second = result.err.splitlines()
    assert r"broken\x1b[2J.png: it is not a picture" in first
    assert "missing.jpg: there is no such file" in second
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [bool(row["predicted"]) for row in csv.DictReader(file)] == [True, True, False, False, False]


def test_a_fault_in_one_picture_does_not_stop_the_others(
    run: Run, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = pictures.open_source

    def stumbling(path: Path, limits: object) -> object:
        if path.name == "one_face.jpg":
            raise ZeroDivisionError("nobody thought of it")
        return opened(path)

    monkeypatch.setattr(pictures, "open_source", stumbling)
    result = run("evaluate", labels, "--json")

    assert result.code == 2 and result.lines[0]["n"] == 1 and result.lines[0]["unreadable"] == 1
    assert "one_face.jpg: unexpected ZeroDivisionError: nobody thought of it" in result.err


def test_crops_are_never_missed(run: Run, labels: Path) -> None:
    (figures,) = run("evaluate", labels, "--crops", "--json").lines
    assert (figures["n"], figures["missed"]) == (3, 0)


def test_the_table_for_people_has_the_same_figures(run: Run, labels: Path) -> None:
    ccc = json.loads(run("evaluate", labels, "--json").out)["ccc"]
    assert f"{ccc:.3f}" in run("evaluate", labels).out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("file,valence\na.jpg,0\n", "lacks the column path"),
        ("path,valence\n", "no rows"),
        ("path,valence\none_face.jpg,7\n", "line 2: valence must be"),
        ("path,valence\none_face.jpg,\n", "line 2: valence must be"),
    ],
)
def test_wrong_labels_are_one_clear_line(run: Run, labels: Path, text: str, complaint: str) -> None:
    labels.write_text(text)
    result = run("evaluate", labels)
    assert result.code == 2
    assert complaint in result.err and result.err.count("\n") == 1


def test_a_missing_table_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    result = run("evaluate", tmp_path / "none.csv")
    assert result.code == 2 and result.err.count("\n") == 1


def test_doctor_says_what_runs(run: Run) -> None:
    result = run("doctor", "--json")
    assert result.code == 0
    (report,) = result.lines
    assert report["device"]["running"] in ("cpu", "cuda")
    assert report["model"]["sha256"] and report["problems"] == []
    assert "Ready." in run("doctor").out


def test_doctor_says_what_is_wrong(run: Run) -> None:
    result = run("doctor", "--model", "none.json")
    assert result.code == 1
    assert "none.json" in result.out


def test_doctor_says_that_the_network_that_finds_faces_is_missing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.detector.DEFAULT", tmp_path / "gone.onnx")
    open_detector_model.cache_clear()
    result = run("doctor", "--json")
    assert result.code == 1
    (problem,) = result.lines[0]["problems"]
    assert "finds faces is missing" in problem and "install this program again" in problem


@pytest.mark.parametrize("name", ["=1+1.jpg", "+x.jpg", "-x.jpg", "@x.jpg"])
def test_a_name_that_a_spreadsheet_would_compute_is_written_as_a_name(
    run: Run, labels: Path, tmp_path: Path, name: str
) -> None:
    shutil.copy(MEDIA / "one_face.jpg", tmp_path / name)
    labels.write_text(f"path,valence\n{name},-0.8\n")
    result = run("evaluate", labels, "--predictions", tmp_path / "out.csv")
    assert result.code == 0
    with (tmp_path / "out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["path"], row["valence"]) == (f"'{name}", "-0.8"), "numbers stay numbers"


def test_every_row_has_a_fate(run: Run, labels: Path, tmp_path: Path) -> None:
    labels.write_text(labels.read_text() + "gone.jpg,0.1\none_face.jpg,seven\none_face.jpg\n,0.5\n\n")

    result = run("evaluate", labels, "--json", "--predictions", tmp_path / "out.csv")

    assert result.code == 2
    (figures,) = result.lines
    counts = [figures[name] for name in ("n", "missed", "unreadable", "missing", "bad_labels")]
    assert counts == [2, 1, 1, 1, 3], "what is missing cannot be read"
    assert [(row["line"], row["path"], row["fate"]) for row in figures["rows"]] == [
        (2, "one_face.jpg", "scored"),
        (3, "neutral_face.jpg", "scored"),
        (4, "no_face.jpg", "no face"),
        (5, "gone.jpg", "missing"),
        (6, "one_face.jpg", "bad label"),
        (7, "one_face.jpg", "bad label"),
        (8, "", "bad label"),
    ]
    assert "no such file" in figures["rows"][3]["reason"] and "reason" not in figures["rows"][0]
    for words in ("line 6: valence must be", "line 7: valence must be", "line 8: the path is missing"):
        assert words in result.err
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["fate"] for row in rows] == [row["fate"] for row in figures["rows"]]
    assert rows[4]["valence"] == "seven", "as it is written"


@pytest.mark.parametrize(
    "data",
    [
        b"path;valence\none_face.jpg;0,8\nneutral_face.jpg;-0,2\n",
        b"path\tvalence\none_face.jpg\t0.8\nneutral_face.jpg\t-0.2\n",
        "Valence , Path\r\n0.8,one_face.jpg\r\n-0.2,neutral_face.jpg\r\n".encode("utf-8-sig"),
        "path;valence\none_face.jpg;0,8\nneutral_face.jpg;-0,2\n".encode("utf-16"),
        "path;valence\none_face.jpg;0,8\nneutral_face.jpg;-0,2\n".encode("utf-16-le"),
        "path;valence\none_face.jpg;0,8\nneutral_face.jpg;-0,2\n".encode("utf-32"),
        b'path,valence\none_face.jpg,"0,8"\nneutral_face.jpg,"-0,2"\n',
        b"sep=;\r\npath;valence\r\none_face.jpg;0,8\r\nneutral_face.jpg;-0,2\r\n;;\r\n",
        b"\r\npath,valence,\r\none_face.jpg,0.8,\rneutral_face.jpg,\xe2\x88\x920.2,\n",
        "path;valence;name\none_face.jpg;0.8;Jos\xe9\nneutral_face.jpg;-0.2;\n".encode("cp1252"),
    ],
    ids=[
        "semicolon",
        "tab",
        "mark",
        "utf-16",
        "utf-16 without a mark",
        "utf-32",
        "quoted decimal comma",
        "declared",
        "ends of lines, a minus sign",
        "windows",
    ],
)
def test_tables_as_spreadsheets_write_them(run: Run, labels: Path, data: bytes) -> None:
    plain = run("evaluate", labels, "--json").lines[0]
    labels.write_bytes(data)
    result = run("evaluate", labels, "--json")
    assert result.code == 0, result.err
    assert (result.lines[0]["n"], result.lines[0]["rmse"]) == (2, plain["rmse"])


@pytest.mark.parametrize("header", ["path,valence,valence", "path;Valence; valence", "path,path,valence"])
def test_a_column_that_is_there_twice_is_refused(run: Run, labels: Path, header: str) -> None:
    delimiter = ";" if ";" in header else ","
    labels.write_text(f"{header}\none_face.jpg{delimiter}0.8{delimiter}-0.8\n")
    result = run("evaluate", labels)
    assert result.code == 2 and "twice" in result.err


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("one_face.jpg,0,8", "more fields than the header"),
        ("one_face.jpg,nan", "valence must be"),
        ("one_face.jpg,0_1", "valence must be"),
        ("one_face.jpg,1e999", "valence must be"),
    ],
)
def test_a_label_that_only_looks_like_a_number_is_not_scored(
    run: Run, labels: Path, row: str, says: str
) -> None:
    labels.write_text(f"path,valence\nneutral_face.jpg,0.1\n{row}\n")
    result = run("evaluate", labels, "--json")
    assert result.code == 2 and result.lines[0]["n"] == 1 and result.lines[0]["bad_labels"] == 1
    assert "line 3: " in result.err and says in result.err


def test_a_quote_that_does_not_close_is_refused(run: Run, labels: Path) -> None:
    labels.write_text('path,valence\none_face.jpg,"0.8\nneutral_face.jpg,0.1\n')
    result = run("evaluate", labels)
    assert result.code == 2 and "is not a table that can be read" in result.err


@pytest.mark.parametrize("failure", [WorkerDiedError(9), WorkerLateError("it took too long")])
def test_a_picture_that_ends_its_worker_costs_no_other(tmp_path: Path, failure: Exception) -> None:
    names = [*["a.jpg"] * 3, "deadly.jpg", *["b.jpg"] * 3]
    for name in names:
        (tmp_path / name).touch()

    class Mortal(ThisProcess):
        def run(self, function: Any, *given: Any, progress: Any = None) -> Any:
            _, paths = function.args
            if any(path.name == "deadly.jpg" for path in paths):
                raise failure
            return [(0.5, None)] * len(paths)

    rows = [Row(name, 0.1, tmp_path / name) for name in names]
    scored = list(predict(rows, AnalysisSettings(), Mortal(), crops=False))
    assert [one.fate.value for one in scored] == ["scored"] * 3 + ["unreadable"] + ["scored"] * 3
    assert scored[3].reason == str(failure)


def test_workers_hear_of_each_picture_so_that_only_one_that_lasts_is_late(labels: Path) -> None:
    told: list[tuple[int, int | None, float]] = []
    paths = [labels.parent / name for name in ("one_face.jpg", "no_face.jpg")]
    read = pictures.read_pictures(
        AnalysisSettings(), paths, crops=False, progress=lambda *step: told.append(step)
    )
    assert told == [(0, 2, 0.0), (1, 2, 0.0)] and [value is None for value, _ in read] == [False, True]


def test_many_pictures_side_by_side_have_the_same_figures(run: Run, labels: Path, tmp_path: Path) -> None:
    one = run("evaluate", labels, "--json").lines[0]
    head, *rows = labels.read_text().splitlines()
    labels.write_text("\n".join([head, *(rows * 30)]) + "\nbroken.jpg,0.5\n")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")

    many = run("evaluate", labels, "--json").lines[0]

    assert (many["n"], many["missed"], many["unreadable"]) == (60, 30, 1)
    assert many["rmse"] == pytest.approx(one["rmse"], abs=1e-4)


def test_groups_are_scored_each_by_itself(run: Run, labels: Path) -> None:
    head, *rows = labels.read_text().splitlines()
    labels.write_text("\n".join([f"{head},Age", f"{rows[0]},old", f"{rows[1]},young", f"{rows[2]},young"]))

    result = run("evaluate", labels, "--json", "--by", "age")

    assert result.code == 0
    by = result.lines[0]["by"]
    assert by["column"] == "age"
    old, young = by["groups"]
    assert (old["group"], old["n"], old["missed"]) == ("old", 1, 0)
    assert (young["group"], young["n"], young["missed"]) == ("young", 1, 1)
    assert old["bias"] == pytest.approx(old["read"] - 0.8, abs=2e-4) and old["small"]
    people = run("evaluate", labels, "--by", "age")
    assert "By age" in people.out and "Fewer than 30 faces" in people.out


def test_groups_of_a_column_that_is_not_there_are_one_clear_line(run: Run, labels: Path) -> None:
    result = run("evaluate", labels, "--by", "age")
    assert result.code == 2 and "no column 'age'" in result.err and result.err.count("\n") == 1
    assert "by" not in run("evaluate", labels, "--json").lines[0]


@pytest.mark.parametrize(("suffix", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("PDF", b"%PDF")])
def test_a_sheet_is_drawn_on_request(
    run: Run, labels: Path, tmp_path: Path, suffix: str, begins: bytes
) -> None:
    sheet = tmp_path / f"sheet.{suffix}"
    assert run("evaluate", labels, "--plot", sheet).code == 0
    assert sheet.read_bytes().startswith(begins)


def test_a_sheet_that_cannot_be_drawn_is_one_clear_line_before_anything_is_read(
    run: Run, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("evaluate", labels, "--plot", tmp_path / "sheet.docx")
    assert result.code == 2 and "ends in .png, .svg, .pdf" in result.err and result.err.count("\n") == 1
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("evaluate", labels, "--plot", tmp_path / "sheet.png")
    assert result.code == 2 and "matplotlib" in result.err and "training" in result.err
    assert not result.out and not (tmp_path / "sheet.png").exists()
