"""Getting in and out: the address that works once, names and passwords, tokens, and what is noted of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from inference import ValenceModel
from results import Audit, Operators, SignIns, Tokens
from results.database.schema import EntryRow, SignInRow
from tests.web.access.conftest import PASSWORD, House, shown, signed_in
from tests.web.serving import Served, serving, wait_until
from web.access.desk import ADDRESSES, GUESSES
from web.access.routes import _here
from web.access.throttle import Throttle

PAGE = {"accept": "text/html"}


def reaches(url: str, headers: dict[str, str]) -> bool:
    return httpx.get(f"{url}/api/sessions", headers=headers).status_code == 200


def test_the_printed_address_signs_one_browser_in_once(served: Served) -> None:
    entry = SignIns(served.store.database).new_entry()
    with httpx.Client(base_url=served.url, headers=PAGE) as browser:
        answer = browser.get(f"/sessions?search=a%20b&token={entry}")
        assert answer.status_code == 303 and answer.headers["location"] == "/sessions?search=a+b"
        flags = answer.headers["set-cookie"].lower()
        assert "httponly" in flags and "samesite=strict" in flags and "path=/" in flags
        assert "secure" not in flags, "over plain HTTP a secure cookie would never come back"
        assert browser.get("/").status_code == 200
        again = browser.get(f"/?token={entry}")
        assert (again.status_code, again.headers["location"]) == (303, "/"), "who is in already stays in"
    other = httpx.get(f"{served.url}/?token={entry}", headers=PAGE)
    assert other.status_code == 401 and "has been used already" in other.text
    assert "set-cookie" not in other.headers


def test_without_the_token_a_page_says_how_to_get_in(served: Served) -> None:
    for path in ("/", "/studies", "/sessions/any", "/docs"):
        answer = httpx.get(served.url + path, headers=PAGE)
        assert answer.status_code == 401
        assert "valence serve" in answer.text and "valence operators add" in answer.text
        assert "<nav" not in answer.text
    assert httpx.get(f"{served.url}/api/sessions", headers=PAGE).json()["detail"].startswith("Sign in")


def test_name_and_password_in_and_out(house: House) -> None:
    with httpx.Client(base_url=house.url) as browser:
        form = {"name": "ann", "password": PASSWORD, "next": "/studies?x=1"}
        answer = browser.post("/sign-in", data=form, headers={"origin": house.url})
        assert (answer.status_code, answer.headers["location"]) == (303, "/studies?x=1")
        me = browser.get("/api/me").json()
        assert me == {"role": "operator", "name": "ann", "read_only": False}
        kept = shown(browser.cookies)
        assert browser.post("/sign-out").status_code == 303
        assert browser.get("/api/me").status_code == 401
        assert not reaches(house.url, kept), "a copy of the cookie is no use"


def test_who_is_removed_is_signed_out(house: House) -> None:
    cookie = signed_in(house.url)
    assert reaches(house.url, cookie)
    Operators(house.served.store.database).remove("ann")
    wait_until(lambda: not reaches(house.url, cookie), 10)


def test_five_wrong_passwords_and_one_has_to_wait(house: House) -> None:
    for _ in range(5):
        answer = httpx.post(f"{house.url}/sign-in", data={"name": "ann", "password": "guess"})
        assert answer.status_code == 401 and "name or the password is wrong" in answer.text
    answer = httpx.post(f"{house.url}/sign-in", data={"name": "ann", "password": PASSWORD})
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 10
    other = httpx.post(f"{house.url}/sign-in", data={"name": "bob", "password": "guess"})
    assert other.status_code == 401, "somebody else is not held up"


def test_a_wrong_name_is_refused_in_the_same_words(house: House) -> None:
    answer = httpx.post(f"{house.url}/sign-in", data={"name": "nobody", "password": PASSWORD})
    assert answer.status_code == 401 and "name or the password is wrong" in answer.text


@pytest.mark.parametrize(
    "given", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_signing_in_leads_nowhere_else(given: str) -> None:
    assert _here(given) == "/"


def test_other_pages_cannot_sign_anybody_in(house: House) -> None:
    answer = httpx.post(
        f"{house.url}/sign-in",
        data={"name": "ann", "password": PASSWORD},
        headers={"origin": "https://evil.example"},
    )
    assert answer.status_code == 403


def test_a_revoked_token_is_refused(house: House) -> None:
    headers = house.people["full token"]
    assert reaches(house.url, headers)
    Tokens(house.served.store.database).revoke("writer")
    wait_until(lambda: not reaches(house.url, headers), 10)
    expired = Tokens(house.served.store.database).create("short", days=-1)
    assert not reaches(house.url, {"authorization": f"Bearer {expired}"})


def test_guessing_tokens_gets_slow(house: House) -> None:
    statuses = [
        httpx.get(f"{house.url}/api/sessions", headers={"authorization": f"Bearer {n}"}).status_code
        for n in range(GUESSES + 1)
    ]
    assert statuses == [401] * GUESSES + [429]
    assert reaches(house.url, house.people["operator"]), "who is signed in does not notice"


def test_what_is_deleted_and_exported_is_noted_with_who_did_it(house: House) -> None:
    operator, program = house.people["operator"], house.people["full token"]
    httpx.get(f"{house.url}/api/sessions/{house.session}/files/csv", headers=program)
    httpx.delete(f"{house.url}/api/sessions/{house.session}", headers=operator)
    httpx.delete(f"{house.url}/api/studies/{house.study}", headers=operator)
    lines = Audit(house.served.store.database).lines()
    noted = [(line.who, line.action, line.what) for line in lines[:3]]
    time = house.session[:19]
    assert noted == [
        ("ann", "deleted", "study spring"),
        ("ann", "deleted", f"session {time}"),
        ("token writer", "exported", f"csv of session {time}"),
    ]
    told = httpx.get(f"{house.url}/api/audit", headers=operator).json()
    assert (told[0]["who"], told[0]["what"]) == ("ann", "study spring")
    assert all("clip" not in line.what for line in lines), "the trail outlives names, and so has none"


def test_a_throttle_waits_longer_and_longer_and_forgets() -> None:
    now = 0.0
    throttle = Throttle(allowed=2, wait=10, longest=30, forget=100, clock=lambda: now)
    for _ in range(2):
        assert throttle.left("ann") == 0
        throttle.failed("ann")
    assert (throttle.left("ann"), throttle.left("bob")) == (10, 0)
    now = 10
    assert throttle.left("ann") == 0
    throttle.failed("ann")
    assert throttle.left("ann") == 20
    now = 200
    throttle.failed("ann")
    assert throttle.left("ann") == 0, "what is long ago does not count"
    throttle.failed("ann")
    throttle.succeeded("ann")
    assert throttle.left("ann") == 0


def test_two_servers_of_one_computer_keep_apart(house: House, tmp_path: Path, model: ValenceModel) -> None:
    """Cookies know no ports: who signs in to the one stays signed in to the other."""
    with serving(tmp_path / "other", model) as other, httpx.Client() as browser:
        for server in (house.served, other):
            entry = SignIns(server.store.database).new_entry()
            assert browser.get(f"{server.url}/?token={entry}").status_code == 303
        for server in (house.served, other):
            assert browser.get(f"{server.url}/api/me").status_code == 200


def test_guesses_of_others_keep_nobody_out(house: House) -> None:
    token, entry = house.people["full token"], SignIns(house.served.store.database).new_entry()
    image = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "image"}
    with httpx.Client(base_url=house.url) as elsewhere:
        for n in range(GUESSES + 5):  # as pictures on a page elsewhere
            assert elsewhere.get(f"/?token=x{n}", headers=image).status_code == 401
        assert elsewhere.get(f"/?token={entry}", headers=image).status_code == 401
        for n in range(GUESSES + 5):
            elsewhere.get("/api/me", headers={"authorization": f"Bearer x{n}"})
        assert elsewhere.get("/api/me", headers=token).status_code == 200
        assert elsewhere.get("/health", headers={"authorization": "Bearer x"}).status_code == 200
        assert elsewhere.get(f"/?token={entry}").status_code == 303, "it was not used up"


def test_only_opening_the_address_uses_it_up(house: House) -> None:
    entry = SignIns(house.served.store.database).new_entry()
    for method, path in (("HEAD", "/"), ("OPTIONS", "/"), ("GET", "/sign-out"), ("POST", "/")):
        httpx.request(method, f"{house.url}{path}?token={entry}")
    assert httpx.get(f"{house.url}/?token={entry}").status_code == 303


def test_one_password_for_many_names_gets_slow_too(house: House) -> None:
    with httpx.Client(base_url=house.url) as guesser:
        statuses = [
            guesser.post("/sign-in", data={"name": f"name {n}", "password": "spring 2026"}).status_code
            for n in range(ADDRESSES + 1)
        ]
    assert statuses == [401] * ADDRESSES + [429]
    assert not any("name" in line.what for line in Audit(house.served.store.database).lines())


def test_another_password_signs_out_who_came_by_the_old_one(house: House) -> None:
    cookie = signed_in(house.url)
    Operators(house.served.store.database).set_password("ann", "another long one")
    wait_until(lambda: not reaches(house.url, cookie), 10)


@pytest.mark.parametrize("odd", ['prefs={"a":"b"}', "novalue", "a b=c", "[x]=1", "=", "x=ü"])
def test_cookies_of_others_keep_nobody_out(house: House, odd: str) -> None:
    cookie = f"{odd}; {signed_in(house.url)['cookie']}"
    answer = httpx.get(f"{house.url}/api/me", headers={"cookie": cookie.encode()})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://[::1", "http://", "nonsense", "//"])
def test_an_origin_that_is_none_is_refused(house: House, origin: str) -> None:
    answer = httpx.post(
        f"{house.url}/sign-in", data={"name": "a", "password": "b"}, headers={"origin": origin}
    )
    assert answer.status_code == 403 and "content-security-policy" in answer.headers


def test_what_is_sent_has_bounds(house: House) -> None:
    large, operator = b"x" * 2_500_000, house.people["operator"]
    json = {"content-type": "application/json"}
    for path, headers in (
        (f"/t/{house.participant}/viewings", json),
        ("/api/studies", {**json, **operator}),
        (f"/api/studies/{house.study}/stimuli", {**json, **operator}),
        ("/sign-in", {"content-type": "application/x-www-form-urlencoded"}),
        ("/sign-in", {"content-type": "multipart/form-data; boundary=b"}),
    ):
        for content in (large, iter([large[:1_500_000], large[:1_500_000]])):  # announced, and not
            answer = httpx.post(house.url + path, content=content, headers=headers, timeout=60)
            assert answer.status_code in ((400, 413) if "form" in str(headers) else (413,)), (
                path,
                answer.status_code,
                answer.text[:200],
            )


def test_what_streams_ends_with_the_right_to_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.uploads.routes.HEARTBEAT", 0.2)
    token = house.people["full token"]
    with httpx.stream("GET", f"{house.url}/api/analyses/events", headers=token, timeout=30) as stream:
        events = stream.iter_text()
        assert next(events).startswith("data:")
        Tokens(house.served.store.database).revoke("writer")
        assert len(list(events)) < 100, "it ends"


def test_answers_are_not_kept_by_anybody_between(house: House) -> None:
    operator = house.people["operator"]
    for path in ("/api/sessions", "/api/me", f"/api/sessions/{house.session}/files/csv"):
        assert httpx.get(house.url + path, headers=operator).headers["cache-control"] == "no-store"
    for path in ("invitation", "settings"):
        answer = httpx.get(f"{house.url}/t/{house.participant}/{path}")
        assert answer.headers["cache-control"] == "no-store"


def test_a_folder_that_we_make_is_ours_alone(served: Served) -> None:
    assert served.store.root.stat().st_mode & 0o077 == 0


def test_a_sign_in_and_an_address_expire(house: House) -> None:
    cookie, sign_ins = signed_in(house.url), SignIns(house.served.store.database)
    entry = sign_ins.new_entry()
    with house.served.store.database.write() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        for table in (SignInRow, EntryRow):
            connection.execute(update(table).values(expires=past))
    wait_until(lambda: not reaches(house.url, cookie), 10)
    assert httpx.get(f"{house.url}/?token={entry}", headers=PAGE).status_code == 401
