"""People who take part, without a browser: what is kept of them, and what is not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from inference import ValenceModel
from results import Studies, Viewings
from stream.sources.timing import timing
from tests.web import asking
from tests.web.participants.participant import invited
from tests.web.peers import ClipTrack, Peer, until
from tests.web.serving import Served, serving
from tests.web.uploading import files_below
from web.live.offers import MOST_BY_LINK


@pytest.fixture
def study(served: Served) -> str:
    """The address of a study with the stimulus ad-a (10 s)."""
    studies = Studies(served.store)
    made = studies.create("Spring")
    studies.add_stimulus(made.id, "Ad A", 10)
    return f"/api/studies/{made.id}"


class TakingPart(Peer):
    """A participant's page: a camera, and what it says of its player. All it has is its link."""

    def __init__(self, served: Served, study: str, stimulus: str = "ad-a", link: str | None = None) -> None:
        super().__init__(served.url)
        self.served = served
        self.link = link or invited(served, study, stimulus)
        self.begun: dict[str, Any] = {}
        self.connection.addTrack(ClipTrack())

    async def agree(self, **changes: Any) -> httpx.Response:
        """Agree to the invitation, offer the camera, connect."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            consent = (await client.get(f"{self.link}/invitation")).json()["consent"]
            body = {**await self.offer(), "consent": consent, **changes}
            answer = await client.post(f"{self.link}/viewings", json=body)
        if answer.status_code == 201:
            assert set(answer.json()) == {"sdp", "type", "viewing", "person"}, "and nothing of others"
            here = self.served.state.participants.get(answer.json()["viewing"], self.link.split("/")[-1])
            assert here is not None
            self.begun = {**answer.json(), "session": here.session, "viewer": here.viewer}
            await self.connected(self.begun)
        return answer

    async def tell(self, what: str, knots: list[list[float]]) -> int:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            path = f"{self.link}/viewings/{self.begun['viewing']}/{what}"
            return (await client.post(path, json={"knots": knots})).status_code

    async def withdraw(self) -> int:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            return (await client.delete(f"{self.link}/people/{self.begun['person']}")).status_code


def traces(served: Served) -> tuple[int, int, set[str]]:
    """Sessions, viewers, and files that are left."""
    studies = Studies(served.store).all()
    return (
        len(served.store.sessions()),
        sum(study.viewers for study in studies),
        files_below(served.store.root),
    )


async def test_a_viewer_lands_on_the_stimulus_clock(served: Served, study: str) -> None:
    watching = TakingPart(served, study)
    assert (await watching.agree()).status_code == 201
    await watching.until_frames(12, 90)
    (listed,) = Viewings(served.store).viewers("spring")
    assert listed.id == watching.begun["viewer"] == "viewer-001"
    assert listed.consent_text is not None and "Article 50(3)" in listed.consent_text
    assert listed.consent_time is not None

    now = watching.frames[-1]["time_s"]
    assert await watching.tell("clock", [[now, 0.0], [now + 0.4, 0.4]]) == 204
    await watching.until_frames(24, 90)
    assert await watching.tell("end", [[now, 0.0], [now + 0.4, 0.4], [now + 9.0, 0.4]]) == 204
    (viewing,) = Viewings(served.store).all("spring")
    assert viewing.clock == ((0.0, 0.0), (now, 0.0), (now + 0.4, 0.4), (now + 9.0, 0.4))
    assert viewing.session == watching.begun["session"]
    session = served.store.get(viewing.session)
    assert session.state.value == "done" and session.files == {}, "numbers only"
    assert served.state.hub.sessions == {}
    await watching.close()


async def test_nothing_is_kept_of_who_leaves_before_the_stimulus_begins(served: Served, study: str) -> None:
    watching = TakingPart(served, study)
    await watching.agree()
    await watching.until_frames(5, 90)
    assert traces(served)[:2] == (1, 1)
    watching.say("stop")
    await until(lambda: traces(served) == (0, 0, set()), 15)
    await watching.close()


async def test_who_closes_the_page_in_the_middle_stays_with_what_they_saw(served: Served, study: str) -> None:
    watching = TakingPart(served, study)
    await watching.agree()
    await watching.until_frames(5, 90)
    now = watching.frames[-1]["time_s"]
    await watching.tell("clock", [[now, 0.0], [now + 1, 1.0]])
    await watching.close()
    await until(lambda: not served.state.hub.sessions, 15)
    assert traces(served)[:2] == (1, 1)
    found = asking.get(f"{served.url}{study}/stimuli/ad-a/findings", timeout=30).json()
    assert found["excluded"]["low_coverage"] == ["viewer-001"], "one second of ten is too little to count"


@pytest.mark.parametrize("after", ["while watching", "afterwards"])
async def test_who_withdraws_leaves_no_trace(served: Served, study: str, after: str) -> None:
    watching = TakingPart(served, study)
    await watching.agree()
    await watching.until_frames(5, 90)
    now = watching.frames[-1]["time_s"]
    knots = [[now, 0.0], [now + 1, 1.0]]
    await watching.tell("clock" if after == "while watching" else "end", knots)
    assert traces(served)[:2] == (1, 1)
    assert await watching.withdraw() == 204
    assert traces(served) == (0, 0, set())
    assert await watching.tell("clock", knots) == 404
    await watching.close()


async def test_a_study_that_keeps_media_has_the_viewers_video(served: Served) -> None:
    studies = Studies(served.store)
    studies.create("keeping", keep_media=True)
    studies.add_stimulus("keeping", "Ad A", 10)
    watching = TakingPart(served, "/api/studies/keeping")
    await watching.agree()
    await watching.until_frames(20, 90)
    now = watching.frames[-1]["time_s"]
    await watching.tell("end", [[0.1, 0.0], [now, now - 0.1]])
    session = served.store.get(watching.begun["session"])
    shown = timing(Path(session.files["recording"]))
    samples = served.store.samples(session.id)
    assert (shown.width, shown.height) == (640, 480)
    assert session.frames <= len(shown.times) <= session.frames + 1
    gaps = np.abs(np.subtract.outer(np.unique(samples.time), shown.times)).min(axis=1)
    assert gaps.max() < 0.001, "every sample has its frame, on the session's clock"
    assert await watching.withdraw() == 204
    assert traces(served) == (0, 0, set())
    await watching.close()


async def test_who_was_not_shown_the_text_of_now_has_not_agreed(served: Served, study: str) -> None:
    watching = TakingPart(served, study)
    refused = await watching.agree(consent="I agree to anything.")
    assert refused.status_code == 409 and "has changed" in refused.json()["detail"]
    refused = await watching.agree(sdp="v=0\r\n")
    assert refused.status_code == 422 and "camera" in refused.json()["detail"]
    assert traces(served) == (0, 0, set())
    await watching.close()


async def test_who_comes_back_after_a_lost_connection_is_the_same_viewer(served: Served, study: str) -> None:
    first = TakingPart(served, study)
    second = TakingPart(served, study, link=first.link)
    await first.agree()
    await first.until_frames(5, 90)
    now = first.frames[-1]["time_s"]
    await first.tell("clock", [[now, 0.0], [now + 4, 4.0]])
    await first.close()
    await second.agree(person=first.begun["person"])
    await second.until_frames(5, 90)
    await second.tell("end", [[0.0, 4.0], [6.0, 10.0]])
    assert {viewing.viewer for viewing in Viewings(served.store).all("spring")} == {"viewer-001"}
    assert len(Viewings(served.store).all("spring")) == 2
    await second.close()


async def test_deleting_a_study_ends_those_who_watch(served: Served, study: str) -> None:
    watching = TakingPart(served, study)
    await watching.agree()
    await watching.until_frames(5, 90)
    async with asking.opened_async(base_url=served.url, timeout=30) as client:
        assert (await client.get(study)).json()["taking_part"] == {"ad-a": 1}
        assert (await client.delete(f"{study}?with_sessions=true")).status_code == 204
    assert served.state.hub.sessions == {}
    assert (served.store.sessions(), Studies(served.store).all()) == ([], [])
    await watching.close()


async def test_who_is_gone_is_never_taken_for_who_came_after(served: Served, study: str) -> None:
    """Numbers and keys are given again once their row is deleted; what a page knows itself by is not."""
    gone = TakingPart(served, study)
    await gone.agree()
    await gone.until_frames(3, 90)
    gone.say("stop")
    await until(lambda: traces(served) == (0, 0, set()), 15)
    after = TakingPart(served, study, link=gone.link)
    await after.agree()
    await after.until_frames(3, 90)
    assert after.begun["viewer"] == gone.begun["viewer"]
    assert await gone.tell("clock", [[0.1, 0.0], [5.0, 4.9]]) == 404
    assert await gone.tell("end", [[0.1, 0.0], [5.0, 4.9]]) == 404
    assert await gone.withdraw() == 404
    (viewing,) = Viewings(served.store).all("spring")
    assert viewing.clock == ((0.0, 0.0),) and after.begun["session"] in served.state.hub.sessions

    again = TakingPart(served, study, link=gone.link)
    assert (await again.agree(person=gone.begun["person"])).status_code == 201
    viewers = Viewings(served.store).viewers("spring")
    assert len(viewers) == 2 and all(viewer.consent_text for viewer in viewers), "they agreed anew"
    for each in (gone, after, again):
        await each.close()


async def test_who_took_part_is_removed_also_by_another_server_later(
    tmp_path: Path, model: ValenceModel
) -> None:
    folder = tmp_path / "sessions"
    with serving(folder, model) as first:
        studies = Studies(first.store)
        studies.create("Spring")
        studies.add_stimulus("spring", "Ad A", 10)
        watching = TakingPart(first, "spring")
        await watching.agree()
        await watching.until_frames(3, 90)
        await watching.tell("end", [[0.1, 0.0], [4.1, 4.0]])
        await watching.close()
    with serving(folder, model) as second:
        assert traces(second)[:2] == (1, 1)
        watching.url = second.url
        studies = Studies(second.store)
        studies.remove_stimulus("spring", "ad-a")  # and with it their link
        assert await watching.withdraw() == 204
        assert traces(second) == (0, 0, set())
        assert await watching.withdraw() == 404


async def test_a_link_does_not_take_every_place(served: Served, study: str) -> None:
    """Whoever has it, and from however many addresses they come."""
    waiting = [TakingPart(served, study)]
    waiting += [TakingPart(served, study, link=waiting[0].link) for _ in range(MOST_BY_LINK)]
    answers = []
    for number, one in enumerate(waiting):  # they ask, and never connect
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number // 3 + 2}")
        async with httpx.AsyncClient(base_url=served.url, timeout=30, transport=transport) as client:
            consent = (await client.get(f"{one.link}/invitation")).json()["consent"]
            body = {**await one.offer(), "consent": consent}
            answers.append(await client.post(f"{one.link}/viewings", json=body))
    assert [answer.status_code for answer in answers] == [201] * MOST_BY_LINK + [429]
    assert answers[-1].headers["retry-after"] == "3" and "in a moment" in answers[-1].json()["detail"]
    for one in waiting:
        await one.close()


async def test_what_was_said_earlier_and_comes_later_takes_nothing_back(served: Served, study: str) -> None:
    watching = TakingPart(served, study)
    await watching.agree()
    await watching.until_frames(3, 90)
    whole = [[0.1, 0.0], [1.1, 1.0], [2.1, 2.0]]
    assert await watching.tell("clock", whole) == 204
    assert await watching.tell("clock", whole[:2]) == 204, "late, but in good order"
    (viewing,) = Viewings(served.store).all("spring")
    assert viewing.clock[-1] == (2.1, 2.0)
    statuses = await asyncio.gather(*(watching.tell("clock", [*whole, [3.0 + n, 2.0]]) for n in range(8)))
    assert statuses == [204] * 8
    assert Viewings(served.store).all("spring")[0].clock[-1] == (10.0, 2.0)
    await watching.close()
