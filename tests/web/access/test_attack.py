"""What a stranger with a participant's link would try, in a real browser: every step fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from results import Studies, Viewings
from tests.web.access.conftest import House
from tests.web.participants.participant import PATIENCE, state, with_video
from tests.web.serving import Served
from tests.web.storing import react
from web import app as application
from web.access.audience import declared

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASK = """async ([method, path, body]) => {
  const answer = await fetch(path, {
    method,
    headers: body === null ? {} : { "content-type": "application/json" },
    body: body === null ? undefined : JSON.stringify(body),
  });
  return answer.status;
}"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stimulus") / "ad.mp4"


@pytest.fixture
def stranger(browser: Any) -> Iterator[Any]:
    """A page in a browser that is signed in nowhere."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_participants_link_opens_nothing_else(house: House, stranger: Any, clip: Path) -> None:
    served = house.served
    studies = Studies(served.store)
    video = with_video(studies, clip, 2.0)
    viewings = Viewings(served.store)
    viewings.attach("spring", video, react(served.store, "Ann"), viewer="Ann")
    studies.create("Other", consent_text="Theirs.")
    studies.add_stimulus("other", "Ad", 5)
    before = state_of_things(served)

    stranger.goto(f"{house.url}/t/{house.participant}")
    state(stranger, "consent")
    other = served.store.sessions()[0].id
    for method, path, body in (
        # The library: listed, read, downloaded, renamed, deleted.
        ("GET", "/api/sessions", None),
        ("GET", f"/api/sessions/{other}", None),
        ("GET", f"/api/sessions/{other}/samples", None),
        ("GET", f"/api/sessions/{other}/files/csv", None),
        ("PATCH", f"/api/sessions/{other}", {"name": "mine"}),
        ("DELETE", f"/api/sessions/{other}", None),
        # The study: its consent, its viewers, its report, other studies, its end.
        ("GET", "/api/studies", None),
        ("GET", "/api/studies/spring", None),
        ("GET", "/api/studies/spring/pulse", None),
        ("GET", "/api/studies/spring/links", None),
        ("POST", "/api/studies/spring/links", {"stimulus": video}),
        ("PATCH", "/api/studies/spring", {"consent_text": "I agree to all."}),
        ("GET", "/api/studies/spring/report.json", None),
        ("GET", f"/api/studies/spring/stimuli/{video}/video", None),
        ("GET", f"/api/studies/spring/stimuli/{video}/findings", None),
        ("POST", f"/api/studies/spring/stimuli/{video}/viewings", {"session": other}),
        ("DELETE", "/api/studies/spring/viewers/Ann", None),
        ("DELETE", "/api/studies/spring?with_sessions=true", None),
        ("DELETE", "/api/studies/other", None),
        # Others who are live, uploads, passwords of relays, the description of all that.
        ("GET", "/api/live", None),
        ("GET", "/api/live/settings", None),
        ("POST", f"/api/live/{other}/watch", {"sdp": "v=0", "type": "offer"}),
        ("POST", "/api/offer", {"sdp": "v=0", "type": "offer"}),
        ("GET", "/api/analyses", None),
        ("POST", "/api/analyses", {}),
        ("GET", "/openapi.json", None),
        ("GET", "/api/audit", None),
        ("GET", "/api/me", None),
        # Addresses that could be guessed, and other people's links.
        ("GET", f"/watch/spring/{video}", None),
        ("GET", f"/t/{'A' * 32}/invitation", None),
        ("GET", f"/t/{house.participant}/../{house.spectator}/invitation", None),
        ("GET", f"/l/{house.participant}", None),
        ("POST", f"/l/{house.participant}/watch", {"sdp": "v=0", "type": "offer"}),
        ("GET", f"/t/{house.participant}/viewings/{'A' * 32}", None),
        ("DELETE", f"/t/{house.participant}/people/{'A' * 32}", None),
    ):
        status = stranger.evaluate(ASK, [method, path, body])
        assert status in (401, 403, 404, 405), (method, path, status)

    for path in ("/", "/sessions", f"/sessions/{other}", "/studies", "/studies/spring", "/upload", "/docs"):
        answer = stranger.goto(house.url + path)
        assert answer.status == 401, path
        assert stranger.locator("nav").count() == 0 and "Ann" not in stranger.inner_text("body")
    assert state_of_things(served) == before
    assert stranger.context.cookies() == [], "a participant gets no cookie at all"


def test_every_other_address_answers_that_it_is_not_theirs(house: House, stranger: Any) -> None:
    stranger.goto(f"{house.url}/t/{house.participant}")
    state(stranger, "consent")
    app = application.create_app(house.served.state.engine)
    for method, path, _ in declared(app.router.routes):
        if path in ("/health", "/sign-in", "/pages/{path:path}") or path.startswith(("/t/", "/edge/")):
            continue
        filled = path.replace("{token}", house.participant)
        for name, value in (("session_id", house.session), ("study_id", house.study), ("stimulus_id", "ad")):
            filled = filled.replace(f"{{{name}}}", value)
        body = None if method in ("GET", "HEAD", "DELETE") else {}
        if "{form}" in filled:
            filled = filled.replace("{form}", "json")
        status = stranger.evaluate(ASK, [method, filled, body])
        assert status in (401, 403, 404), (method, filled, status)


def test_the_page_asks_for_nothing_but_its_own(house: House, stranger: Any) -> None:
    asked: list[str] = []
    stranger.on("request", lambda request: asked.append(request.url.removeprefix(house.url)))
    stranger.goto(f"{house.url}/t/{house.participant}")
    state(stranger, "consent")
    stranger.get_by_role("button", name="I do not take part").click(timeout=PATIENCE * 1000)
    state(stranger, "declined")
    foreign = [path for path in asked if not path.startswith((f"/t/{house.participant}", "/pages/"))]
    assert foreign == []


def state_of_things(served: Served) -> object:
    """What a stranger could have changed."""
    return (
        [(session.id, session.name) for session in served.store.sessions()],
        [(study.id, study.consent_text, study.viewers) for study in Studies(served.store).all()],
        [viewer.id for viewer in Viewings(served.store).viewers("spring")],
    )


def test_the_dots_of_an_address_do_not_climb(house: House) -> None:
    """As a program sends them; a browser would have walked the path itself."""
    for path in (
        f"/t/{house.participant}/../../api/sessions",
        f"/t/{house.participant}/%2e%2e/%2e%2e/api/sessions",
    ):
        with httpx.Client(base_url=house.url) as client:
            request = client.build_request("GET", "/")
            request.url = httpx.URL(house.url).copy_with(raw_path=path.encode())
            assert client.send(request).status_code in (401, 404), path


def test_who_is_signed_in_and_follows_a_link_from_elsewhere_goes_on(
    house: House, browser: Any, page: Any
) -> None:
    """A link in a mail comes from another site, and a strict cookie stays behind at first."""
    page.goto(house.url + "/upload")
    elsewhere = house.url.replace("127.0.0.1", "localhost")  # another site, which serves pages too
    page.goto(f"{elsewhere}/t/nothing")
    page.evaluate(
        """address => {
          const link = document.createElement("a");
          document.body.append(Object.assign(link, { href: address, id: "go", textContent: "go" }));
        }""",
        f"{house.url}/studies",
    )
    page.click("#go")
    page.wait_for_selector("nav", timeout=30_000)  # the page that asks has none
    assert page.url == f"{house.url}/studies"
