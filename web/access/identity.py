"""Who sends a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import HTTPConnection

from results import Link


class Role(StrEnum):
    """The kinds of senders (DESIGN.md, Access)."""

    NOBODY = "nobody"
    PARTICIPANT = "participant"
    SPECTATOR = "spectator"
    PROGRAM = "program"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Identity:
    """One sender, as far as the server knows them."""

    role: Role = Role.NOBODY
    name: str = "nobody"
    """As the audit trail calls them."""
    read_only: bool = False
    """For programs: may look at everything and change nothing."""
    link: Link | None = None
    """For participants and spectators: what they were invited to."""


NOBODY = Identity()
_KEY = "valence.identity"


def identify(scope: object, identity: Identity) -> None:
    """Note who sends the request of an ASGI scope."""
    assert isinstance(scope, dict)
    scope[_KEY] = identity


def identity_of(connection: HTTPConnection) -> Identity:
    """Who sends this request; the gate has found it out before any handler runs."""
    identity = connection.scope[_KEY]
    assert isinstance(identity, Identity)
    return identity


def link_of(connection: HTTPConnection) -> Link:
    """The link by which a participant or spectator came."""
    link = identity_of(connection).link
    assert link is not None
    return link
