"""Many sessions' numbers as one zip, made while it is sent: one of them is in memory at a time."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from results import NotFoundError, Store, csv_text, portable, portable_input, rows_and_summary, utf8
from web.access.audience import API
from web.access.trail import note
from web.errors import explained
from web.fields import Described
from web.library.lookup import shown_source, stored_session
from web.state import state_of

router = APIRouter(tags=["sessions"], dependencies=[API])

MOST = 10_000


class Archive(Described):
    """Which sessions are wanted, and how."""

    sessions: Annotated[list[Annotated[str, Field(max_length=300)]], Field(min_length=1, max_length=MOST)]
    """Their ids."""
    every_frame: bool = False
    """Also a row for each frame without a face, where the session knows when those were shown."""


@router.post("/api/sessions/archive", response_class=StreamingResponse)
def archive(body: Archive, request: Request) -> StreamingResponse:
    """A zip with a folder for each session: `valence.csv` and `summary.json`, as they are now.

    Sessions that are deleted meanwhile are left out. 404: one of them is not there.
    """
    store = state_of(request).store
    with explained():
        known = [stored_session(request, session).id for session in dict.fromkeys(body.sessions)]
        note(request, "exported", f"{len(known)} sessions as one zip")
    name = f"sessions_{datetime.now():%Y-%m-%d_%H-%M}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(
        zipped(store, known, every_frame=body.every_frame), media_type="application/zip", headers=headers
    )


class _Pieces(io.RawIOBase):
    """What is written, until it is taken; nobody can go back in it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._held += piece
        return len(piece)

    def taken(self) -> bytes:
        piece = bytes(self._held)
        self._held.clear()
        return piece


def zipped(store: Store, session_ids: Sequence[str], *, every_frame: bool = False) -> Iterator[bytes]:
    """The zip, piece by piece."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_DEFLATED) as target:
        for session_id in session_ids:
            try:
                session = store.get(session_id)
                content, rows = rows_and_summary(store, session_id, every_frame=every_frame)
            except NotFoundError:
                continue
            content = {**portable(content), "input": portable_input(shown_source(session))}
            target.writestr(f"{session_id}/valence.csv", utf8(csv_text(rows)))
            summary = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
            target.writestr(f"{session_id}/summary.json", utf8(summary))
            yield pieces.taken()
    yield pieces.taken()
