"""Many sessions in one table, one after the other: only one of them is in memory at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

from results.database.errors import NotFoundError
from results.database.files import utf8
from results.sessions.exports import (
    Format,
    arrow_table,
    csv_pieces,
    json_text,
    pyarrow,
    rows_and_summary,
)
from results.sessions.rows import Rows
from results.sessions.store import Store
from results.sessions.summaries import portable

ROW_GROUP = 100_000
"""Rows of a Parquet file that are compressed together."""

_Told = tuple[str, dict[str, Any], Rows]


def export_many(
    store: Store, session_ids: Iterable[str], form: Format, file: IO[bytes], *, every_frame: bool = False
) -> Iterator[str | None]:
    """Write sessions to an open file, as they come; yields the id of each that is written by then, None for
    one that was deleted meanwhile. What it writes is whole only when it has come to its end.

    CSV and Parquet are one table, whose first columns are `session` and `source`; JSON is a list of what
    `export` writes of each. every_frame: see `rows_and_summary`.
    """
    sessions = _told(store, session_ids, every_frame, form is not Format.JSON)
    if form is Format.CSV:
        return _csv(sessions, file)
    return _json(sessions, file) if form is Format.JSON else _parquet(sessions, file)


def _told(store: Store, session_ids: Iterable[str], every_frame: bool, table: bool) -> Iterator[_Told | None]:
    for session_id in session_ids:
        try:
            content, rows = rows_and_summary(store, session_id, every_frame=every_frame, of_many=table)
        except NotFoundError:
            yield None
        else:
            yield session_id, portable(content), rows


def _csv(sessions: Iterator[_Told | None], file: IO[bytes]) -> Iterator[str | None]:
    header = True
    for told in sessions:
        if told is None:
            yield None
            continue
        session_id, _, rows = told
        for piece in csv_pieces(rows, header):
            file.write(utf8(piece))
        header = False
        yield session_id


def _json(sessions: Iterator[_Told | None], file: IO[bytes]) -> Iterator[str | None]:
    before = "["
    for told in sessions:
        if told is None:
            yield None
            continue
        session_id, content, rows = told
        file.write(utf8(before + json_text(content, rows).rstrip("\n")))
        before = ",\n"
        yield session_id
    file.write(utf8("]\n" if before != "[" else "[]\n"))


def _parquet(sessions: Iterator[_Told | None], file: IO[bytes]) -> Iterator[str | None]:
    pa, writer, contents = pyarrow(), None, []
    try:
        for told in sessions:
            if told is None:
                yield None
                continue
            session_id, content, rows = told
            table = arrow_table(rows)
            writer = writer or pa.parquet.ParquetWriter(file, table.schema)
            writer.write_table(table, row_group_size=ROW_GROUP)
            contents.append(content)
            yield session_id
        if writer is not None:
            writer.add_key_value_metadata({"valence": utf8(json.dumps(contents, ensure_ascii=False))})
    finally:
        if writer is not None:
            writer.close()
