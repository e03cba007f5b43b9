"""Every route, and who may reach it: asked of the running server, one after the other."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import APIRouter

from analysis.engine import Engine
from analysis.settings import AnalysisSettings
from inference import ValenceModel
from results import StoreError
from tests.web.access.conftest import House, signed_in
from tests.web.serving import Served
from web import app as application
from web.access.audience import API, EVERYONE, UndeclaredError, declared
from web.edge.fetch import VERSION

FOR_EVERYONE = {"/health", "/sign-in", "/pages/{path:path}"} | {
    "/edge/settings.json",
    "/edge/networks/{name}.onnx",
    f"/edge/runtime/{VERSION}/{{name}}",
}
"""All that can be asked for without being anybody, and..."""
BY_LINK = {"/t/{token}": "participant", "/l/{token}": "spectator"}
"""... what begins so is for who has such a link. Everything else is for operators and programs."""
SAFE = {"GET", "HEAD"}
OPERATORS = {"read-only token", "full token", "preset token", "operator"}


def asked(house: House, method: str, path: str, headers: dict[str, str], token: str) -> httpx.Response:
    """The answer to a request for something that is not there: nothing is changed by whoever may."""
    filled = re.sub(r"\{(\w+)(:path)?\}", lambda m: token if m[1] == "token" else "1", path)
    filled = filled.replace("report.1", "report.json")
    with httpx.stream(method, house.url + filled, headers=headers, timeout=30) as answer:
        if "text/event-stream" not in answer.headers.get("content-type", ""):
            answer.read()
        return answer


def by_link(path: str) -> str | None:
    return next(
        (role for start, role in BY_LINK.items() if path == start or path.startswith(start + "/")), None
    )


def everything(house: House) -> list[tuple[str, str]]:
    """(method, path) of all routes of the running server."""
    app = application.create_app(house.served.state.engine)
    return [(method, path) for method, path, _ in declared(app.router.routes)]


def test_nobody_reaches_more_than_the_door(house: House) -> None:
    for method, path in everything(house):
        for who in ("nobody", "a wrong token", "a wrong cookie"):
            status = asked(house, method, path, house.people[who], "nonsense").status_code
            if path in FOR_EVERYONE:
                assert status not in (401, 403), (method, path, who)
            elif by_link(path):
                assert status == 404, (method, path, who)
            else:
                assert status == 401, (method, path, who, status)


def test_operators_and_programs_reach_all_but_what_is_others(house: House) -> None:
    for method, path in everything(house):
        if path in FOR_EVERYONE or by_link(path):
            continue
        for who in OPERATORS:
            headers = signed_in(house.url) if who == "operator" else house.people[who]
            status = asked(house, method, path, headers, "nonsense").status_code
            reads_only = who == "read-only token" and method not in SAFE
            assert (status == 403) == reads_only, (method, path, who, status)
            assert status != 401, (method, path, who)


@pytest.mark.parametrize("role", ["participant", "spectator"])
def test_who_has_a_link_reaches_what_it_leads_to_and_nothing_else(house: House, role: str) -> None:
    token = {"participant": house.participant, "spectator": house.spectator}[role]
    for method, path in everything(house):
        answer = asked(house, method, path, {}, token)
        mine = by_link(path) == role
        if path in FOR_EVERYONE:
            continue
        if mine:
            assert "This link does not work" not in answer.text, (method, path)
            assert answer.status_code not in (401, 403), (method, path)
        else:
            assert answer.status_code in (401, 403, 404), (method, path, answer.status_code)
            if by_link(path):
                known_to = "Nothing is kept" if "{person}" in path else "This link does not work"
                assert known_to in answer.text, (method, path)


def test_a_link_is_no_token_and_no_cookie(house: House) -> None:
    for token in (house.participant, house.spectator):
        for headers in (
            {"authorization": f"Bearer {token}"},
            {"cookie": f"valence_{house.url.split(':')[-1]}={token}"},
        ):
            assert httpx.get(f"{house.url}/api/sessions", headers=headers).status_code == 401
        assert httpx.get(f"{house.url}/?token={token}").status_code == 401


def test_a_route_without_an_audience_keeps_the_server_from_starting(
    model: ValenceModel, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(AnalysisSettings(), model, served.store)
    for dependencies in ([], [API, EVERYONE]):
        router = APIRouter(dependencies=dependencies)
        router.add_api_route("/forgotten", lambda: {})
        monkeypatch.setattr(application, "ROUTERS", (router,))
        with pytest.raises(UndeclaredError, match="/forgotten"):
            application.create_app(engine)
    sockets = APIRouter()
    sockets.add_api_websocket_route("/forgotten", lambda socket: None)
    monkeypatch.setattr(application, "ROUTERS", (sockets,))
    with pytest.raises(UndeclaredError, match="/forgotten"):
        application.create_app(engine)


def test_health_says_more_to_those_who_run_it(house: House) -> None:
    assert set(httpx.get(f"{house.url}/health").json()) == {"status", "version"}
    for who in OPERATORS:
        told = httpx.get(f"{house.url}/health", headers=house.people[who]).json()
        assert {"device", "model", "live_sessions"} <= set(told), who


def test_who_may_only_read_is_not_given_what_opens_more(house: House) -> None:
    reader, operator = house.people["read-only token"], house.people["operator"]
    for path in (f"/api/studies/{house.study}/links", f"/api/studies/{house.study}"):
        assert house.participant in httpx.get(house.url + path, headers=operator).text
        assert house.participant not in httpx.get(house.url + path, headers=reader).text
    assert (
        house.spectator not in httpx.get(f"{house.url}/api/live/{house.session}/links", headers=reader).text
    )


def test_every_whole_number_has_bounds(house: House) -> None:
    """2^63 is for no database: what is not bounded becomes an error of ours."""
    described = httpx.get(f"{house.url}/openapi.json", headers=house.people["operator"]).json()
    unbounded = []

    def look(where: str, schema: object) -> None:
        if isinstance(schema, list):
            for part in schema:
                look(where, part)
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "integer" and not {"maximum", "exclusiveMaximum"} & set(schema):
            unbounded.append(where)
        for name, part in schema.items():
            look(f"{where}.{name}", part)

    for path, methods in described["paths"].items():
        for method, said in methods.items():
            look(f"{method} {path}", [said.get("parameters"), said.get("requestBody")])
    bodies = str(
        [said.get("requestBody") for methods in described["paths"].values() for said in methods.values()]
    )
    for name, schema in described["components"]["schemas"].items():
        if name in bodies or name in ("Counting",):
            look(name, schema)
    assert unbounded == []


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, -1])
def test_numbers_that_no_database_holds_are_refused(house: House, number: int) -> None:
    headers, study, session = (
        house.people["operator"],
        f"/api/studies/{house.study}",
        f"/api/sessions/{house.session}",
    )
    for method, path, body in (
        ("GET", f"/api/sessions?limit={number}", None),
        ("GET", f"/api/sessions?offset={number}", None),
        ("GET", f"/api/audit?limit={number}", None),
        ("DELETE", f"{session}/stretches/{number}", None),
        ("PATCH", session, {"faces": {str(number): "Ann"}}),
        ("POST", f"{session}/stretches", {"kind": "marker", "start_s": 1, "face_id": number}),
        ("POST", f"{session}/stretches", {"kind": "marker", "start_s": 1e300}),
        ("POST", f"{study}/stimuli/ad/viewings", {"session": house.session, "face_id": number}),
        ("POST", f"{study}/stimuli/ad/viewings", {"session": house.session, "offset_s": 1e300}),
        ("POST", f"{study}/stimuli", {"name": "x", "duration_s": 1e300}),
        ("DELETE", f"{study}/viewings/{number}", None),
        ("DELETE", f"{study}/links/{number}", None),
        ("DELETE", f"/api/live/{house.session}/links/{number}", None),
        ("POST", f"{study}/links", {"stimulus": "ad", "days": 1e300}),
    ):
        answer = httpx.request(method, house.url + path, json=body, headers=headers)
        assert answer.status_code == 422, (method, path, answer.status_code, answer.text)


def test_headers_are_on_every_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(house.served.store, "sessions", broken)
    operator = house.people["operator"]
    answers = {
        200: httpx.get(f"{house.url}/health"),
        303: httpx.get(f"{house.url}/?token=x", headers=operator),
        401: httpx.get(f"{house.url}/api/studies"),
        403: httpx.get(f"{house.url}/health", headers={"host": "evil.example"}),
        404: httpx.get(f"{house.url}/nothing"),
        405: httpx.put(f"{house.url}/api/studies", headers=operator),
        422: httpx.get(f"{house.url}/api/sessions?limit=x", headers=operator),
        500: httpx.get(f"{house.url}/api/sessions", headers=operator),
    }
    for status, answer in answers.items():
        assert answer.status_code == status, answer.text
        for name in ("content-security-policy", "x-content-type-options", "referrer-policy"):
            assert name in answer.headers, (status, name)


def test_a_full_disk_is_said_and_strangers_are_not_told_where_it_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("Cannot write to the database sqlite:////srv/valence.db: disk is full")

    operator, link = house.people["operator"], f"{house.url}/t/{house.participant}"
    consent = httpx.get(f"{link}/invitation").json()["consent"]
    monkeypatch.setattr(house.served.store.database, "write", full)
    taken = httpx.post(f"{link}/viewings", json={"sdp": "v=0", "consent": consent})
    assert taken.status_code == 503 and "try again later" in taken.json()["detail"]
    assert "/srv" not in taken.text
    made = httpx.post(f"{house.url}/api/studies", json={"name": "x"}, headers=operator)
    assert made.status_code == 503 and "disk is full" in made.json()["detail"]
    saved = httpx.get(f"{house.url}/api/sessions/{house.session}/files/csv", headers=operator)
    assert saved.status_code == 200 and saved.text.startswith("time_s,"), "what is there can be saved"
    for answer in (taken, made):
        assert "content-security-policy" in answer.headers


def test_an_address_at_which_there_is_nothing_shows_strangers_no_way_in(house: House) -> None:
    page = {"accept": "text/html"}
    stranger = httpx.get(f"{house.url}/watch/spring/ad", headers=page)
    operator = httpx.get(f"{house.url}/nothing", headers={**page, **house.people["operator"]})
    assert (stranger.status_code, operator.status_code) == (404, 404)
    assert "<nav" not in stranger.text and 'href="/"' not in stranger.text and "<nav" in operator.text
