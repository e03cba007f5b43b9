"""Sessions over HTTP: listed, read, changed, downloaded, deleted."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import httpx
import numpy as np
import pyarrow.parquet
import pytest

from results import face_statistics, write_folder
from stream.sources.timing import timing
from tests.web import asking
from tests.web.serving import Served, wait_until
from tests.web.storing import stored
from tests.web.uploading import files_below, numbered_clip


@pytest.fixture
def session(served: Served) -> str:
    return stored(served.store)


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with asking.opened(base_url=served.url, timeout=30) as opened:
        yield opened


def test_sessions_are_listed_searched_and_paged(served: Served, client: httpx.Client) -> None:
    ids = [stored(served.store, name) for name in ("first ad", "second ad", "other")]
    listed = client.get("/api/sessions").json()
    assert [entry["session"] for entry in listed] == ids[::-1]
    assert listed[0]["faces"] == 2 and len(listed[0]["curve"]) == 64
    assert listed[0]["input"] == "films/other.mp4" and listed[0]["state"] == "done"
    assert [e["name"] for e in client.get("/api/sessions?search=AD").json()] == ["second ad", "first ad"]
    assert [e["name"] for e in client.get("/api/sessions?limit=1&offset=1").json()] == ["second ad"]
    assert client.get("/api/sessions?state=failed").json() == []
    assert client.get("/api/sessions?state=nonsense").status_code == 422


def test_one_session_and_its_samples(client: httpx.Client, session: str) -> None:
    found = client.get(f"/api/sessions/{session}").json()
    assert found["samples"] == 42 and [face["face_id"] for face in found["faces"]] == [1, 2]
    assert found["included"]["samples"] == 42
    columns = client.get(f"/api/sessions/{session}/samples").json()["samples"]
    assert len(columns["time_s"]) == 42
    assert columns["valence"][0] == -0.5 and columns["face_id"][-1] == 2


@pytest.mark.parametrize(
    "path", ["", "/samples", "/files/csv", "/files/recording", "/files/recording/frames"]
)
def test_what_is_not_there_is_404(client: httpx.Client, session: str, path: str) -> None:
    answer = client.get(f"/api/sessions/nothing{path}")
    assert answer.status_code == 404 and "nothing" in answer.json()["detail"]
    # A beginning that fits is for people who type in a terminal; here it might delete the wrong one.
    assert client.get(f"/api/sessions/{session[:8]}{path}").status_code == 404
    assert client.delete(f"/api/sessions/{session[:8]}").status_code == 404
    assert client.get(f"/api/sessions/{session}/files/nothing").status_code == 404
    assert client.get(f"/api/sessions/{session}/files/..%2F..%2Fvalence.db").status_code == 404


def test_sessions_and_faces_are_renamed(client: httpx.Client, session: str) -> None:
    address = f"/api/sessions/{session}"
    changed = client.patch(address, json={"name": "  Ad A, Zürich ", "faces": {"2": "Anna"}})
    assert changed.json()["name"] == "Ad A, Zürich"
    found = client.get(address).json()
    assert found["session"] == session and [face["name"] for face in found["faces"]] == [None, "Anna"]
    assert client.patch(address, json={"faces": {"2": ""}}).status_code == 200
    assert client.get(address).json()["faces"][1]["name"] is None
    for wrong in ({"name": ""}, {"name": "  "}, {"name": "x" * 201}, {"faces": {"x": "y"}}):
        assert client.patch(address, json=wrong).status_code == 422
    assert client.patch(address, json={"faces": {"9": "Nobody"}}).status_code == 404
    assert client.get(address).json()["name"] == "Ad A, Zürich"


def test_excluded_stretches_leave_the_statistics(served: Served, client: httpx.Client, session: str) -> None:
    address = f"/api/sessions/{session}"
    marker = client.post(f"{address}/stretches", json={"kind": "marker", "start_s": 1.5, "label": "Logo"})
    assert marker.status_code == 201
    excluded = {"kind": "excluded", "start_s": 0, "end_s": 1.0, "face_id": 1}
    key = client.post(f"{address}/stretches", json=excluded).json()["key"]
    found = client.get(address).json()
    assert [(s["kind"], s["label"]) for s in found["stretches"]] == [("excluded", ""), ("marker", "Logo")]
    assert found["samples"] == 42 and found["included"]["samples"] == 31

    samples = served.store.samples(session)
    kept = samples[(samples.time > 1.0) | (samples.face_id != 1)]
    expected = [round(face.valence_mean, 4) for face in face_statistics(kept)]
    assert [face["valence_mean"] for face in found["included"]["faces"]] == expected
    assert found["faces"][0]["valence_mean"] == 0  # all samples, as everywhere

    assert client.delete(f"{address}/stretches/{key}").status_code == 204
    assert client.delete(f"{address}/stretches/{key}").status_code == 404
    assert client.get(address).json()["included"]["samples"] == 42


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "excluded", "start_s": 1},
        {"kind": "excluded", "start_s": 2, "end_s": 1},
        {"kind": "marker", "start_s": -1},
        {"kind": "party", "start_s": 1},
        {"kind": "marker"},
    ],
)
def test_impossible_stretches_are_refused(
    client: httpx.Client, session: str, wrong: dict[str, object]
) -> None:
    answer = client.post(f"/api/sessions/{session}/stretches", json=wrong)
    assert answer.status_code == 422 and isinstance(answer.json()["detail"], str)
    assert client.get(f"/api/sessions/{session}").json()["stretches"] == []


def test_downloads_can_be_read_again(
    served: Served, client: httpx.Client, session: str, tmp_path: Path
) -> None:
    address = f"/api/sessions/{session}/files"
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/csv").text)))
    content = client.get(f"{address}/json").json()
    parquet = tmp_path / "session.parquet"
    parquet.write_bytes(client.get(f"{address}/parquet").content)
    table = pyarrow.parquet.read_table(parquet)
    stored_values = served.store.samples(session).valence
    assert np.allclose([float(row["valence"]) for row in rows], stored_values, atol=1e-4)
    assert np.allclose(content["samples"]["valence"], stored_values, atol=1e-4)
    assert np.array_equal(table["valence"].to_numpy(), stored_values)
    disposition = client.get(f"{address}/csv").headers["content-disposition"]
    assert disposition.startswith("attachment") and session in disposition


def test_a_recording_is_sent_in_ranges(
    served: Served, client: httpx.Client, session: str, tmp_path: Path
) -> None:
    folder = served.store.folder(session)
    recording = folder / "recording.mp4"
    folder.mkdir()
    times = numbered_clip(recording, frames=20, ticks=(3000, 9000, 4500))
    write_folder(served.store, session, recording=recording)
    whole = client.get(f"/api/sessions/{session}/files/recording")
    assert whole.headers["content-type"] == "video/mp4" and whole.content == recording.read_bytes()
    part = client.get(f"/api/sessions/{session}/files/recording", headers={"range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole.content[100:200]
    frames = client.get(f"/api/sessions/{session}/files/recording/frames").json()
    assert np.allclose(frames["times"], times, atol=2e-6)
    assert (frames["width"], frames["height"]) == (640, 480)

    assert client.delete(f"/api/sessions/{session}").status_code == 204
    assert files_below(served.store.root) == set()
    assert client.get(f"/api/sessions/{session}").status_code == 404


def test_what_an_uploader_called_it_does_not_decide_what_it_is(
    served: Served, client: httpx.Client, session: str
) -> None:
    folder = served.store.folder(session)
    folder.mkdir()
    page = folder / "recording.html"
    page.write_text("<script>alert(1)</script>")
    served.store.set_files(session, {"recording": page})
    answer = client.get(f"/api/sessions/{session}/files/recording")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/api/sessions/{session}/files/recording/frames").json()["times"] == []


def test_pages_are_there_and_a_missing_session_says_so(client: httpx.Client, session: str) -> None:
    for path in ("/sessions", f"/sessions/{session}", "/upload"):
        answer = client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200 and "Valence Detector" in answer.text
    missing = client.get("/sessions/nothing", headers={"accept": "text/html"})
    assert missing.status_code == 404 and "nothing at this address" in missing.text


def test_pages_elsewhere_may_not_change_anything(client: httpx.Client, session: str) -> None:
    answer = client.delete(f"/api/sessions/{session}", headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert client.get(f"/api/sessions/{session}").status_code == 200


def test_the_timing_of_what_is_no_video_is_empty(tmp_path: Path) -> None:
    nonsense = tmp_path / "a.mp4"
    nonsense.write_bytes(b"nonsense")
    assert timing(nonsense).times == [] and timing(tmp_path / "missing.mp4").width == 0


def test_a_file_whose_name_is_not_utf_8_does_not_stand_in_the_way_of_a_download(
    served: Served, session: str, client: httpx.Client, tmp_path: Path
) -> None:
    result = tmp_path / os.fsdecode(b"caf\xe9.csv")
    result.write_text("numbers")
    served.store.set_files(session, {"annotated": result})

    for form in ("json", "parquet", "csv"):
        assert client.get(f"/api/sessions/{session}/files/{form}").status_code == 200
    told = client.get(f"/api/sessions/{session}/files/json").json()
    assert os.fsencode(told["files"]["annotated"]).endswith(b"caf\xe9.csv")
    assert client.get(f"/api/sessions/{session}/files/annotated").text == "numbers"


def test_faces_are_merged_split_and_put_back(served: Served, client: httpx.Client, session: str) -> None:
    address = f"/api/sessions/{session}"
    client.patch(address, json={"faces": {"2": "Anna"}})
    before = client.get(address).json(), client.get(f"{address}/samples").json()
    assert before[0]["face_edits"] == []

    merged = client.post(f"{address}/faces/merge", json={"faces": [2, 1]})
    assert merged.json() == {"edit": "merge", "of": [2, 1], "at_s": None, "doubled": 11, "restored": False}
    found = client.get(address).json()
    assert [(face["face_id"], face["name"], face["samples"]) for face in found["faces"]] == [(2, "Anna", 31)]
    assert found["face_edits"] == [merged.json()] and found["samples"] == 31
    assert set(client.get(f"{address}/samples").json()["samples"]["face_id"]) == {2}
    assert client.get("/api/sessions").json()[0]["faces"] == 1

    split = client.post(f"{address}/faces/2/split", json={"at_s": 1.5})
    assert split.json()["of"] == [2, 3]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/files/csv").text)))
    assert [row["face_id"] for row in rows] == ["2"] * 15 + ["3"] * 16
    for kind in ("split", "merge"):
        assert client.post(f"{address}/faces/undo").json()["edit"] == kind
    assert (client.get(address).json(), client.get(f"{address}/samples").json()) == before
    assert client.post(f"{address}/faces/undo").status_code == 422


def test_what_cannot_be_done_to_faces(served: Served, client: httpx.Client, session: str) -> None:
    address = f"/api/sessions/{session}/faces"
    for path, body, status in (
        ("merge", {"faces": [1, 9]}, 404),
        ("merge", {"faces": [1, 1]}, 422),
        ("merge", {"faces": [1]}, 422),
        ("merge", {"faces": list(range(1001))}, 422),
        ("merge", {"faces": ["x", 1]}, 422),
        ("9/split", {"at_s": 1}, 404),
        ("1/split", {"at_s": 30}, 422),
        ("1/split", {"at_s": 0}, 422),
        ("1/split", {"at_s": -1}, 422),
        ("1/split", {"at_s": 1e300}, 422),
        (f"{2**40}/split", {"at_s": 1}, 422),
        ("1/split", {}, 422),
    ):
        answer = client.post(f"{address}/{path}", json=body)
        assert answer.status_code == status and answer.json()["detail"], (path, body, answer.text)
    writer = served.store.begin("live", source="camera", kind="live")
    running = client.post(f"/api/sessions/{writer.id}/faces/merge", json={"faces": [1, 2]})
    assert running.status_code == 422 and "still runs" in running.json()["detail"]
    writer.finish()
    assert client.post("/api/sessions/nothing/faces/merge", json={"faces": [1, 2]}).status_code == 404


def test_the_files_of_a_session_follow_what_is_changed(
    served: Served, client: httpx.Client, session: str
) -> None:
    served.store.folder(session).mkdir()
    write_folder(served.store, session)
    address = f"/api/sessions/{session}"

    def faces() -> list[tuple[int, str | None, int]]:
        content = json.loads((served.store.folder(session) / "summary.json").read_text())
        return [(face["face_id"], face["name"], face["samples"]) for face in content["faces"]]

    def becomes(expected: list[tuple[int, str | None, int]]) -> None:
        wait_until(lambda: faces() == expected, 30)

    client.patch(address, json={"faces": {"2": "Anna"}})
    becomes([(1, None, 31), (2, "Anna", 11)])
    excluded = {"kind": "excluded", "start_s": 0, "end_s": 1.0, "face_id": 1}
    key = client.post(f"{address}/stretches", json=excluded).json()["key"]
    becomes([(1, None, 20), (2, "Anna", 11)])
    client.post(f"{address}/faces/1/split", json={"at_s": 2.0})
    becomes([(1, None, 9), (2, "Anna", 11), (3, None, 11)])
    client.delete(f"{address}/stretches/{key}")
    becomes([(1, None, 20), (2, "Anna", 11), (3, None, 11)])
    client.post(f"{address}/faces/merge", json={"faces": [1, 3]})
    becomes([(1, None, 31), (2, "Anna", 11)])
    client.post(f"{address}/faces/undo")
    becomes([(1, None, 20), (2, "Anna", 11), (3, None, 11)])


def test_downloads_say_what_is_excluded_and_no_server_s_path(
    served: Served, client: httpx.Client, session: str, tmp_path: Path
) -> None:
    served.store.folder(session).mkdir()
    write_folder(served.store, session)
    address = f"/api/sessions/{session}"
    client.post(f"{address}/stretches", json={"kind": "excluded", "start_s": 0, "end_s": 1.0})
    content = client.get(f"{address}/files/json").json()
    assert content["files"] == {"csv": f"{session}/valence.csv", "summary": f"{session}/summary.json"}
    assert content["faces"][0]["samples"] == 20 and sum(content["samples"]["excluded"]) == 11
    parquet = tmp_path / "x.parquet"
    parquet.write_bytes(client.get(f"{address}/files/parquet").content)
    assert sum(pyarrow.parquet.read_table(parquet)["excluded"].to_pylist()) == 11
    for form in ("json", "parquet", "csv", "summary"):
        assert str(served.store.root).encode() not in client.get(f"{address}/files/{form}").content


def test_every_frame_is_exported_where_that_is_known(
    served: Served, client: httpx.Client, session: str, tmp_path: Path
) -> None:
    with served.store.begin("wall", source="w.mp4", kind="video") as writer:
        for frame in range(4):
            writer.progress(frame + 1, 0, frame / 25)
    address = f"/api/sessions/{writer.id}/files"
    assert len(client.get(f"{address}/csv").text.splitlines()) == 1
    rows = list(csv.DictReader(io.StringIO(client.get(f"{address}/csv?every_frame=true").text)))
    assert [(row["frame"], row["time_s"], row["face_id"]) for row in rows] == [
        (str(frame), f"{frame / 25:.6f}", "") for frame in range(4)
    ]
    columns = client.get(f"{address}/json?every_frame=true").json()["samples"]
    assert columns["valence"] == [None] * 4
    parquet = tmp_path / "x.parquet"
    parquet.write_bytes(client.get(f"{address}/parquet?every_frame=true").content)
    assert pyarrow.parquet.read_table(parquet)["time_s"].to_pylist() == columns["time_s"]

    with served.store.begin("old", source="o.mp4", kind="video") as old:
        old.progress(5, 0, 0.2)
    for form in ("csv", "json", "parquet"):
        refused = client.get(f"/api/sessions/{old.id}/files/{form}?every_frame=true")
        assert refused.status_code == 422 and "does not know when" in refused.json()["detail"]
    assert client.get(f"/api/sessions/{session}/files/csv?every_frame=maybe").status_code == 422


def test_tags_are_kept_once_and_bounded(client: httpx.Client, session: str) -> None:
    where = f"/api/sessions/{session}"
    tagged = client.patch(where, json={"tags": ["Room  B", "pilot", "PILOT", " "]}).json()
    assert tagged["tags"] == ["PILOT", "Room B"]
    assert client.patch(where, json={"name": "Another"}).json()["tags"] == ["PILOT", "Room B"], "as they were"
    assert (
        client.get(where).json()["tags"]
        == client.get("/api/sessions").json()[0]["tags"]
        == ["PILOT", "Room B"]
    )
    for bad in (["x" * 51], ["x"] * 21, "pilot"):
        assert client.patch(where, json={"tags": bad}).status_code == 422
    assert client.patch(where, json={"tags": []}).json()["tags"] == []


def test_many_sessions_come_as_one_zip(served: Served, client: httpx.Client) -> None:
    ids = [stored(served.store, name) for name in ("first ad", "second ad")]
    answer = client.post("/api/sessions/archive", json={"sessions": [*ids, ids[0]]})
    with ZipFile(io.BytesIO(answer.content)) as got:
        assert got.namelist() == [f"{one}/{file}" for one in ids for file in ("valence.csv", "summary.json")]
        for one in ids:
            assert got.read(f"{one}/valence.csv") == client.get(f"/api/sessions/{one}/files/csv").content
            summary = json.loads(got.read(f"{one}/summary.json"))
            assert summary["session"] == one and "films/" in summary["input"]
    assert client.post("/api/sessions/archive", json={"sessions": [ids[0], "nobody"]}).status_code == 404
    assert client.post("/api/sessions/archive", json={"sessions": []}).status_code == 422
