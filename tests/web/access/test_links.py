"""Links: what they lead to while they are open, and that they end in time."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from results import Links, Studies
from tests.web import asking
from tests.web.live.test_signalling import camera
from tests.web.participants.test_participants import TakingPart
from tests.web.peers import Peer, until
from tests.web.serving import Served


@pytest.fixture
def studies(served: Served) -> Studies:
    """Two studies of one stimulus; in the second operators may look on."""
    made = Studies(served.store)
    for name, allowed in (("Spring", False), ("Seen", True)):
        study = made.create(name, allow_spectators=allowed)
        made.add_stimulus(study.id, "Ad A", 10)
    return made


def works(url: str, link: str) -> bool:
    return httpx.get(f"{url}{link}/invitation").status_code == 200


def closed_from_the_web(served: Served) -> None:
    (link,) = Links(served.store.database).of_study("spring")
    assert asking.delete(f"{served.url}/api/studies/spring/links/{link.key}").status_code == 204


def closed_in_a_terminal(served: Served) -> None:
    links = Links(served.store.database)
    links.revoke(links.of_study("spring")[0].key)


def renamed(served: Served) -> None:
    answer = asking.patch(f"{served.url}/api/studies/spring", json={"name": "Autumn"})
    assert answer.status_code == 200


def deleted_in_a_terminal(served: Served) -> None:
    Studies(served.store).delete("spring")


def stimulus_removed(served: Served) -> None:
    assert asking.delete(f"{served.url}/api/studies/spring/stimuli/ad-a").status_code == 204


@pytest.mark.parametrize(
    "ends",
    [closed_from_the_web, closed_in_a_terminal, renamed, deleted_in_a_terminal, stimulus_removed],
)
async def test_a_link_ends_and_so_does_who_takes_part_by_it(
    served: Served, studies: Studies, ends: Callable[[Served], None]
) -> None:
    watching = TakingPart(served, "spring")
    other = TakingPart(served, "seen")
    await watching.agree()
    await watching.until_frames(3, 90)
    await watching.tell("clock", [[0.1, 0.0], [1.1, 1.0]])
    ends(served)
    await until(lambda: watching.begun["session"] not in served.state.hub.sessions, 10)
    await until(lambda: not works(served.url, watching.link), 10)
    answer = httpx.get(served.url + watching.link, headers={"accept": "text/html"})
    assert answer.status_code == 404 and "This link does not work" in answer.text
    assert works(served.url, other.link)
    await watching.close()
    await other.close()


async def test_who_took_part_may_have_themselves_removed_after_the_link_was_closed(
    served: Served, studies: Studies
) -> None:
    watching = TakingPart(served, "spring")
    await watching.agree()
    await watching.until_frames(3, 90)
    await watching.tell("end", [[0.1, 0.0], [1.1, 1.0]])
    closed_from_the_web(served)
    await until(lambda: not works(served.url, watching.link), 10)
    assert await watching.tell("clock", [[0.1, 0.0]]) == 404
    other = TakingPart(served, "spring")
    wrong = f"{served.url}{other.link}/people/{watching.begun['viewing']}"
    assert httpx.delete(wrong).status_code == 404, "what names a viewing does not name a person"
    assert await watching.withdraw() == 204
    assert (served.store.sessions(), studies.get("spring").viewers) == ([], 0)
    await watching.close()
    await other.close()


def test_a_link_is_open_for_so_many_days(served: Served, studies: Studies) -> None:
    url = f"{served.url}/api/studies/spring/links"
    made = asking.post(url, json={"stimulus": "ad-a", "days": 2, "note": "=panel A"}).json()
    assert made["open"] and made["expires"] > made["created"] and made["note"] == "=panel A"
    token = made["address"].rsplit("/", 1)[-1]
    assert len(token) >= 22, "128 bits in base64"
    over = Links(served.store.database).invite("spring", "ad-a", days=-1)
    assert not works(served.url, f"/t/{over.token}")
    listed = asking.get(url).json()
    assert [link["open"] for link in listed["links"]] == [True, False]
    assert not listed["elsewhere"] and "--host 0.0.0.0" in listed["advice"]


async def test_nobody_looks_on_at_participants_unasked(served: Served, studies: Studies) -> None:
    hidden, seen = TakingPart(served, "spring"), TakingPart(served, "seen")
    agreed = {}
    for one in (hidden, seen):
        agreed[one] = httpx.get(f"{served.url}{one.link}/invitation").json()["consent"]
        assert (await one.agree()).status_code == 201
        await one.until_frames(3, 90)
    assert (
        "Nobody sees your camera’s picture" in agreed[hidden]
        and "the study’s lead may look on" in agreed[seen]
    )
    assert asking.get(f"{served.url}/api/live").json() == []
    study = asking.get(f"{served.url}/api/studies/spring").json()
    assert (study["taking_part"], study["shown"]) == ({"ad-a": 1}, [])
    assert asking.get(f"{served.url}/api/studies/seen").json()["shown"] == [seen.begun["session"]]
    for one, status in ((hidden, 403), (seen, 200)):
        looker = Peer(served.url)
        looker.connection.addTransceiver("video", direction="recvonly")
        path = f"{served.url}/api/live/{one.begun['session']}"
        answer = asking.post(f"{path}/watch", json=await looker.offer(), timeout=30)
        assert answer.status_code == status, answer.text
        assert asking.post(f"{path}/links").status_code == 403, "no link to somebody who takes part"
        token = Links(served.store.database).show(one.begun["session"]).token
        offer = await looker.offer()
        assert httpx.post(f"{served.url}/l/{token}/watch", json=offer, timeout=30).status_code == 403
        await looker.close()
    for one in (hidden, seen):
        await one.close()


async def test_a_spectators_link_ends_with_the_session_or_when_it_is_closed(served: Served) -> None:
    peer, _ = camera(served)
    await peer.connect()
    await peer.until_frames(3)
    made = [asking.post(f"{served.url}/api/live/{peer.session}/links").json() for _ in range(2)]
    paths = ["/l/" + one["address"].rsplit("/", 1)[-1] for one in made]
    lookers = [Peer(served.url), Peer(served.url)]
    for looker, path in zip(lookers, paths, strict=True):
        looker.connection.addTransceiver("video", direction="recvonly")
        answer = httpx.post(f"{served.url}{path}/watch", json=await looker.offer(), timeout=30)
        assert answer.status_code == 200 and answer.json()["session"] == "", "its id is nothing to them"
        await looker.connected(answer.json())
        await looker.until_frames(2)
    assert len(served.state.hub.sessions[peer.session].spectators) == 2
    key = made[0]["key"]
    assert asking.delete(f"{served.url}/api/live/{peer.session}/links/{key}").status_code == 204
    await until(lambda: len(served.state.hub.sessions[peer.session].spectators) == 1, 10)
    assert httpx.get(f"{served.url}{paths[0]}/session").status_code == 404
    assert httpx.get(f"{served.url}{paths[1]}/session").json() == {"live": True}
    peer.say("stop")
    await until(lambda: not served.state.hub.sessions, 10)
    assert httpx.get(f"{served.url}{paths[1]}/session").json() == {"live": False}
    for each in (peer, *lookers):
        await each.close()
