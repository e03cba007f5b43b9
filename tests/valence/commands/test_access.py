"""`valence operators`, `tokens`, `audit` and `study link`: who gets in, in a terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from results import Links, Operators, SignIns, Store, Tokens
from tests.valence.command import Result, Run

PASSWORD = "correct horse battery"


def said(result: Result) -> Any:
    """The JSON that a command printed."""
    assert result.code == 0, result.err
    return json.loads(result.out)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts words into standard input."""
    return lambda words: monkeypatch.setattr("sys.stdin", io.StringIO(words))


def test_operators_come_and_go(run: Run, typed: Any) -> None:
    assert "No operators yet" in run("operators", "list").out
    typed(f"{PASSWORD}\n")
    assert run("operators", "add", "ann").out == "ann can sign in.\n"
    typed(f"{PASSWORD}\n")
    assert "already an operator 'ann'" in run("operators", "add", "ann").err
    typed("short\n")
    assert "at least 8 characters" in run("operators", "add", "bob").err
    (listed,) = said(run("operators", "list", "--json"))
    assert listed["operator"] == "ann"
    with Store("sessions") as store:
        assert Operators(store.database).verify("ann", PASSWORD)
        assert Operators(store.database).verify("ann", PASSWORD + " ") is None
        kept = b"".join(path.read_bytes() for path in Path("sessions").glob("valence.db*"))
        assert PASSWORD.encode() not in kept
    typed("another long one\n")
    run("operators", "password", "ann")
    with Store("sessions") as store:
        assert Operators(store.database).verify("ann", "another long one")
        sign_in = SignIns(store.database).begin(Operators(store.database).all()[0].key)
        assert SignIns(store.database).find(sign_in)
    assert run("operators", "remove", "ann").code == 2, "it asks, and nobody is there"
    assert run("operators", "remove", "ann", "--yes").code == 0
    assert "no operator 'ann'" in run("operators", "remove", "ann", "--yes").err
    with Store("sessions") as store:
        assert SignIns(store.database).find(sign_in) is None


def test_tokens_are_shown_once_and_kept_as_a_hash(run: Run) -> None:
    assert "No tokens yet" in run("tokens", "list").out
    token = run("tokens", "create", "ci", "--read-only").out.strip()
    assert len(token) == 32
    assert "already a token" in run("tokens", "create", "ci").err
    (listed,) = said(run("tokens", "list", "--json"))
    assert (listed["name"], listed["read_only"], listed["expires"]) == ("ci", True, None)
    assert token not in run("tokens", "list").out
    with Store("sessions") as store:
        found = Tokens(store.database).find(token)
        assert found is not None and found.read_only
        kept = b"".join(path.read_bytes() for path in Path("sessions").glob("valence.db*"))
        assert token.encode() not in kept
    assert run("tokens", "revoke", "ci", "--yes").code == 0
    with Store("sessions") as store:
        assert Tokens(store.database).find(token) is None
    brief = said(run("tokens", "create", "brief", "--days", "0.001", "--json"))
    assert set(brief) == {"name", "token", "read_only"}


def test_an_address_that_signs_in_once(run: Run) -> None:
    address = run("operators", "link", "--url", "http://127.0.0.1:9000").out.strip()
    server, token = address.split("/?token=")
    assert server == "http://127.0.0.1:9000"
    with Store("sessions") as store:
        assert SignIns(store.database).enter(token) is not None
        assert SignIns(store.database).enter(token) is None


def test_links_of_a_study(run: Run) -> None:
    run("study", "create", "Spring", "--stimulus", "Ad=5", "--allow-spectators")
    made = said(run("study", "link", "spring", "--note", "panel A", "--days", "3", "--json"))
    assert made["address"].startswith("http://127.0.0.1:8000/t/") and made["open"]
    (listed,) = said(run("study", "links", "spring", "--json"))
    assert listed == made
    assert run("study", "close-link", "spring", "7").code == 2
    assert run("study", "close-link", "spring", str(made["link"])).code == 0
    assert said(run("study", "links", "spring", "--json"))[0]["open"] is False
    with Store("sessions") as store:
        (link,) = Links(store.database).of_study("spring")
        assert link.revoked is not None and not link.open


def test_the_trail_tells_who_did_what(run: Run) -> None:
    assert "Nothing yet" in run("audit").out
    run("study", "create", "Spring", "--stimulus", "Ad=5")
    run("tokens", "create", "ci")
    run("study", "delete", "spring", "--yes")
    lines = said(run("audit", "--json"))
    assert [(line["action"], line["what"]) for line in lines] == [
        ("deleted", "study spring"),
        ("created", "token ci"),
    ]
    assert all(line["who"].endswith(" in a terminal") for line in lines)
    assert "study spring" in run("audit").out


def test_who_has_no_name_is_somebody(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python asks the variables and then a module that Windows does not have."""

    def unknown() -> str:
        raise ImportError("No module named 'pwd'")

    monkeypatch.setattr("getpass.getuser", unknown)
    run("tokens", "create", "ci")
    (line,) = said(run("audit", "--json"))
    assert line["who"] == "somebody in a terminal"
