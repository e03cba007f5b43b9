"""What is kept: sessions in the database, exports, audience curves, studies, reports."""

from results.access.audit import Audit, AuditLine, nameless
from results.access.links import Link, Links
from results.access.operators import Operator, Operators
from results.access.secrets import hashed, new_token, shared_secret
from results.access.sign_ins import SIGNED_IN_FOR, SignIn, SignIns
from results.access.tokens import Token, Tokens
from results.audience.clock import stimulus_time
from results.audience.panel import Options, Response
from results.database.errors import (
    AccessError,
    AmbiguousError,
    DeletedError,
    ExportError,
    InputError,
    NotFoundError,
    ResultsError,
    StoreError,
    StudyError,
)
from results.database.files import utf8, written_atomically
from results.jobs.records import Beat, Job
from results.jobs.records import Status as JobStatus
from results.jobs.store import Jobs
from results.report.page import pictures_wanted, report_html
from results.sessions.arrays import arrays, data_frame
from results.sessions.exclusions import excluded
from results.sessions.exports import (
    Format,
    csv_text,
    export,
    json_text,
    refresh_folder,
    rows_and_summary,
    summary_of,
    write_csv,
    write_folder,
    write_json,
    write_parquet,
    write_summary,
)
from results.sessions.face_edits import FaceEdit, FaceEditKind, FaceEdits
from results.sessions.face_moments import FaceMoment, face_moments
from results.sessions.many import export_many
from results.sessions.records import Digest, Event, Kind, Session, State, Stretch, StretchKind
from results.sessions.samples import EXTRAS, SAMPLE_COLUMNS, Column, Samples
from results.sessions.statistics import NEUTRAL, FaceStatistics, face_statistics
from results.sessions.store import LONGEST_TAG, MOST_TAGS, Store
from results.sessions.summaries import outcome, portable, portable_input, summary
from results.sessions.writer import SessionWriter
from results.studies.findings import (
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
from results.studies.records import Segment, Stimulus, Study, Viewer, Viewing, Where, study_json
from results.studies.responses import VALENCE, responses
from results.studies.store import Studies
from results.studies.viewings import Viewings

__all__ = [
    "EXTRAS",
    "LONGEST_TAG",
    "MOST_TAGS",
    "NEUTRAL",
    "SAMPLE_COLUMNS",
    "SIGNED_IN_FOR",
    "VALENCE",
    "AccessError",
    "AmbiguousError",
    "Audit",
    "AuditLine",
    "Beat",
    "Column",
    "Comparison",
    "DeletedError",
    "Digest",
    "Event",
    "ExportError",
    "FaceEdit",
    "FaceEditKind",
    "FaceEdits",
    "FaceMoment",
    "FaceStatistics",
    "Findings",
    "Format",
    "InputError",
    "Job",
    "JobStatus",
    "Jobs",
    "Kind",
    "Link",
    "Links",
    "NotFoundError",
    "Operator",
    "Operators",
    "Options",
    "Response",
    "ResultsError",
    "Samples",
    "Segment",
    "Session",
    "SessionWriter",
    "SignIn",
    "SignIns",
    "State",
    "Stimulus",
    "Store",
    "StoreError",
    "Stretch",
    "StretchKind",
    "Studies",
    "Study",
    "StudyError",
    "Token",
    "Tokens",
    "Viewer",
    "Viewing",
    "Viewings",
    "Where",
    "aggregate",
    "arrays",
    "compare",
    "comparison_json",
    "csv_text",
    "curve_csv",
    "data_frame",
    "difference_csv",
    "excluded",
    "export",
    "export_many",
    "face_moments",
    "face_statistics",
    "findings_json",
    "hashed",
    "json_text",
    "nameless",
    "new_token",
    "outcome",
    "pictures_wanted",
    "portable",
    "portable_input",
    "refresh_folder",
    "report_html",
    "require_viewers",
    "responses",
    "rows_and_summary",
    "shared_secret",
    "stimulus_time",
    "study_json",
    "summary",
    "summary_of",
    "utf8",
    "write_csv",
    "write_folder",
    "write_json",
    "write_parquet",
    "write_summary",
    "written_atomically",
]
