"""A server with everybody who may ask it for something."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from results import Links, Operators, Studies, Tokens
from tests.web import asking
from tests.web.serving import Served
from tests.web.storing import stored

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class House:
    """Who there is, and the headers by which they get in."""

    served: Served
    study: str
    session: str
    """A stored session."""
    participant: str
    """The token of a link to the study's stimulus."""
    spectator: str
    """The token of a link to the session."""
    people: dict[str, dict[str, str]]

    @property
    def url(self) -> str:
        return self.served.url


def shown(cookies: httpx.Cookies) -> dict[str, str]:
    """The header of a browser that has these cookies."""
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


def signed_in(url: str) -> dict[str, str]:
    """The cookie of a browser that has just been signed in."""
    answer = httpx.post(f"{url}/sign-in", data={"name": "ann", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return shown(answer.cookies)


@pytest.fixture
def house(served: Served) -> House:
    database = served.store.database
    Operators(database).add("ann", PASSWORD)
    studies = Studies(served.store)
    study = studies.create("Spring").id
    studies.add_stimulus(study, "Ad", 6)
    session = stored(served.store, "clip")
    readers = Tokens(database).create("reader", read_only=True)
    writers = Tokens(database).create("writer")
    return House(
        served,
        study,
        session,
        Links(database).invite(study, "ad").token,
        Links(database).show(session).token,
        {
            "nobody": {},
            "a wrong token": {"authorization": "Bearer nonsense"},
            "a wrong cookie": {"cookie": f"valence_{served.url.split(':')[-1]}=nonsense"},
            "read-only token": {"authorization": f"Bearer {readers}"},
            "full token": {"authorization": f"Bearer {writers}"},
            "preset token": asking.HEADERS,
            "operator": signed_in(served.url),
        },
    )
