"""What networks say beside valence, from the samples to the files; of those that say nothing, nothing."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet
import pytest

from results import FaceEdits, Format, Store, export, export_many, face_statistics, summary_of
from results.sessions.samples import AROUSAL, ERROR, EXPRESSIONS
from stream.frames import Extras, Sample
from tests.results.made import begin, sample

BESIDE = [ERROR.name, AROUSAL.name, "expression_neutral", "expression_happiness"]


def told(frame: int, face_id: int = 1, error: float = 0.1, arousal: float = 0.5) -> Sample:
    """A sample by a network that knows two expressions."""
    known = Extras(valence_error=error, arousal=arousal, expression_neutral=0.25, expression_happiness=0.75)
    return replace(sample(frame, face_id), extras=known)


@pytest.fixture
def session(store: Store) -> str:
    with begin(store) as writer:
        writer.add([told(0, error=0.1, arousal=0.4), told(1, error=0.3, arousal=0.6), sample(2)])
    return writer.id


def test_files_have_what_is_known(store: Store, session: str, tmp_path) -> None:
    for form in Format:
        export(store, session, form, tmp_path / f"x.{form}")
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert list(rows[0])[-4:] == BESIDE
    assert [row["valence_error"] for row in rows] == ["0.1000", "0.3000", ""]
    assert rows[1]["expression_happiness"] == "0.7500"
    columns = json.loads((tmp_path / "x.json").read_text())["samples"]
    assert columns["arousal"] == [0.4, 0.6, None] and list(columns)[-4:] == BESIDE
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    assert table.column_names[-4:] == BESIDE and table["arousal"].to_pylist() == [0.4, 0.6, None]


def test_a_table_of_sessions_has_all_columns_whoever_comes_first(store: Store, session: str) -> None:
    with begin(store, "bare") as writer:
        writer.add([sample()])
    for ids in ([session, writer.id], [writer.id, session]):
        for form in (Format.CSV, Format.PARQUET):
            file = io.BytesIO()
            file.close, close = lambda: None, file.close
            list(export_many(store, ids, form, file))
            data = file.getvalue()
            close()
            if form is Format.CSV:
                rows = list(csv.DictReader(io.StringIO(data.decode())))
                known = {row["session"]: row["arousal"] for row in rows if row["frame"] == "0"}
                assert known == {session: "0.4000", writer.id: ""}
                assert list(rows[0])[-8:] == [column.name for column in EXPRESSIONS]
            else:
                assert pyarrow.parquet.read_table(io.BytesIO(data))["arousal"].null_count == 2


def test_means_of_a_face_have_the_mean_of_its_errors(store: Store, session: str) -> None:
    """A longer look at one face does not make what a network misreads in it any smaller."""
    content, samples = summary_of(store, session)
    (face,) = content["faces"]
    assert face["valence_error"] == 0.2
    assert face["outputs"] == {"arousal": 0.5, "expression_neutral": 0.25, "expression_happiness": 0.75}
    (twice,) = face_statistics(samples[np.array([0, 1, 0, 1])])
    assert twice.valence_error == pytest.approx(0.2)


def test_who_says_valence_alone_has_nothing_empty(store: Store) -> None:
    with begin(store) as writer:
        writer.add([sample()])
    content, samples = summary_of(store, writer.id)
    (face,) = content["faces"]
    assert face["valence_error"] is None and face["outputs"] == {}
    assert not {column.name for column in samples.by_column()} & {
        c.name for c in (ERROR, AROUSAL, *EXPRESSIONS)
    }


def test_faces_that_are_merged_keep_what_is_known_of_them(store: Store) -> None:
    with begin(store) as writer:
        writer.add([told(0, 1, arousal=0.1)])
        writer.add([told(1, 2, arousal=0.9)])
    FaceEdits(store).merge(writer.id, [1, 2])
    samples = store.samples(writer.id)
    assert samples.faces == [1] and samples.extra(AROUSAL).tolist() == [0.1, 0.9]
