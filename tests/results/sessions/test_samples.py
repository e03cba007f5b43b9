"""One declaration of a sample's columns, which everything that holds, writes or sends samples follows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from itertools import chain

import numpy as np
import pyarrow.parquet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, create_engine, insert, inspect, select

from results import Format, Samples, Store, csv_text, export
from results.database.schema import Base, SessionRow
from results.sessions.exports import columns, write_parquet
from results.sessions.records import Floats
from results.sessions.samples import EXTRAS, SAMPLE_COLUMNS, Column, Sample, columns_of
from results.sessions.table import SAMPLES, row_maker, sample_table
from stream.frames import Box, Extras
from stream.frames import Sample as StreamSample
from tests.results.made import begin, sample

DECLARED = tuple(chain.from_iterable(SAMPLE_COLUMNS.values()))


def test_everything_that_knows_columns_knows_the_declared_ones(store: Store, tmp_path) -> None:
    with begin(store) as writer:
        writer.add([sample()])
    for form in Format:
        export(store, writer.id, form, tmp_path / f"x.{form}")

    in_files = [column.name for column in DECLARED if column.decimals is not None and not column.optional]
    in_files += ["face_name", "excluded"]  # what users say of a sample
    in_files += [column.name for column in EXTRAS if not column.output]  # nothing is known of outputs
    assert (tmp_path / "x.csv").read_text().splitlines()[0].split(",") == in_files
    assert list(json.loads((tmp_path / "x.json").read_text())["samples"]) == in_files
    assert pyarrow.parquet.read_table(tmp_path / "x.parquet").column_names == in_files
    stored = [column["name"] for column in inspect(store.database.engine).get_columns("samples")]
    assert sorted(stored) == sorted(["session_key", *(column.stored for column in DECLARED)])
    handed_in = [name for name, value in vars(Sample).items() if isinstance(value, property)]
    assert handed_in == [part.name for part in fields(StreamSample)] == list(SAMPLE_COLUMNS)
    assert [column.name for column in EXTRAS] == list(Extras._fields)


def test_a_session_has_a_sample_s_place_by_frame_and_face() -> None:
    assert [column.name for column in SAMPLES.primary_key] == ["session_key", "frame", "face_id"]
    assert SAMPLES is Base.metadata.tables["samples"], "it is made with all other tables"


@dataclass(frozen=True)
class Turned(Samples):
    """A copy of the declaration with more columns: what a later version might add."""

    pose: Floats = field(
        metadata={
            "columns": (
                Column("tilt_deg", "tilt", unit="°", decimals=1),
                Column("turn_deg", "turn", unit="°", decimals=2),
            )
        }
    )
    hidden: Floats = field(metadata={"columns": (Column("", "hidden"),)})


@dataclass(frozen=True)
class TurnedSample(StreamSample):
    pose: tuple[float, float] = (0.0, 0.0)
    hidden: float = 0.0


def test_a_column_that_is_added_is_stored_read_and_exported(tmp_path) -> None:
    metadata = MetaData()
    Base.metadata.tables[SessionRow.__tablename__].to_metadata(metadata)
    table = sample_table(metadata, Turned)
    handed_in = [
        TurnedSample(0.1 * n, n, 1, Box(0, 0, 9, 9), 0.5, 0.5, 0.9, 0.8, pose=(-0.04, 12.346 * n), hidden=7)
        for n in range(2)
    ]
    stored = [column.stored for column in chain.from_iterable(columns_of(Turned).values())]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        rows = row_maker(Turned)(1, handed_in)
        connection.execute(
            insert(table), [dict(zip(["session_key", *stored], row, strict=True)) for row in rows]
        )
        found = Turned.from_rows(connection.execute(select(*(table.c[name] for name in stored))).fetchall())
    engine.dispose()

    assert found.pose.tolist() == [[-0.04, 0.0], [-0.04, 12.346]] and found.hidden.tolist() == [7, 7]
    assert csv_text(found[1:]).splitlines() == [
        "time_s,frame,face_id,left,top,right,bottom,valence,valence_smoothed,quality,score,"
        "roll,yaw,pitch,eyes_closed,mouth_covered,half_covered,tilt_deg,turn_deg",
        "0.100000,1,1,0.00,0.00,9.00,9.00,0.5000,0.5000,0.9000,0.8000,,,,,,,0.0,12.35",
    ]
    assert columns(found)["turn_deg"] == [0.0, 12.35]
    write_parquet({}, found, tmp_path / "x.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "x.parquet")["tilt_deg"].to_pylist() == [-0.04, -0.04]


def test_what_a_network_tells_of_some_faces_is_an_empty_cell_for_others(store: Store, tmp_path) -> None:
    pose = Extras(roll=-12.345, yaw=30.0, pitch=-0.01, eyes_closed=0.98765)
    with begin(store) as writer:
        writer.add([replace(sample(0), extras=pose), sample(1)])

    assert store.samples(writer.id).extras[0, :4].tolist() == list(pose[:4])
    for form in Format:
        export(store, writer.id, form, tmp_path / f"x.{form}", every_frame=form is Format.CSV)
    first, second = (tmp_path / "x.csv").read_text().splitlines()[1:]
    assert first.endswith(",,0,-12.3,30.0,0.0,0.988,,") and second.endswith(",,0,,,,,,")
    told = json.loads((tmp_path / "x.json").read_text())["samples"]
    assert (told["roll"], told["mouth_covered"]) == ([-12.3, None], [None, None])
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    assert table["eyes_closed"].to_pylist() == [0.98765, None]


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
perhaps = st.none() | numbers


@given(
    st.lists(
        st.tuples(
            numbers, st.integers(0, 2**40), st.integers(1, 9), *[numbers] * 8, *[perhaps] * len(EXTRAS)
        ),
        max_size=20,
    )
)
def test_rows_become_columns_and_columns_rows(rows) -> None:
    samples = Samples.from_rows(rows)

    assert len(samples) == len(rows) and samples.box.shape == (len(rows), 4)
    assert (samples.frame.dtype, samples.time.dtype) == (np.int64, np.float64)
    by_column = samples.by_column(every=True)
    assert tuple(by_column) == DECLARED
    assert list(zip(*(values.tolist() for values in by_column.values()), strict=True)) == rows
    kept = samples[samples.face_id == 1]
    assert kept.box.tolist() == [list(row[3:7]) for row in rows if row[2] == 1]
