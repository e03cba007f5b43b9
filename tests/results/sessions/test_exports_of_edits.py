"""What exports say of faces, exclusions and frames that users have named, left out or asked for."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet
import pytest

from results import (
    FaceEdits,
    Format,
    InputError,
    NotFoundError,
    Store,
    export,
    refresh_folder,
    summary_of,
    write_folder,
)
from results.sessions import exports
from stream.frames import Box, Sample

COLUMNS = "time_s,frame,face_id,left,top,right,bottom,valence,valence_smoothed,quality,score"
ALL_COLUMNS = f"{COLUMNS},face_name,excluded,roll,yaw,pitch,eyes_closed,mouth_covered,half_covered"
"""What programs that read older files know comes first."""


@pytest.fixture
def marked(store: Store, finished: str) -> str:
    """`finished` with a name, and a second of face 1 and half a second of everybody excluded."""
    store.name_face(finished, 1, "Ann, née =B")
    store.add_stretch(finished, "excluded", 0.0, 1.0, face_id=1)
    store.add_stretch(finished, "excluded", 2.5, 3.0)
    store.add_stretch(finished, "marker", 1.5, label="logo")
    return finished


def test_every_row_says_whose_face_it_is_and_whether_it_is_excluded(
    store: Store, marked: str, tmp_path
) -> None:
    for form in Format:
        export(store, marked, form, tmp_path / f"x.{form}")

    with (tmp_path / "x.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = json.loads((tmp_path / "x.json").read_text())["samples"]
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    out = [row["excluded"] == "1" for row in rows]
    assert out == [
        (row["face_id"] == "1" and float(row["time_s"]) <= 1) or float(row["time_s"]) >= 2.5 for row in rows
    ]
    assert columns["excluded"] == table["excluded"].to_pylist() == out
    names = ["Ann, née =B" if row["face_id"] == "1" else None for row in rows]
    assert [row["face_name"] or None for row in rows] == names
    assert columns["face_name"] == table["face_name"].to_pylist() == names


@pytest.mark.parametrize("form", Format)
def test_statistics_are_those_of_what_is_not_excluded(store: Store, marked: str, tmp_path, form) -> None:
    export(store, marked, form, tmp_path / "x")
    if form is Format.PARQUET:
        content = json.loads(pyarrow.parquet.read_schema(tmp_path / "x").metadata[b"valence"])
    elif form is Format.JSON:
        content = json.loads((tmp_path / "x").read_text())
    else:
        write_folder(store, marked)
        content = json.loads((store.folder(marked) / "summary.json").read_text())
    first, second = content["faces"]
    samples = store.samples(marked, 1)
    kept = samples.valence[(samples.time > 1.0) & (samples.time < 2.5)]
    assert first["samples"] == len(kept) == 14 and second["samples"] == 5
    assert (first["valence_min"], first["valence_max"]) == (round(kept.min(), 4), round(kept.max(), 4))
    assert first["valence_mean"] == round(kept.mean(), 4)
    assert content["excluded"] == {"samples": 11 + 2 * 6, "faces": []}
    assert content["frames_with_faces"] == 31, "what was seen stays what was seen"


def test_a_face_that_is_excluded_altogether_has_no_statistics(store: Store, finished: str) -> None:
    store.add_stretch(finished, "excluded", 0.0, 3.0, face_id=2)
    content, samples = summary_of(store, finished)
    assert [face["face_id"] for face in content["faces"]] == [1]
    assert content["excluded"] == {"samples": 11, "faces": [2]} and len(samples) == 42


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@x", "＝1", '"', "a\nb", "a\rb", "a,b", " ", "Zoë", "=a,b"]
)
def test_a_name_is_one_cell_that_no_spreadsheet_computes(store: Store, finished: str, tmp_path, name) -> None:
    store.name_face(finished, 1, name)
    export(store, finished, Format.CSV, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 42
    expected = name.strip() if name[0] not in "=+-@＝" else f"'{name}"
    assert {row["face_name"] for row in rows if row["face_id"] == "1"} == {expected}
    assert {row["excluded"] for row in rows} == {"0"}


@pytest.mark.parametrize("form", Format)
def test_nothing_that_is_exported_says_where_it_lay(store: Store, tmp_path, form) -> None:
    with store.begin("secret", source=str(tmp_path / "films" / "ad.mp4"), kind="video") as writer:
        writer.progress(1, 0, 0.0)
    elsewhere = tmp_path / "results" / writer.id
    write_folder(
        store,
        writer.id,
        elsewhere,
        annotated=elsewhere / "annotated.mp4",
        recording=tmp_path / "up" / "ad.mp4",
    )
    export(store, writer.id, form, tmp_path / "x")
    for file in (tmp_path / "x", elsewhere / "summary.json", elsewhere / "valence.csv"):
        assert str(tmp_path).encode() not in file.read_bytes(), file
    if form is Format.JSON:
        content = json.loads((tmp_path / "x").read_text())
        assert content["input"] == "ad.mp4"
        assert content["files"] == {
            "csv": f"{writer.id}/valence.csv",
            "summary": f"{writer.id}/summary.json",
            "annotated": f"{writer.id}/annotated.mp4",
            "recording": "ad.mp4",
        }


def bare(store: Store) -> str:
    """A face in frames 2 and 3 of 6, two of it in the latter; a tenth of a second a frame."""
    with store.begin("bare", source="bare.mp4", kind="video") as writer:
        for frame in range(6):
            if frame in (2, 3):
                writer.add(
                    [
                        Sample(frame / 10, frame, face, Box(0, 0, 9, 9), 0.5, 0.5, 0.9, 0.8)
                        for face in range(1, frame)
                    ]
                )
            writer.progress(frame + 1, 1, frame / 10)
    store.add_stretch(writer.id, "excluded", 0.0, 0.1)
    store.add_stretch(writer.id, "excluded", 0.4, 0.5, face_id=1)
    store.name_face(writer.id, 1, "Ann")
    return writer.id


def test_every_frame_has_a_row_where_that_is_asked_for(store: Store, tmp_path) -> None:
    session = bare(store)
    export(store, session, Format.CSV, tmp_path / "x.csv", every_frame=True)
    face = "0.00,0.00,9.00,9.00,0.5000,0.5000,0.9000,0.8000"
    assert (tmp_path / "x.csv").read_text().splitlines() == [
        ALL_COLUMNS,
        "0.000000,0,,,,,,,,,,,1,,,,,,",
        "0.100000,1,,,,,,,,,,,1,,,,,,",
        f"0.200000,2,1,{face},Ann,0,,,,,,",
        f"0.300000,3,1,{face},Ann,0,,,,,,",
        f"0.300000,3,2,{face},,0,,,,,,",
        "0.400000,4,,,,,,,,,,,0,,,,,,",
        "0.500000,5,,,,,,,,,,,0,,,,,,",
    ]
    export(store, session, Format.CSV, tmp_path / "x.csv")
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 1 + 3


def test_every_frame_in_json_and_parquet(store: Store, tmp_path) -> None:
    session = bare(store)
    for form in (Format.JSON, Format.PARQUET):
        export(store, session, form, tmp_path / f"x.{form}", every_frame=True)
    columns = json.loads((tmp_path / "x.json").read_text())["samples"]
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet").to_pydict()
    assert columns == table
    assert columns["frame"] == [0, 1, 2, 3, 3, 4, 5]
    assert columns["face_id"] == [None, None, 1, 1, 2, None, None]
    assert columns["valence"] == [None, None, 0.5, 0.5, 0.5, None, None]
    assert columns["excluded"] == [True, True, False, False, False, False, False]


def test_a_session_without_a_face_still_has_frames(store: Store, tmp_path) -> None:
    with store.begin("none", source="wall.mp4", kind="video") as writer:
        for frame in range(3):
            writer.progress(frame + 1, 0, frame / 25)
    for form in Format:
        export(store, writer.id, form, tmp_path / f"x.{form}", every_frame=True)
    assert pyarrow.parquet.read_table(tmp_path / "x.parquet").num_rows == 3
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize("form", Format)
def test_a_session_that_does_not_know_its_frames_is_not_made_up(
    store: Store, finished: str, tmp_path, form
) -> None:
    with store.begin("old", source="old.mp4", kind="video") as writer:
        writer.progress(5, 0, 0.2)
    with pytest.raises(InputError, match="does not know when its frames without a face were shown"):
        export(store, writer.id, form, tmp_path / "x", every_frame=True)
    assert not (tmp_path / "x").exists()
    export(store, finished, form, tmp_path / "x", every_frame=True)  # every frame of it has a face


def test_what_lies_in_the_folder_follows(store: Store, finished: str) -> None:
    write_folder(store, finished)
    folder = store.folder(finished)
    store.name_face(finished, 1, "Ann")
    store.add_stretch(finished, "excluded", 0.0, 1.0, face_id=1)
    FaceEdits(store).split(finished, 1, 2.0)

    refresh_folder(store, finished)

    content = json.loads((folder / "summary.json").read_text())
    assert [(face["face_id"], face["name"], face["samples"]) for face in content["faces"]] == [
        (1, "Ann", 9),
        (2, None, 11),
        (3, None, 11),
    ]
    assert (folder / "valence.csv").read_text().count("Ann,1,,,,,,\n") == 11


def test_files_that_are_not_there_are_not_made(store: Store, finished: str) -> None:
    refresh_folder(store, finished)
    assert not store.folder(finished).exists(), "a session without files"
    write_folder(store, finished)
    (store.folder(finished) / "valence.csv").unlink()
    refresh_folder(store, finished)
    assert [path.name for path in store.folder(finished).iterdir()] == ["summary.json"]


def test_what_is_deleted_meanwhile_does_not_come_back(store: Store, finished: str, monkeypatch) -> None:
    write_folder(store, finished)
    written = exports.write_csv

    def slowly(table, path) -> None:
        store.delete(finished)
        written(table, path)

    monkeypatch.setattr(exports, "write_csv", slowly)
    with pytest.raises(NotFoundError):
        refresh_folder(store, finished)
    assert not store.folder(finished).exists()
