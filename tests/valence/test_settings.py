"""Settings: flags over variables over defaults."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from valence.commands import serve
from valence.errors import ValenceError
from valence.settings import Settings, load


@pytest.mark.parametrize(
    "text", ["one.org two.org", "one.org,two.org", "one.org, two.org", '["one.org", "two.org"]']
)
def test_a_variable_may_hold_several(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("VALENCE_ALLOWED_HOSTS", text)
    monkeypatch.setenv("VALENCE_ICE_SERVERS", text)

    assert load().allowed_hosts == load().ice_servers == ["one.org", "two.org"]


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "70000"), ("DEVICE", "gpu"), ("ICE_SERVERS", "[stun:a")]
)
def test_a_value_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"VALENCE_{name}", value)

    with pytest.raises(ValenceError, match=name.lower()):
        load()


def test_flags_of_serve_stand_over_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Settings] = []
    monkeypatch.setattr(serve, "run", lambda settings, browser: served.append(settings))
    monkeypatch.setenv("VALENCE_ALLOWED_HOSTS", "proxy.org")
    monkeypatch.setenv("VALENCE_PORT", "8100")
    app = typer.Typer()
    app.command()(serve.serve)

    for arguments in ([], ["--port", "9000", "--allowed-hosts", "a.org", "--allowed-hosts", "b.org"]):
        assert CliRunner().invoke(app, arguments).exit_code == 0

    assert [(one.port, one.allowed_hosts) for one in served] == [
        (8100, ["proxy.org"]),
        (9000, ["a.org", "b.org"]),
    ]
