"""Numbers from participants' browsers: what cannot be true is refused, and nothing else harmed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from results import State, Studies, Viewings, Where
from tests.web import asking
from tests.web.participants.participant import invited
from tests.web.serving import Served, wait_until
from web.edge.fetch import is_there

pytestmark = pytest.mark.skipif(not is_there(), reason="ONNX Runtime Web is not installed")

FACE = {
    "face_id": 1,
    "box": [10, 10, 60, 70],
    "score": 0.9,
    "valence": 0.25,
    "smoothed": 0.2,
    "quality": 0.8,
    "yaw": -3.5,
    "valence_error": 0.1,
    "expression_happiness": 0.6,
}


def batch(sequence: int, first: int, count: int = 3, rate: float = 30.0) -> dict[str, Any]:
    frames = [
        {"frame": frame, "time_s": frame / rate, "faces": [FACE]} for frame in range(first, first + count)
    ]
    return copy.deepcopy({"sequence": sequence, "frames": frames})


class Viewer:
    """Takes part by the API alone, as a browser does."""

    def __init__(self, served: Served, study: str = "spring") -> None:
        self.link = served.url + invited(served, study, "spot")
        self.client = httpx.Client(timeout=30)
        self.consent = self.client.get(f"{self.link}/invitation").json()["consent"]
        self.version = self.client.get(f"{served.url}/edge/settings.json").json()["version"]

    def begin(self, **given: Any) -> httpx.Response:
        body = {"consent": self.consent, "version": self.version, **given}
        answer = self.client.post(f"{self.link}/viewings", json=body)
        self.viewing = answer.json().get("viewing")
        return answer

    def send(self, body: Any) -> int:
        return self.client.post(f"{self.link}/viewings/{self.viewing}/numbers", json=body).status_code

    def end(self, seconds: float) -> int:
        knots = {"knots": [[0.01, 0.0], [seconds, seconds]]}
        return self.client.post(f"{self.link}/viewings/{self.viewing}/end", json=knots).status_code


@pytest.fixture
def viewer(served: Served) -> Iterator[Viewer]:
    made = Studies(served.store)
    made.create("Spring", where=Where.BROWSER)
    made.add_stimulus("spring", "Spot", 6)
    one = Viewer(served)
    yield one
    one.client.close()


def test_batches_are_kept_once_and_in_order(served: Served, viewer: Viewer) -> None:
    assert viewer.begin().status_code == 201
    assert [viewer.send(one) for one in (batch(0, 0), batch(0, 0), batch(1, 3), batch(0, 0))] == [204] * 4
    assert viewer.send(batch(3, 9)) == 409, "one is missing before it"
    assert viewer.end(0.2) == 204
    (viewing,) = Viewings(served.store).all("spring")
    session = served.store.get(viewing.session)
    assert session.state is State.DONE and session.settings["computed"] == "browser"
    samples = served.store.samples(session.id)
    assert samples.frame.tolist() == [0, 1, 2, 3, 4, 5] and session.frames == 6
    assert samples.valence.tolist() == pytest.approx([0.25] * 6)
    assert any(event.kind == "refused" for event in served.store.events(session.id))
    assert viewer.send(batch(2, 6)) == 404, "it is over"
    found = asking.get(f"{served.url}/api/studies/spring/stimuli/spot/findings").json()
    assert found["computed"] == ["browser"]


FORGED = {
    "time runs backwards": lambda b: b["frames"][1].update(time_s=0.0),
    "a frame comes twice": lambda b: b["frames"][1].update(frame=0),
    "later than it can be": lambda b: b["frames"][2].update(time_s=1000.0),
    "a face twice": lambda b: b["frames"][0].update(faces=[FACE, FACE]),
    "a box without an area": lambda b: b["frames"][0]["faces"][0].update(box=[5, 5, 5, 9]),
    "beyond -1..1": lambda b: b["frames"][0]["faces"][0].update(valence=1.5),
    "text": lambda b: b["frames"][0]["faces"][0].update(valence="high"),
    "an unknown number": lambda b: b["frames"][0]["faces"][0].update(mood=1),
    "no face has id 0": lambda b: b["frames"][0]["faces"][0].update(face_id=0),
    "many faces": lambda b: b["frames"][0].update(faces=[{**FACE, "face_id": n + 1} for n in range(17)]),
    "no frames": lambda b: b.update(frames=[]),
    "many frames": lambda b: b.update(frames=batch(0, 0, 601)["frames"]),
    "faster than any camera": lambda b: b.update(frames=batch(0, 0, 590, rate=3000)["frames"]),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_cannot_be_true_is_refused(served: Served, viewer: Viewer, what: str) -> None:
    viewer.begin()
    body = batch(0, 0)
    FORGED[what](body)
    assert viewer.send(body) in (409, 422), what
    assert viewer.send(batch(0, 0)) == 204, "the right one is still welcome"
    assert viewer.end(0.1) == 204
    (viewing,) = Viewings(served.store).all("spring")
    assert served.store.get(viewing.session).frames == 3


def test_not_a_number_and_too_much_are_refused(viewer: Viewer) -> None:
    viewer.begin()
    address = f"{viewer.link}/viewings/{viewer.viewing}/numbers"
    text = json.dumps(batch(0, 0)).replace("0.25", "NaN")
    headers = {"content-type": "application/json"}
    assert viewer.client.post(address, content=text, headers=headers).status_code == 422
    large = json.dumps(batch(0, 0)) + " " * 30_000_000
    assert viewer.client.post(address, content=large, headers=headers).status_code == 413


def test_other_versions_studies_and_ways_are_refused(served: Served, viewer: Viewer) -> None:
    assert viewer.begin(version="0" * 16).status_code == 412
    assert viewer.begin(version=None, sdp="v=0").status_code == 412
    assert served.store.sessions() == [] and Viewings(served.store).viewers("spring") == []
    made = Studies(served.store)
    made.create("Autumn")
    made.add_stimulus("autumn", "Spot", 6)
    other = Viewer(served, "autumn")
    assert other.begin().status_code == 422, "there the server analyses"
    viewer.begin()
    other.viewing = viewer.viewing
    assert other.send(batch(0, 0)) == 404, "a viewing of another link"
    assert viewer.send(batch(0, 0)) == 204
    other.client.close()


def test_a_study_that_gets_no_pictures_keeps_none(served: Served) -> None:
    for forbidden in ("keep_media", "allow_spectators"):
        body = {"name": "Spring", "where": "browser", forbidden: True}
        answer = asking.post(f"{served.url}/api/studies", json=body)
        assert answer.status_code == 422 and "no picture comes here" in answer.json()["detail"]
    answer = asking.post(f"{served.url}/api/studies", json={"name": "Spring", "where": "browser"})
    assert answer.json()["where"] == "browser"


def test_who_leaves_before_anything_is_seen_leaves_no_trace(served: Served, viewer: Viewer) -> None:
    viewer.begin()
    assert viewer.end(0.0) == 204
    wait_until(lambda: not served.store.sessions(), 20)
    assert Viewings(served.store).viewers("spring") == []


def test_a_stranger_who_only_begins_does_not_take_every_place(
    served: Served, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.participants.routes.MOST_BEGINNING", 3)
    monkeypatch.setattr("web.participants.numbers.UNBEGUN", 2.0)
    assert [viewer.begin().status_code for _ in range(3)] == [201] * 3
    refused = viewer.begin()
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    # Who never sent anything leaves no trace.
    wait_until(lambda: not served.store.sessions() and not Viewings(served.store).viewers("spring"), 30)
    assert viewer.begin().status_code == 201
    monkeypatch.setattr("web.participants.routes.MOST_BROWSERS", 1)
    assert viewer.begin().status_code == 503
