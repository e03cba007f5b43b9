"""A session as files: CSV, summary, JSON, Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from results.database.errors import ExportError
from results.database.files import utf8, written_atomically
from results.sessions.records import Event, Floats, Ints, Session, Stretch
from results.sessions.samples import Column, Samples
from results.sessions.statistics import FaceStatistics, face_statistics
from results.sessions.store import Store

CSV_NAME = "valence.csv"
SUMMARY_NAME = "summary.json"
PARQUET_HELP = (
    "Parquet needs the package pyarrow: install it with `pip install pyarrow`, "
    "or this program with its extra, `pip install 'valence-detector[parquet]'`."
)
_CONTRACT = (
    "face_id",
    "first_s",
    "last_s",
    "samples",
    "valence_mean",
    "valence_min",
    "valence_max",
    "box",
)


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def csv_text(samples: Samples) -> str:
    """One line per sample under the names of the columns, each with the decimals that it declares.

    The same samples give the same bytes on every machine.
    """
    told = _in_files(samples)
    header = ",".join(column.name for column in told)
    line = ",".join("{}" if column.type is int else f"{{:z.{column.decimals}f}}" for column in told)
    rows = map(line.format, *(values.tolist() for values in told.values()))
    return "\n".join([header, *rows]) + "\n"


def write_csv(samples: Samples, path: Path) -> None:
    """`valence.csv`. Raises ExportError when the file cannot be written."""
    with written_atomically(path) as file:
        file.write(utf8(csv_text(samples)))


def outcome(session: Session, faces: Sequence[FaceStatistics]) -> dict[str, Any]:
    """What `valence analyze --json` prints of one input."""
    return {
        "input": session.source,
        "kind": session.kind.value,
        "session": session.id,
        "frames": session.frames,
        "frames_with_faces": session.frames_with_faces,
        "duration_s": round(session.duration_s, 6),
        "faces": [{name: _rounded_face(face)[name] for name in _CONTRACT} for face in faces],
        "files": dict(session.files),
    }


def summary(
    session: Session,
    faces: Sequence[FaceStatistics],
    events: Sequence[Event] = (),
    stretches: Sequence[Stretch] = (),
) -> dict[str, Any]:
    """The outcome, how it came about (model, device, settings, events), and all statistics of each face."""
    return {
        **outcome(session, faces),
        "faces": [{**_rounded_face(face), "name": session.face_names.get(face.face_id)} for face in faces],
        "name": session.name,
        "created": session.created.isoformat(timespec="seconds"),
        "state": session.state.value,
        "error": session.error,
        "model": {"name": session.model_name, "sha256": session.model_sha256},
        "device": session.device,
        "settings": dict(session.settings),
        "events": [{"time_s": round(e.time, 6), "kind": e.kind, "text": e.text} for e in events],
        "stretches": [
            {
                "kind": s.kind.value,
                "start_s": round(s.start, 6),
                "end_s": round(s.end, 6),
                "label": s.label,
                "face_id": s.face_id,
            }
            for s in stretches
        ],
        "version": program_version(),
    }


def write_summary(content: Mapping[str, Any], path: Path) -> None:
    """`summary.json`, indented for people."""
    with written_atomically(path) as file:
        file.write(utf8(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"))


def columns(samples: Samples) -> dict[str, list[float] | list[int]]:
    """The samples by column, under the names of the CSV, rounded as there."""
    return {
        column.name: (values if column.type is int else values.round(column.decimals or 0) + 0.0).tolist()
        for column, values in _in_files(samples).items()  # + 0.0: no minus zero
    }


def json_text(content: Mapping[str, Any], samples: Samples) -> str:
    """The summary with one more field, `samples`: the columns of the CSV as lists of equal length."""
    whole = {**content, "samples": columns(samples)}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(content: Mapping[str, Any], samples: Samples, path: Path) -> None:
    with written_atomically(path) as file:
        file.write(utf8(json_text(content, samples)))


def write_parquet(content: Mapping[str, Any], samples: Samples, path: Path) -> None:
    """The columns of the CSV, unrounded; the summary is the file's metadata under the key `valence`."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(PARQUET_HELP) from error
    table = pyarrow.table({column.name: values for column, values in _in_files(samples).items()})
    table = table.replace_schema_metadata({"valence": utf8(json.dumps(content, ensure_ascii=False))})
    with written_atomically(path) as file:
        pyarrow.parquet.write_table(table, file)


def summary_of(store: Store, session_id: str) -> tuple[dict[str, Any], Samples]:
    """A stored session's summary and samples."""
    session = store.get(session_id)
    samples = store.samples(session.id)
    content = summary(
        session, face_statistics(samples), store.events(session.id), store.stretches(session.id)
    )
    return content, samples


def export(store: Store, session_id: str, form: Format, path: Path) -> None:
    """Write one stored session to `path`."""
    content, samples = summary_of(store, session_id)
    if form is Format.CSV:
        write_csv(samples, path)
    elif form is Format.JSON:
        write_json(content, samples, path)
    else:
        write_parquet(content, samples, path)


def write_folder(store: Store, session_id: str, folder: Path | None = None, **others: Path) -> dict[str, Any]:
    """Write `valence.csv` and `summary.json` of a finished session into its folder (or another one), note
    them and `others` (`annotated=…`) as the session's files, and return the summary."""
    folder = folder or store.folder(store.get(session_id).id)
    files = {"csv": folder / CSV_NAME, "summary": folder / SUMMARY_NAME, **others}
    store.set_files(session_id, files)
    content, samples = summary_of(store, session_id)
    write_csv(samples, files["csv"])
    write_summary(content, files["summary"])
    return content


def program_version() -> str:
    try:
        return metadata.version("valence-detector")
    except metadata.PackageNotFoundError:
        return "unknown"


def _in_files(samples: Samples) -> dict[Column, Floats | Ints]:
    return {column: values for column, values in samples.by_column().items() if column.decimals is not None}


def _rounded_face(face: FaceStatistics) -> dict[str, Any]:
    """Times to the microsecond, box edges to the hundredth, values to four places."""
    rounded: dict[str, Any] = {}
    for name, value in asdict(face).items():
        if name == "box":
            rounded[name] = [round(edge, 2) + 0.0 for edge in value]
        elif isinstance(value, float):
            rounded[name] = round(value, 6 if name.endswith("_s") else 4) + 0.0
        else:
            rounded[name] = value
    return rounded
