"""A session's files over HTTP: downloads made from the record, and what lies in its folder, by byte range."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response

from analysis.errors import AnalysisError
from analysis.probe import Timing, timing
from results import (
    Format,
    csv_text,
    json_text,
    nameless,
    portable,
    portable_input,
    rows_and_summary,
    utf8,
    write_parquet,
)
from web.access.audience import API
from web.access.trail import note
from web.errors import explained
from web.library.lookup import shown_source, stored_session
from web.state import state_of

log = logging.getLogger(__name__)

router = APIRouter(tags=["sessions"], dependencies=[API])

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",  # what plays of it plays under this name; Chromium refuses video/quicktime
    ".webm": "video/webm",
    ".mkv": "video/webm",
    ".ogv": "video/ogg",
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
}
"""What may be shown; anything else is only a file, whatever an uploader called it."""
_PARQUET = "application/vnd.apache.parquet"


@router.get("/api/sessions/{session_id}/files/{what}", response_class=FileResponse)
def session_file(session_id: str, what: str, request: Request, every_frame: bool = False) -> Response:
    """A file of a session: `csv`, `json` and `parquet` are made from the record as it is now (with names,
    markers and exclusions); others, e.g. `annotated`, `recording` and `summary`, are read from the disk.

    `every_frame`: the first three also have a row for each frame without a face. 422: the session does not
    know when those were shown (an older version stored it). 404: the session has no
    such file.
    """
    store = state_of(request).store
    with explained():
        session = stored_session(request, session_id)
        if what in {form.value for form in Format}:
            content, rows = rows_and_summary(store, session.id, every_frame=every_frame)
            note(request, "exported", f"{what} of {nameless(session.id)}")
            content = {**portable(content), "input": portable_input(shown_source(session))}
            name = f"{session.id}.{what}"
            if what == Format.CSV:
                return download(csv_text(rows), MEDIA_TYPES[".csv"], name)
            if what == Format.JSON:
                return download(json_text(content, rows), MEDIA_TYPES[".json"], name)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / name
                write_parquet(content, rows, path)
                return download(path.read_bytes(), _PARQUET, name)
    path = Path(session.files.get(what, ""))
    if what not in session.files or not path.is_file():
        raise HTTPException(404, f"Session {session_id} has no file {what!r}.")
    if request.headers.get("range", "bytes=0-").startswith("bytes=0-"):  # once, not for every piece of it
        with explained():
            note(request, "exported", f"{what} of {nameless(session.id)}")
    kind = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    name = f"{session.id}_{what}{path.suffix}"
    return FileResponse(path, media_type=kind, filename=name, headers={"cache-control": "no-cache"})


@router.get("/api/sessions/{session_id}/files/{what}/frames")
def frames_of(session_id: str, what: str, request: Request) -> dict[str, Any]:
    """When each frame of a video is shown: `times`, seconds from the first; `width` and `height`, pixels."""
    with explained():
        session = stored_session(request, session_id)
    path = session.files.get(what)
    if path is None or what not in ("recording", "annotated"):
        raise HTTPException(404, f"Session {session_id} has no video {what!r}.")
    found = timing_of(request, Path(path))
    return {"times": found.times, "width": found.width, "height": found.height}


def timing_of(request: Request, path: Path) -> Timing:
    """When a video's frames are shown; nothing where it cannot be read."""
    state = state_of(request)
    try:
        return state.probes.run(timing, path, state.engine.settings.limits)
    except AnalysisError as error:
        log.warning("The frames of %s cannot be told: %s", path.name, error)
        return Timing()


def download(content: str | bytes, kind: str, name: str) -> Response:
    """`content` as a file to be saved under `name`."""
    disposition = f"attachment; filename*=utf-8''{quote(name, safe='')}"
    body = utf8(content) if isinstance(content, str) else content
    return Response(body, media_type=kind, headers={"content-disposition": disposition})
