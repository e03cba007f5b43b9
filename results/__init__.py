"""What is kept: sessions in the database, exports, audience curves, studies, reports."""

from results.errors import (
    AmbiguousError,
    DeletedError,
    ExportError,
    NotFoundError,
    ResultsError,
    StoreError,
    StudyError,
)
from results.exports import (
    Format,
    csv_text,
    export,
    json_text,
    outcome,
    summary,
    summary_of,
    write_csv,
    write_folder,
    write_json,
    write_parquet,
    write_summary,
)
from results.records import Digest, Event, Kind, Samples, Session, State, Stretch, StretchKind
from results.statistics import NEUTRAL, FaceStatistics, face_statistics
from results.store import Store
from results.writer import SessionWriter

__all__ = [
    "NEUTRAL",
    "AmbiguousError",
    "DeletedError",
    "Digest",
    "Event",
    "ExportError",
    "FaceStatistics",
    "Format",
    "Kind",
    "NotFoundError",
    "ResultsError",
    "Samples",
    "Session",
    "SessionWriter",
    "State",
    "Store",
    "StoreError",
    "Stretch",
    "StretchKind",
    "StudyError",
    "csv_text",
    "export",
    "face_statistics",
    "json_text",
    "outcome",
    "summary",
    "summary_of",
    "write_csv",
    "write_folder",
    "write_json",
    "write_parquet",
    "write_summary",
]
