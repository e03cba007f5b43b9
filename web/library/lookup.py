"""A stored session as routes see it: found by its whole id."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request

from results import NotFoundError, Session
from web.state import state_of
from web.uploads.folders import UPLOADS


def stored_session(request: Request, session_id: str) -> Session:
    """The session of exactly this id: a shortened one is for people who type.

    Raises:
        NotFoundError: there is none.
    """
    session = state_of(request).store.get(session_id)
    if session.id != session_id:
        raise NotFoundError(f"There is no session {session_id!r}.")
    return session


def shown_source(session: Session) -> str:
    """A session's source; of an upload its name, not where on the server it waited."""
    path = Path(session.source)
    return path.name if UPLOADS in path.parts else session.source
