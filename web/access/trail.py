"""A line of the audit trail for what a request does."""

from __future__ import annotations

from fastapi import Request

from web.access.identity import identity_of
from web.state import state_of


def note(request: Request, action: str, what: str) -> None:
    """Say who did it. Writes to the database: for handlers in threads."""
    state_of(request).desk.audit.note(identity_of(request).name, action, what)
