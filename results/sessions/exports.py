"""A session as files: CSV, summary, JSON, Parquet.

Columns are those of the samples, then what users said of each: `face_name`, and `excluded` (1 or 0); last
what is known of some samples only. What is excluded is in the rows, and left out of the statistics.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from results.database.errors import ExportError, NotFoundError
from results.database.files import utf8, written_atomically
from results.sessions.exclusions import excluded
from results.sessions.frame_times import all_frames
from results.sessions.reading import (
    face_names,
    find_session,
    load_events,
    load_samples,
    load_stretches,
    session_of,
)
from results.sessions.records import Kind
from results.sessions.rows import SESSION, SOURCE, Rows, Table, rows_of_session
from results.sessions.samples import Column, Samples
from results.sessions.statistics import face_statistics
from results.sessions.still_faces import still_faces
from results.sessions.store import Store, remove_files
from results.sessions.summaries import portable, summary

CSV_NAME = "valence.csv"
SUMMARY_NAME = "summary.json"
PARQUET_HELP = "Parquet needs the package pyarrow: install it with `python -m pip install pyarrow`."
_PIECE = 20_000
"""Rows of a CSV that are put into words at a time."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def csv_text(table: Table) -> str:
    """One line per row under the names of the columns, each number with the decimals that its column
    declares; what is not known is empty.

    The same table gives the same bytes on every machine.
    """
    return "".join(csv_pieces(table))


def csv_pieces(table: Table, header: bool = True) -> Iterator[str]:
    """The text of a CSV, some whole lines at a time."""
    told = _in_files(table)
    if header:
        yield ",".join(column.name for column in told) + "\n"
    for start in range(0, len(table), _PIECE):
        piece = slice(start, start + _PIECE)
        cells = [_cells(column, values[piece].tolist()) for column, values in told.items()]
        yield "".join(",".join(line) + "\n" for line in zip(*cells, strict=True))


def write_csv(table: Table, path: Path) -> None:
    """`valence.csv`. Raises ExportError when the file cannot be written."""
    with written_atomically(path) as file:
        file.write(utf8(csv_text(table)))


def write_summary(content: Mapping[str, Any], path: Path) -> None:
    """`summary.json`, indented for people."""
    with written_atomically(path) as file:
        file.write(utf8(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"))


def columns(table: Table) -> dict[str, list[Any]]:
    """The rows by column, under the names of the CSV, rounded as there; None where nothing is known."""
    return {
        column.name: ((values.round(column.decimals or 0) + 0.0) if column.type is float else values).tolist()
        for column, values in _in_files(table).items()  # + 0.0: no minus zero
    }


def json_text(content: Mapping[str, Any], table: Table) -> str:
    """The summary with one more field, `samples`: the columns of the CSV as lists of equal length."""
    whole = {**content, "samples": columns(table)}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(content: Mapping[str, Any], table: Table, path: Path) -> None:
    with written_atomically(path) as file:
        file.write(utf8(json_text(content, table)))


def write_parquet(content: Mapping[str, Any], table: Table, path: Path) -> None:
    """The columns of the CSV, unrounded; the summary is the file's metadata under the key `valence`."""
    made = arrow_table(table)
    made = made.replace_schema_metadata({"valence": utf8(json.dumps(content, ensure_ascii=False))})
    with written_atomically(path) as file:
        pyarrow().parquet.write_table(made, file)


def arrow_table(table: Table) -> Any:
    """The columns of the CSV, unrounded, as pyarrow has them. Raises ExportError without pyarrow."""
    pa = pyarrow()
    types = {float: pa.float64(), int: pa.int64(), str: pa.string(), bool: pa.bool_()}
    return pa.table(
        {
            column.name: pa.array(
                np.ma.getdata(values), types[column.type], mask=_mask(values), from_pandas=False
            )
            for column, values in _in_files(table).items()
        }
    )


def pyarrow() -> Any:
    """The package. Raises ExportError, which says how to get it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(PARQUET_HELP) from error
    return pyarrow


def summary_of(store: Store, session_id: str) -> tuple[dict[str, Any], Samples]:
    """A stored session's summary, with the statistics of what is not excluded, and all its samples."""
    content, rows = rows_and_summary(store, session_id)
    return content, rows.samples


def rows_and_summary(
    store: Store, session_id: str, *, every_frame: bool = False, of_many: bool = False
) -> tuple[dict[str, Any], Rows]:
    """A stored session's summary (see `portable` for files that go elsewhere) and the rows of its files.

    every_frame: also a row for each frame without a face; raises InputError where the session does not know
    when those were shown. of_many: begin with columns for the session and its source, for a table of several.
    """
    with store.database.read() as connection:
        row = find_session(connection, session_id)
        samples = load_samples(connection, row.key)
        names = face_names(connection, [row.key])[row.key]
        session = session_of(connection, row, names, store.root)
        session = replace(session, still_faces=still_faces(connection, row.key))
        events, stretches = load_events(connection, row.key), load_stretches(connection, row.key)
        frames = all_frames(connection, row, samples) if every_frame else None
    source = session.source if session.kind is Kind.LIVE else Path(session.source).name
    first = {SESSION: session.id, SOURCE: source} if of_many else None
    kept = samples[~excluded(samples, stretches)]
    content = summary(session, face_statistics(kept), events, stretches)
    content["excluded"] = {
        "samples": len(samples) - len(kept),
        "faces": [face for face in samples.faces if face not in kept.faces],
    }
    return content, rows_of_session(samples, names, stretches, frames, first)


def export(store: Store, session_id: str, form: Format, path: Path, *, every_frame: bool = False) -> None:
    """Write one stored session to `path`. every_frame: see `rows_and_summary`."""
    content, rows = rows_and_summary(store, session_id, every_frame=every_frame)
    if form is Format.CSV:
        write_csv(rows, path)
    elif form is Format.JSON:
        write_json(portable(content), rows, path)
    else:
        write_parquet(portable(content), rows, path)


def write_folder(store: Store, session_id: str, folder: Path | None = None, **others: Path) -> dict[str, Any]:
    """Write `valence.csv` and `summary.json` of a finished session into its folder (or another one), note
    them and `others` (`annotated=…`) as the session's files, and return the summary, with the paths that
    those have on this computer."""
    folder = folder or store.folder(store.get(session_id).id)
    files = {"csv": folder / CSV_NAME, "summary": folder / SUMMARY_NAME, **others}
    store.set_files(session_id, files)
    content, rows = rows_and_summary(store, session_id)
    write_csv(rows, files["csv"])
    write_summary(portable(content), files["summary"])
    return content


def refresh_folder(store: Store, session_id: str) -> None:
    """Write `valence.csv` and `summary.json` anew where a session has them, after users changed what they
    say: names, exclusions, faces.

    Raises ExportError, and NotFoundError where the session is gone by now, with its files.
    """
    files = {what: Path(file) for what, file in store.get(session_id).files.items()}
    there = {what: files[what] for what in ("csv", "summary") if what in files and files[what].is_file()}
    if not there:
        return
    content, rows = rows_and_summary(store, session_id)
    if "csv" in there:
        write_csv(rows, there["csv"])
    if "summary" in there:
        write_summary(portable(content), there["summary"])
    try:
        still = store.get(session_id).files
    except NotFoundError:  # deleted while they were written: they go, too
        remove_files(store.folder(session_id), there.values())
        raise
    remove_files(files=[path for what, path in there.items() if still.get(what) != str(path)])


def _in_files(table: Table) -> dict[Column, Any]:
    return {column: values for column, values in table.by_column().items() if column.decimals is not None}


def _cells(column: Column, values: list[Any]) -> list[str]:
    if column.type is str:
        return [_text_cell(value) if value else "" for value in values]
    if column.type is bool:
        return ["1" if value else "0" for value in values]
    form = "{}" if column.type is int else f"{{:z.{column.decimals}f}}"
    told = form.format
    return ["" if value is None else told(value) for value in values]


@lru_cache(maxsize=1024)
def _text_cell(text: str) -> str:
    """A name as a cell: quoted where CSV wants it, and with a ' before it where a spreadsheet would compute
    it (OWASP, CSV Injection)."""
    line = io.StringIO()
    # The writer quotes the line breaks of its own lines alone.
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow([f"'{text}" if text.startswith(_FORMULA) else text])
    return line.getvalue().removesuffix("\r\n")


def _mask(values: Any) -> Any:
    return np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
