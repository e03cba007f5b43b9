"""Sessions as files that other programs read."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from results import (
    ExportError,
    Format,
    Store,
    export,
    face_statistics,
    outcome,
    summary_of,
    write_csv,
    write_folder,
)
from stream.frames import Box, Sample

COLUMNS = "time_s,frame,face_id,left,top,right,bottom,valence,valence_smoothed,quality,score"
ALL_COLUMNS = f"{COLUMNS},face_name,excluded,roll,yaw,pitch,eyes_closed,mouth_covered,half_covered"
"""What programs that read older files know comes first."""


def test_the_csv_has_exactly_the_promised_columns_and_digits(store: Store, finished: str, tmp_path) -> None:
    export(store, finished, Format.CSV, tmp_path / "valence.csv")

    lines = (tmp_path / "valence.csv").read_text().splitlines()
    assert lines[0] == ALL_COLUMNS
    assert lines[1] == "0.000000,0,1,10.00,20.00,110.13,140.00,-0.5000,-0.4000,0.9000,0.7000,,0,,,,,,"
    assert lines[-1] == "3.000000,30,2,-5.00,0.00,40.00,45.50,0.0000,0.3000,0.4000,0.0000,,0,,,,,,", (
        "no minus zero"
    )
    assert len(lines) == 1 + 31 + 11


def test_the_same_samples_give_the_same_bytes(store: Store, finished: str, tmp_path) -> None:
    for name in ("one", "two"):
        export(store, finished, Format.CSV, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_an_empty_session_gives_a_header_and_no_faces(store: Store, tmp_path) -> None:
    with store.begin("none", source="wall.mp4", kind="video") as writer:
        writer.progress(5, 0, 0.2)

    content = write_folder(store, writer.id)

    assert (writer.folder / "valence.csv").read_text() == ALL_COLUMNS + "\n"
    assert content["faces"] == [] and content["frames"] == 5


def test_the_folder_holds_csv_and_summary_and_the_session_knows_them(store: Store, finished: str) -> None:
    annotated = store.folder(finished) / "annotated.mp4"

    content = write_folder(store, finished, annotated=annotated)

    folder = store.folder(finished)
    assert content["files"] == {
        "csv": str(folder / "valence.csv"),
        "summary": str(folder / "summary.json"),
        "annotated": str(annotated),
    }
    written = json.loads((folder / "summary.json").read_text())
    assert written == {
        **content,
        "files": {what: f"{finished}/{Path(file).name}" for what, file in content["files"].items()},
    }
    assert sorted(path.name for path in folder.iterdir()) == ["summary.json", "valence.csv"], "no leftovers"


def test_the_summary_says_what_analyze_promises_and_how_it_came_about(store: Store, finished: str) -> None:
    content, samples = summary_of(store, finished)
    printed = outcome(store.get(finished), face_statistics(samples))

    assert list(printed) == [
        "input",
        "kind",
        "session",
        "frames",
        "frames_with_faces",
        "duration_s",
        "faces",
        "files",
    ]
    assert printed["faces"][0] == {
        "face_id": 1,
        "first_s": 0.0,
        "last_s": 3.0,
        "samples": 31,
        "valence_mean": 0.0,
        "valence_min": -0.5,
        "valence_max": 0.5,
        "box": [10.0, 20.0, 110.13, 140.0],
    }
    assert {**content, "faces": None, "files": None}.items() >= {
        **printed,
        "faces": None,
        "files": None,
    }.items()
    assert content["model"] == {"name": "test-model", "sha256": "c0ffee"}
    assert content["device"] == "CPUExecutionProvider"
    assert content["settings"] == {"detector": "hog"}
    assert content["events"] == [{"time_s": 3.0, "kind": "cut", "text": "The source ended early."}]
    assert content["version"] and content["state"] == "done"


def test_statistics_per_face_agree_with_the_csv(store: Store, finished: str, tmp_path) -> None:
    export(store, finished, Format.CSV, tmp_path / "valence.csv")
    with (tmp_path / "valence.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["face_id"] == "1"]
    raw = np.array([float(row["valence"]) for row in rows])
    smoothed = np.array([float(row["valence_smoothed"]) for row in rows])

    first, second = summary_of(store, finished)[0]["faces"]

    assert first["valence_mean"] == pytest.approx(raw.mean(), abs=1e-4)
    assert (first["valence_min"], first["valence_max"]) == (raw.min(), raw.max())
    assert first["share_positive"] == pytest.approx(np.mean(smoothed > 0.1), abs=1e-4)
    assert first["share_negative"] == pytest.approx(np.mean(smoothed < -0.1), abs=1e-4)
    assert (first["peak_s"], first["trough_s"]) == (3.0, 0.0)
    assert first["quality_mean"] == 0.9
    assert (first["carried"], second["carried"]) == (0, 11)
    assert (second["first_s"], second["last_s"], second["share_positive"]) == (2.0, 3.0, 1.0)


def test_an_image_has_one_value_per_face(store: Store) -> None:
    with store.begin("portrait", source="portrait.jpg", kind="image") as writer:
        writer.add([Sample(0.0, 0, 1, Box(0, 0, 9, 9), 0.31, 0.31, 0.8, 0.9)])
        writer.progress(1, 1, 0.0)

    (face,) = summary_of(store, writer.id)[0]["faces"]
    assert face["valence_mean"] == face["valence_min"] == face["valence_max"] == 0.31


def test_json_parquet_and_csv_say_the_same(store: Store, finished: str, tmp_path) -> None:
    for form in Format:
        export(store, finished, form, tmp_path / f"x.{form}")

    content = json.loads((tmp_path / "x.json").read_text())
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    with (tmp_path / "x.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(content["samples"]) == table.column_names == ALL_COLUMNS.split(",")
    for name in COLUMNS.split(","):
        in_csv = [float(row[name]) for row in rows]
        assert content["samples"][name] == in_csv
        np.testing.assert_allclose(table[name].to_numpy(), in_csv, atol=0.0051)
    assert json.loads(table.schema.metadata[b"valence"])["session"] == content["session"] == finished


def test_parquet_without_pyarrow_says_how_to_get_it(
    store: Store, finished: str, tmp_path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(ExportError, match="pip install pyarrow"):
        export(store, finished, Format.PARQUET, tmp_path / "x.parquet")
    assert list(tmp_path.glob("x*")) == []


def test_a_failed_write_leaves_the_old_file(store: Store, finished: str, tmp_path, monkeypatch) -> None:
    target = tmp_path / "valence.csv"
    target.write_text("old")
    monkeypatch.setattr("results.sessions.exports.csv_text", lambda _samples: b"no text")  # cannot be encoded

    with pytest.raises(AttributeError):
        write_csv(store.samples(finished), target)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["valence.csv"]
    assert target.read_text() == "old"


def test_a_folder_in_the_way_is_one_clear_error(store: Store, finished: str, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()

    for path in (tmp_path / "taken", tmp_path / "file" / "x.csv"):
        with pytest.raises(ExportError, match="cannot be written"):
            export(store, finished, Format.CSV, path)


def test_files_get_the_usual_permissions(store: Store, finished: str, tmp_path: Path) -> None:
    export(store, finished, Format.CSV, tmp_path / "x.csv")
    (tmp_path / "plain").touch()

    assert (tmp_path / "x.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode
