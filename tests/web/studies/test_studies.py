"""Studies over HTTP: made, filled, aggregated, reported, deleted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from inference import ValenceModel
from stream.sources.timing import timing
from tests.web import asking
from tests.web.serving import Served, serving
from tests.web.storing import react
from tests.web.uploading import ONE_FACE, files_below, numbered_clip
from valence.commands.study.commands import app
from web.state import ServerSettings


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with asking.opened(base_url=served.url, timeout=60) as opened:
        yield opened


@pytest.fixture
def study(client: httpx.Client) -> str:
    """The address of a study with the stimuli ad-a (10 s) and ad-b (8 s)."""
    made = client.post("/api/studies", json={"name": "Spring"})
    assert made.status_code == 201, made.text
    address = f"/api/studies/{made.json()['study']}"
    for name, seconds in (("Ad A", 10), ("Ad B", 8)):
        assert (
            client.post(f"{address}/stimuli", json={"name": name, "duration_s": seconds}).status_code == 201
        )
    return address


def attach(client: httpx.Client, study: str, stimulus: str, session: str, **more: Any) -> dict[str, Any]:
    answer = client.post(f"{study}/stimuli/{stimulus}/viewings", json={"session": session, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def said(answer: httpx.Response, status: int) -> str:
    """The one sentence of an answer that refuses."""
    assert answer.status_code == status, answer.text
    detail = answer.json()["detail"]
    assert isinstance(detail, str) and detail
    return detail


def test_the_web_says_what_the_terminal_says(
    served: Served, client: httpx.Client, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(f"{study}/stimuli/ad-a/segments", json={"name": "Logo", "start_s": 8, "end_s": 10})
    for n in range(4):
        attach(client, study, "ad-a", react(served.store, f"v{n}", level=0.02 * n), offset_s=0.5)
        attach(client, study, "ad-b", react(served.store, f"v{n}", 6.0, level=0.02 * n - 0.2))
    monkeypatch.setenv("VALENCE_SESSIONS", str(served.store.root))

    def terminal(*arguments: str) -> Any:
        done = CliRunner().invoke(app, [*arguments, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    listed, shown = client.get("/api/studies").json(), client.get(study).json()
    for stimulus in (*listed[0]["stimuli"], *shown["stimuli"]):
        assert stimulus.pop("video") is None
    assert listed == terminal("list")
    for viewing in shown["viewings"]:
        assert isinstance(viewing.pop("key"), int)

    extra = {name: shown.pop(name) for name in ("options", "consents", "links", "taking_part", "shown")}
    assert shown == terminal("show", "spring")
    assert (
        extra["options"]["min_quality"] == 0.3
        and extra["taking_part"] == {}
        and extra["links"]["links"] == []
    )

    report = terminal("report", "spring", "--out", str(served.store.root.parent / "out"))
    assert client.get(f"{study}/stimuli/ad-a/findings").json() == report["stimuli"][0]
    assert client.get(f"{study}/report.json").json() == {
        k: report[k] for k in ("study", "stimuli", "comparisons")
    }
    pair = client.get(f"{study}/comparison?a=ad-a&b=ad-b").json()
    assert pair == terminal("compare", "spring", "ad-a", "ad-b")
    assert pair["paired"] and pair["overall"]["n_a"] == 4


def test_without_viewers_and_with_one_it_says_so(served: Served, client: httpx.Client, study: str) -> None:
    empty = client.get(f"{study}/stimuli/ad-a/findings").json()
    assert empty["viewers"] == 0 and set(empty["curve"]["mean"]) == {None} and set(empty["curve"]["n"]) == {0}
    assert "No session is attached to Ad A yet" in said(client.get(f"{study}/report.html"), 422)
    assert "No session is attached" in said(client.get(f"{study}/comparison?a=ad-a&b=ad-b"), 422)

    attach(client, study, "ad-a", react(served.store, "ann"))
    one = client.get(f"{study}/stimuli/ad-a/findings").json()
    assert one["viewers"] == 1 and set(one["curve"]["low"]) == {None} and one["overall"]["n"] == 1
    assert "needs at least 3 viewers" in client.get(f"{study}/report.html").text


def test_viewers_who_do_not_overlap_are_counted_out(served: Served, client: httpx.Client, study: str) -> None:
    attach(client, study, "ad-a", react(served.store, "late"), offset_s=-60)
    attach(client, study, "ad-a", react(served.store, "short", seconds=1.0))
    found = client.get(f"{study}/stimuli/ad-a/findings").json()
    assert found["viewers"] == 0
    assert found["excluded"]["no_overlap"] == ["late"] and found["excluded"]["low_coverage"] == ["short"]
    assert "1 without a sample during the stimulus" in said(client.get(f"{study}/report.html"), 422)


def test_an_offset_puts_a_session_on_the_stimulus_clock(
    served: Served, client: httpx.Client, study: str
) -> None:
    attach(client, study, "ad-a", react(served.store, "ann", peak=6.0), offset_s=2.0)
    curve = client.get(f"{study}/stimuli/ad-a/findings").json()["curve"]
    peak = max((v, t) for t, v in zip(curve["time_s"], curve["mean"], strict=True) if v is not None)[1]
    assert peak == 4.0
    assert curve["n"][-1] == 0, "the session ends two seconds before the stimulus"


def test_downloads_can_be_read_again(served: Served, client: httpx.Client, study: str) -> None:
    for n in range(3):
        attach(client, study, "ad-a", react(served.store, f"v{n}", level=n / 50))
        attach(client, study, "ad-b", react(served.store, f"w{n}", level=n / 50 - 0.2))
    found = client.get(f"{study}/stimuli/ad-a/findings").json()
    table = client.get(f"{study}/stimuli/ad-a/findings.csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert "spring_ad-a.csv" in table.headers["content-disposition"]
    assert np.allclose([float(row["mean"]) for row in rows], found["curve"]["mean"], atol=1e-4)
    assert {row["n"] for row in rows} == {"3"}
    pair = list(csv.DictReader(io.StringIO(client.get(f"{study}/comparison.csv?a=ad-a&b=ad-b").text)))
    assert len(pair) == 33 and float(pair[0]["low"]) < float(pair[0]["difference"]) < float(pair[0]["high"])
    report = client.get(f"{study}/report.html")
    assert report.headers["content-type"].startswith("text/html") and "Ad A" in report.text
    assert "attachment" in report.headers["content-disposition"]


def test_the_baseline_and_the_limits_are_the_studys_own(
    served: Served, client: httpx.Client, study: str
) -> None:
    attach(client, study, "ad-a", react(served.store, "ann", level=0.3))
    assert client.get(f"{study}/stimuli/ad-a/findings").json()["curve"]["mean"][0] == pytest.approx(
        0.3, abs=0.01
    )
    changed = client.patch(study, json={"options": {"baseline": [0, 1], "min_coverage": 0.5}})
    assert changed.status_code == 200, changed.text
    found = client.get(f"{study}/stimuli/ad-a/findings").json()
    assert found["options"]["baseline"] == [0, 1] and found["options"]["min_coverage"] == 0.5
    assert found["curve"]["mean"][0] == pytest.approx(0, abs=0.01)
    assert client.patch(study, json={"options": {"min_quality": 0.4}}).status_code == 200
    assert client.get(study).json()["options"]["baseline"] == [0, 1], "what is left out stays"
    assert client.patch(study, json={"options": {"baseline": None}}).status_code == 200
    assert client.get(study).json()["options"]["baseline"] is None
    assert "is empty" in said(client.patch(study, json={"options": {"baseline": [2, 1]}}), 422)
    said(client.patch(study, json={"options": {"min_quality": 7}}), 422)


def test_the_pulse_changes_when_the_study_does(served: Served, client: httpx.Client, study: str) -> None:
    pulses = [client.get(f"{study}/pulse").json()]
    assert client.get(f"{study}/pulse").json() == pulses[0] and pulses[0]["taking_part"] == {}
    made = attach(client, study, "ad-a", react(served.store, "ann"))
    pulses.append(client.get(f"{study}/pulse").json())
    client.post(f"{study}/stimuli/ad-a/segments", json={"name": "Logo", "start_s": 1, "end_s": 2})
    pulses.append(client.get(f"{study}/pulse").json())
    client.patch(study, json={"options": {"min_quality": 0.2}})
    pulses.append(client.get(f"{study}/pulse").json())
    client.delete(f"{study}/viewings/{made['key']}")
    attach(client, study, "ad-a", made["session"], offset_s=1)
    pulses.append(client.get(f"{study}/pulse").json())
    assert len({pulse["content"] for pulse in pulses}) == 5


def test_segments_are_set_moved_and_removed(client: httpx.Client, study: str) -> None:
    address = f"{study}/stimuli/ad-a/segments"
    name = "Logo / Preis & Ende"
    for start, end in ((1, 2), (3, 4.5)):
        assert client.post(address, json={"name": name, "start_s": start, "end_s": end}).status_code == 201
    (segment,) = client.get(study).json()["stimuli"][0]["segments"]
    assert segment == {"name": name, "start_s": 3, "end_s": 4.5}
    assert "does not lie" in said(client.post(address, json={"name": "x", "start_s": 9, "end_s": 11}), 422)
    assert "does not lie" in said(client.post(address, json={"name": "x", "start_s": 4, "end_s": 4}), 422)
    assert client.delete(address, params={"name": name}).status_code == 204
    said(client.delete(address, params={"name": name}), 404)
    assert client.get(study).json()["stimuli"][0]["segments"] == []


def upload(client: httpx.Client, study: str, file: str, content: bytes, **query: str) -> httpx.Response:
    return client.post(f"{study}/stimuli", files={"file": (file, content)}, params=query)


def test_a_video_becomes_a_stimulus_and_goes_with_its_study(
    served: Served, client: httpx.Client, study: str, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    times = numbered_clip(clip, frames=40, ticks=(3000, 9000))
    made = upload(client, study, "../../etc/My ad.mp4", clip.read_bytes())
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "My ad" and made.json()["duration_s"] == pytest.approx(
        times[-1] + 0.1, abs=0.1
    )
    named = upload(client, study, "clip.mp4", clip.read_bytes(), name="Other/../cut")
    assert named.json()["name"] == "Other/../cut"
    (_, _, first, second) = client.get(study).json()["stimuli"]
    assert first["path"] == "My ad.mp4" and str(served.store.root) not in json.dumps([first, second])
    whole = client.get(first["video"])
    assert whole.headers["content-type"] == "video/mp4" and whole.content == clip.read_bytes()
    part = client.get(second["video"], headers={"range": "bytes=10-19"})
    assert part.status_code == 206 and part.content == whole.content[10:20]
    assert client.get(f"{first['video']}/frames").json()["times"] == timing(clip).times
    kept = files_below(served.store.root)
    assert len(kept) == 2 and all(name.startswith(".stimuli/") for name in kept)

    assert client.delete(f"{study}/stimuli/{second['id']}").status_code == 204
    assert len(files_below(served.store.root)) == 1
    assert client.delete(study).status_code == 204
    assert files_below(served.store.root) == set() and list((served.store.root / ".stimuli").iterdir()) == []
    said(client.get(study), 404)


def test_what_cannot_be_a_stimulus_is_refused_and_nothing_of_it_is_kept(
    served: Served, client: httpx.Client, study: str, tmp_path: Path
) -> None:
    assert "is empty" in said(upload(client, study, "none.mp4", b""), 422)
    assert "no image or video" in said(upload(client, study, "words.mp4", b"words " * 1000), 422)
    assert "single picture" in said(upload(client, study, "face.jpg", ONE_FACE.read_bytes()), 422)
    two = [("file", (name, b"x")) for name in ("a.mp4", "b.mp4")]
    assert "one video" in said(client.post(f"{study}/stimuli", files=two), 422)
    said(client.post(f"{study}/stimuli", content=b"{}", headers={"content-type": "application/json"}), 422)
    said(client.post(f"{study}/stimuli", content=b"x", headers={"content-type": "text/plain"}), 400)
    for wrong in (
        {"name": " ", "duration_s": 3},
        {"name": "x", "duration_s": 0},
        {"name": "x", "duration_s": 1e9},
    ):
        said(client.post(f"{study}/stimuli", json=wrong), 422)
    assert len(client.get(study).json()["stimuli"]) == 2
    assert files_below(served.store.root) == set() and not list(served.store.root.glob(".stimuli/*"))
    assert client.get("/health").status_code == 200


def test_a_stimulus_over_the_limit_is_refused_while_it_comes(tmp_path: Path, model: ValenceModel) -> None:
    settings = ServerSettings(version="test", upload_limit=10_000)
    with serving(tmp_path / "s", model, settings) as served, asking.opened(base_url=served.url) as client:
        study = f"/api/studies/{client.post('/api/studies', json={'name': 'S'}).json()['study']}"
        assert "larger than" in said(upload(client, study, "big.mp4", b"x" * 800_000), 413)
        assert files_below(served.store.root) == set()
        assert client.get("/health").status_code == 200


def test_what_is_not_there_is_404(served: Served, client: httpx.Client, study: str) -> None:
    session = react(served.store, "ann")
    viewing = {"session": session}
    for method, path, body in (
        ("GET", "/api/studies/nothing", None),
        ("GET", "/api/studies/Spring", None),
        ("PATCH", "/api/studies/nothing", {}),
        ("DELETE", "/api/studies/nothing", None),
        ("DELETE", "/api/studies/Spring", None),
        ("POST", "/api/studies/nothing/stimuli", {"name": "x", "duration_s": 1}),
        ("GET", f"{study}/stimuli/nothing/findings", None),
        ("GET", f"{study}/stimuli/nothing/video", None),
        ("GET", f"{study}/stimuli/ad-a/video", None),
        ("GET", f"{study}/stimuli/..%2F..%2Fvalence.db/video", None),
        ("DELETE", f"{study}/stimuli/nothing", None),
        ("POST", f"{study}/stimuli/nothing/viewings", viewing),
        ("POST", f"{study}/stimuli/ad-a/viewings", {"session": "nothing"}),
        ("POST", f"{study}/stimuli/ad-a/viewings", {"session": session[:8]}),
        ("POST", f"{study}/stimuli/ad-a/viewings", {"session": session, "face_id": 7}),
        ("DELETE", f"{study}/viewings/77", None),
        ("DELETE", f"{study}/viewers/nobody", None),
        ("GET", f"{study}/comparison?a=ad-a&b=nothing", None),
        ("POST", f"{study}/links", {"stimulus": "nothing"}),
        ("DELETE", f"{study}/links/7", None),
        ("GET", "/t/nothing/invitation", None),
        ("POST", "/t/nothing/viewings/nothing/clock", {"knots": []}),
        ("DELETE", "/t/nothing/viewings/nothing", None),
    ):
        said(client.request(method, path, json=body), 404)
    answer = client.get("/studies/nothing", headers={"accept": "text/html"})
    assert answer.status_code == 404 and "nothing at this address" in answer.text
    answer = client.get("/t/nothing", headers={"accept": "text/html"})
    assert answer.status_code == 404 and "This link does not work" in answer.text
    assert client.get(study).json()["viewings"] == []


def test_sessions_are_attached_and_detached(served: Served, client: httpx.Client, study: str) -> None:
    session = react(served.store, "ann")
    made = attach(client, study, "ad-a", session, viewer="Ann", offset_s=1.5)
    assert (made["viewer"], made["offset_s"], made["face_id"]) == ("Ann", 1.5, 1)
    again = client.post(f"{study}/stimuli/ad-a/viewings", json={"session": session})
    assert "already attached" in said(again, 422)
    said(client.post(f"{study}/stimuli/ad-a/viewings", json={"session": session, "offset_s": "soon"}), 422)
    assert client.delete(f"{study}/viewings/{made['key']}").status_code == 204
    assert client.get(study).json()["viewings"] == []
    assert served.store.get(session).name == "ann", "the session stays"


def test_pictures_are_kept_only_where_the_study_says_so(
    served: Served, client: httpx.Client, study: str
) -> None:
    session = react(served.store, "ann")
    recording = served.store.folder(session) / "recording.mp4"
    recording.parent.mkdir()
    recording.write_bytes(b"x")
    served.store.set_files(session, {"recording": recording})
    refused = client.post(f"{study}/stimuli/ad-a/viewings", json={"session": session})
    assert "keeps no pictures" in said(refused, 422) and recording.exists()
    attach(client, study, "ad-a", session, discard_media=True)
    assert not recording.exists() and served.store.get(session).files == {}


def test_deleting_a_viewer_or_a_study_removes_every_trace(
    served: Served, client: httpx.Client, study: str
) -> None:
    for name in ("Zarathustra", "Ann"):
        session = react(served.store, name)
        served.store.folder(session).mkdir()
        (served.store.folder(session) / "valence.csv").write_text("x")
        attach(client, study, "ad-a", session)
    assert client.delete(f"{study}/viewers/Zarathustra").status_code == 204
    assert [v["viewer"] for v in client.get(study).json()["viewings"]] == ["Ann"]
    assert [session.name for session in served.store.sessions()] == ["Ann"]
    database = b"".join(path.read_bytes() for path in served.store.root.glob("valence.db*"))
    assert b"Zarathustra" not in database
    assert client.delete(f"{study}?with_sessions=true").status_code == 204
    assert served.store.sessions() == [] and files_below(served.store.root) == set()


def test_pages_elsewhere_may_not_change_anything(client: httpx.Client, study: str) -> None:
    elsewhere = {"origin": "https://elsewhere.example"}
    assert client.delete(study, headers=elsewhere).status_code == 403
    assert client.post("/api/studies", json={"name": "x"}, headers=elsewhere).status_code == 403
