"""Many sessions in one table."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet
import pytest

from results import Format, InputError, Store, export_many, rows_and_summary
from results.sessions import many
from stream.frames import Box, Sample
from tests.results.made import sample

HEADER = (
    "session,source,time_s,frame,face_id,left,top,right,bottom,valence,valence_smoothed,quality,score,"
    "face_name,excluded,roll,yaw,pitch,eyes_closed,mouth_covered,half_covered,valence_error,arousal,"
    "expression_neutral,expression_happiness,expression_surprise,expression_sadness,expression_anger,"
    "expression_disgust,expression_fear,expression_contempt"
)


@pytest.fixture
def three(store: Store) -> list[str]:
    ids = []
    for name, frames in {"a": 3, "=b": 0, "c": 2}.items():
        with store.begin(name, source=f"/films/{name}.mp4", kind="video") as writer:
            for frame in range(frames):
                writer.add([sample(frame)])
                writer.progress(frame + 1, frame + 1, frame / 30)
        ids.append(writer.id)
    return ids


def written(store: Store, ids: list[str], form: Format, **more) -> tuple[bytes, list[str | None]]:
    file = io.BytesIO()
    file.close, close = lambda: None, file.close  # a Parquet file is closed by its writer
    done = list(export_many(store, ids, form, file, **more))
    data = file.getvalue()
    close()
    return data, done


def test_a_table_of_sessions(store: Store, three: list[str]) -> None:
    with store.begin("live", source="rtsp://camera/one", kind="live") as writer:
        writer.add([Sample(0.0, 0, 1, Box(0, 0, 9, 9), 0.5, 0.5, 0.9, 0.8)])
    ids = [*three, writer.id]
    data, done = written(store, ids, Format.CSV)
    lines = data.decode().splitlines()
    assert done == ids and lines[0] == HEADER and lines.count(HEADER) == 1
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert [(row["session"], row["source"]) for row in rows] == [
        *[(three[0], "a.mp4")] * 3,
        *[(three[2], "c.mp4")] * 2,
        (writer.id, "rtsp://camera/one"),
    ]
    assert [row["frame"] for row in rows] == ["0", "1", "2", "0", "1", "0"]

    parquet, _ = written(store, ids, Format.PARQUET)
    table = pyarrow.parquet.read_table(io.BytesIO(parquet))
    assert table.column_names == HEADER.split(",")
    assert table["session"].to_pylist() == [row["session"] for row in rows]
    contents = json.loads(pyarrow.parquet.read_metadata(io.BytesIO(parquet)).metadata[b"valence"])
    assert [content["session"] for content in contents] == ids

    listed = json.loads(written(store, ids, Format.JSON)[0])
    assert [len(content["samples"]["frame"]) for content in listed] == [3, 0, 2, 1]
    assert b"/films" not in data + parquet and listed[0]["input"] == "a.mp4"


def test_a_source_that_a_spreadsheet_would_compute_is_a_name(store: Store) -> None:
    with store.begin("x", source="=1+1.mp4", kind="video") as writer:
        writer.add([sample()])
    data, _ = written(store, [writer.id], Format.CSV)
    assert data.decode().splitlines()[1].split(",")[1] == "'=1+1.mp4"


@pytest.mark.parametrize("form", Format)
def test_one_that_was_deleted_meanwhile_is_left_out(store: Store, three: list[str], form) -> None:
    _, done = written(store, [three[0], "gone", three[2]], form)
    assert done == [three[0], None, three[2]]
    data, done = written(store, [], form)
    assert done == [] and (form is not Format.JSON or json.loads(data) == [])


@pytest.mark.parametrize("form", Format)
def test_only_one_session_is_in_memory_at_a_time(store: Store, three: list[str], monkeypatch, form) -> None:
    read: list[str] = []

    def reading(store: Store, session_id: str, **more):
        read.append(session_id)
        return rows_and_summary(store, session_id, **more)

    monkeypatch.setattr(many, "rows_and_summary", reading)
    for number, done in enumerate(export_many(store, three, form, io.BytesIO()), 1):
        assert read == three[:number] and done == read[-1], "written before the next one is read"


def test_every_frame_of_many(store: Store, three: list[str]) -> None:
    with store.begin("walls", source="w.mp4", kind="video") as writer:
        writer.progress(1, 0, 0.0)
        writer.progress(2, 0, 0.04)
    data, _ = written(store, [three[0], writer.id], Format.CSV, every_frame=True)
    assert [line.split(",")[2:5] for line in data.decode().splitlines()[4:]] == [
        ["0.000000", "0", ""],
        ["0.040000", "1", ""],
    ]
    with store.begin("old", source="o.mp4", kind="video") as old:
        old.progress(5, 0, 0.2)
    with pytest.raises(InputError, match=old.id):
        written(store, [three[0], old.id], Format.CSV, every_frame=True)
