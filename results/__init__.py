"""What is kept: sessions in the database, exports, audience curves, studies, reports."""

from results.clock import stimulus_time
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
from results.face_moments import FaceMoment, face_moments
from results.files import written_atomically
from results.findings import (
    Comparison,
    Findings,
    aggregate,
    compare,
    comparison_json,
    curve_csv,
    difference_csv,
    findings_json,
    require_viewers,
)
from results.panel import Options, Response
from results.records import Digest, Event, Kind, Samples, Session, State, Stretch, StretchKind
from results.report import pictures_wanted, report_html
from results.responses import responses
from results.statistics import NEUTRAL, FaceStatistics, face_statistics
from results.store import Store
from results.studies import Studies
from results.study_records import Segment, Stimulus, Study, Viewer, Viewing, study_json
from results.viewings import Viewings
from results.writer import SessionWriter

__all__ = [
    "NEUTRAL",
    "AmbiguousError",
    "Comparison",
    "DeletedError",
    "Digest",
    "Event",
    "ExportError",
    "FaceMoment",
    "FaceStatistics",
    "Findings",
    "Format",
    "Kind",
    "NotFoundError",
    "Options",
    "Response",
    "ResultsError",
    "Samples",
    "Segment",
    "Session",
    "SessionWriter",
    "State",
    "Stimulus",
    "Store",
    "StoreError",
    "Stretch",
    "StretchKind",
    "Studies",
    "Study",
    "StudyError",
    "Viewer",
    "Viewing",
    "Viewings",
    "aggregate",
    "compare",
    "comparison_json",
    "csv_text",
    "curve_csv",
    "difference_csv",
    "export",
    "face_moments",
    "face_statistics",
    "findings_json",
    "json_text",
    "outcome",
    "pictures_wanted",
    "report_html",
    "require_viewers",
    "responses",
    "stimulus_time",
    "study_json",
    "summary",
    "summary_of",
    "write_csv",
    "write_folder",
    "write_json",
    "write_parquet",
    "write_summary",
    "written_atomically",
]
