"""Uploads over HTTP: what comes in, waits, is analysed, survives, and goes."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import struct
import threading
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from analysis.workers import Workers
from inference import ValenceModel
from results import State, Store, write_folder
from tests.web import asking
from tests.web.serving import SAMPLE, Served, free_port, process, wait_until
from tests.web.uploading import NO_FACE, ONE_FACE, files_below, numbered_clip, outcome, send, taking_uploads
from web.uploads.analyses import Progress
from web.uploads.receiving import ReceiveError, disk_name, receive, shown_name


@pytest.fixture
def server(tmp_path: Path, model: ValenceModel) -> Iterator[Served]:
    with taking_uploads(tmp_path / "sessions", model) as served:
        yield served


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "Gespräch über Werbung (1).mp4"
    numbered_clip(path, frames=45)
    return path


def test_several_files_in_one_go_become_sessions(server: Served, clip: Path) -> None:
    jobs = send(server.url, clip, NO_FACE, ONE_FACE)
    assert [job["input"] for job in jobs] == [clip.name, NO_FACE.name, ONE_FACE.name]
    assert {job["status"] for job in jobs} <= {"queued", "running"}

    video, nobody, image = (outcome(server.url, job) for job in jobs)
    assert video["status"] == image["status"] == "done"
    assert video["progress"] == 1 and video["error"] is None
    assert nobody["status"] == "failed" and nobody["session"] is None
    assert "choose another image or video" in nobody["error"]

    session = server.store.get(video["session"])
    assert session.state is State.DONE and session.name == clip.stem and session.frames == 45
    recording = Path(session.files["recording"])
    assert recording.read_bytes() == clip.read_bytes()
    assert recording.parent == server.store.folder(session.id)
    assert asking.get(f"{server.url}/api/sessions/{session.id}").json()["input"] == clip.name
    assert session.source == clip.name, "people know the file by its name, not by where it waited"
    written = json.loads((server.store.folder(session.id) / "summary.json").read_text())
    assert written["input"] == clip.name and ".uploads" not in json.dumps(written)
    assert {s.id for s in server.store.sessions()} == {video["session"], image["session"]}
    kept = {Path(name).parts[0] for name in files_below(server.store.root)}
    assert kept == {video["session"], image["session"]}, "nothing of the one without a face"


def test_events_follow_an_analysis_to_its_end(server: Served) -> None:
    (job,) = send(server.url, SAMPLE)
    seen: list[dict[str, Any]] = []
    with asking.stream("GET", f"{server.url}/api/analyses/{job['id']}/events", timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: ")))
    progress = [event["progress"] for event in seen]
    assert progress == sorted(progress) and progress[-1] == 1
    assert any(0 < share < 1 for share in progress)
    assert any(event["fps"] > 0 and event["left_s"] is not None for event in seen)
    assert seen[-1]["status"] == "done" and seen[-1]["session"]


@pytest.mark.parametrize(
    ("sent", "shown", "kept"),
    [
        ("../../etc/passwd.mp4", "passwd.mp4", "passwd.mp4"),
        ("C:\\films\\a.avi", "a.avi", "a.avi"),
        ("Müller: Teil 1?.MP4", "Müller: Teil 1?.MP4", "Müller- Teil 1-.mp4"),
        ("..", "..", "upload"),
        ("", "upload", "upload"),
        ("a\x00b\n.jpg", "ab.jpg", "ab.jpg"),
        (".mp4", ".mp4", "upload.mp4"),
        ("job.json", "job.json", "upload job.json"),
        ("CON.mp4", "CON.mp4", "upload CON.mp4"),  # Windows means devices by these, whatever follows
        ("aux", "aux", "upload aux"),
        ("com1.cam.mp4", "com1.cam.mp4", "upload com1.cam.mp4"),
        ("lpt¹.mp4", "lpt¹.mp4", "upload lpt¹.mp4"),
        ("console.mp4", "console.mp4", "console.mp4"),
        ("ü" * 300 + ".mp4", "ü" * 200, "ü" * 50),
    ],
)
def test_names_are_made_safe_and_stay_readable(sent: str, shown: str, kept: str) -> None:
    assert shown_name(sent) == shown
    assert disk_name(shown_name(sent)) == kept


def test_a_name_with_a_path_stays_in_the_folder(server: Served) -> None:
    files = {"file": ("../../../../tmp/Ödön & Co.jpg", ONE_FACE.read_bytes())}
    (job,) = asking.post(f"{server.url}/api/analyses", files=files).json()
    assert job["input"] == "Ödön & Co.jpg"
    done = outcome(server.url, job)
    assert server.store.get(done["session"]).name == "Ödön & Co"


def test_a_file_over_the_limit_is_refused_as_soon_as_it_is_over(tmp_path: Path, model: ValenceModel) -> None:
    taken = 0

    def body() -> Iterator[bytes]:
        nonlocal taken
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="long.mp4"\r\n\r\n'
        for _ in range(3000):  # 300 MB
            taken += 1
            yield bytes(100_000)
        yield b"\r\n--b--\r\n"

    with taking_uploads(tmp_path, model, limit=1_000_000) as served:
        assert asking.get(f"{served.url}/api/analyses/limits").json() == {"file_bytes": 1_000_000}
        kind = {"content-type": "multipart/form-data; boundary=b"}
        try:
            answer = asking.post(f"{served.url}/api/analyses", content=body(), headers=kind)
        except httpx.TransportError:  # the server hung up while the rest was still being sent
            pass
        else:
            assert answer.status_code == 413
            assert "long.mp4 is larger than 976.6 KB" in answer.json()["detail"]
        assert taken < 1500
        assert files_below(tmp_path) == set()
        assert asking.get(f"{served.url}/api/analyses").json() == []
        (small,) = send(served.url, ONE_FACE)
        assert outcome(served.url, small)["status"] == "done"


def huge_png(path: Path, side: int) -> Path:
    """A valid header of a picture of side x side pixels, and hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    return path


def test_bad_files_fail_with_a_clear_sentence_and_leave_nothing(server: Served, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    text = tmp_path / "notes.docx"
    text.write_bytes(b"PK\x03\x04 not a video at all" * 100)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(SAMPLE.read_bytes()[:2000])
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(ONE_FACE.read_bytes()[:300])
    huge = huge_png(tmp_path / "huge.png", 60_000)
    jobs = send(server.url, empty, text, cut, broken, huge)
    errors = [outcome(server.url, job) for job in jobs]
    assert [job["status"] for job in errors] == ["failed"] * 5
    says = ("file is empty", "not a video", "", "not a picture that can be read", "60000x60000 pixels")
    for job, text in zip(errors, says, strict=True):
        assert job["error"] and text in job["error"], job
    assert str(server.store.root) not in json.dumps(errors)
    assert server.store.sessions() == []
    assert files_below(server.store.root) == set()
    for job in jobs:
        assert asking.delete(f"{server.url}/api/analyses/{job['id']}").status_code == 204
    assert files_below(server.store.root) == set()
    assert asking.get(f"{server.url}/health").status_code == 200


@pytest.mark.parametrize(
    ("kind", "body", "status", "says"),
    [
        ("application/json", b"{}", 400, "multipart/form-data"),
        ("multipart/form-data", b"x", 400, "multipart/form-data"),
        ("multipart/form-data; boundary=b", b"nonsense", 400, "cannot be read"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422, "no file"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nhalf of',
            400,
            "broke off",
        ),
    ],
)
def test_malformed_uploads_are_refused(
    server: Served, kind: str, body: bytes, status: int, says: str
) -> None:
    answer = asking.post(f"{server.url}/api/analyses", content=body, headers={"content-type": kind})
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text
    assert files_below(server.store.root) == set()


def test_a_full_disk_is_said_and_nothing_stays(
    server: Served, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(server.store.root)
    monkeypatch.setattr("web.uploads.room.shutil.disk_usage", lambda _path: usage._replace(free=1000))
    answer = asking.post(f"{server.url}/api/analyses", files={"file": ("a.mp4", clip.read_bytes())})
    assert answer.status_code == 507 and "no room" in answer.json()["detail"]
    assert files_below(server.store.root) == set()


async def test_a_disk_that_fills_up_while_a_file_comes_in(tmp_path: Path) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + bytes(100)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ReceiveError, match="disk is full") as caught:
        await receive(body(), "multipart/form-data; boundary=b", lambda: tmp_path, 1000, lambda _size: None)
    assert caught.value.status == 507


class Slow:
    """An analysis that waits, frame after frame, until it is let go."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go = threading.Event()
        self.inputs: list[str] = []

    def __call__(self, path: Path, progress: Progress) -> dict[str, Any]:
        self.inputs.append(path.name)
        self.began.set()
        frame = 0
        while not self.go.wait(0.01):
            frame += 1
            progress(frame, 100_000, frame / 30)
        return {"faces": [], "session": "none"}


def test_waiting_and_running_analyses_can_be_cancelled(tmp_path: Path, model: ValenceModel) -> None:
    slow = Slow()
    with taking_uploads(tmp_path, model, slow) as served:
        first, second, third = send(served.url, ONE_FACE, NO_FACE, SAMPLE)
        assert slow.began.wait(10)
        assert asking.get(f"{served.url}/api/analyses/{third['id']}").json()["ahead"] == 2
        assert asking.delete(f"{served.url}/api/analyses/{second['id']}").status_code == 204
        assert asking.delete(f"{served.url}/api/analyses/{first['id']}").status_code == 204
        wait_until(lambda: slow.inputs == [ONE_FACE.name, SAMPLE.name], 10)
        assert [job["id"] for job in asking.get(f"{served.url}/api/analyses").json()] == [third["id"]]
        wait_until(lambda: {Path(f).parts[1] for f in files_below(tmp_path)} == {third["id"]}, 10)
        assert asking.get(f"{served.url}/api/analyses/{first['id']}").status_code == 404


def test_who_cancels_at_the_last_moment_has_nothing_left(
    tmp_path: Path, model: ValenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with taking_uploads(tmp_path, model) as served:
        cancelled: list[int] = []

        def late(store: Store, session: str, **files: Path) -> object:
            written = write_folder(store, session, **files)
            (job,) = asking.get(f"{served.url}/api/analyses").json()
            cancelled.append(asking.delete(f"{served.url}/api/analyses/{job['id']}").status_code)
            return written

        monkeypatch.setattr("web.uploads.analyses.write_folder", late)
        send(served.url, ONE_FACE)
        wait_until(lambda: cancelled == [204] and served.store.sessions() == [], 60)
        assert asking.get(f"{served.url}/api/analyses").json() == []
        wait_until(lambda: files_below(tmp_path) == set(), 10)


def test_a_stopped_server_goes_on_where_it_was(tmp_path: Path, model: ValenceModel) -> None:
    slow = Slow()
    with taking_uploads(tmp_path, model, slow) as served:
        running, waiting = send(served.url, ONE_FACE, ONE_FACE)
        assert slow.began.wait(10)
    with taking_uploads(tmp_path, model) as served:
        done = [outcome(served.url, job) for job in (running, waiting)]
        assert [job["status"] for job in done] == ["done", "done"]
        assert {s.id for s in served.store.sessions()} == {job["session"] for job in done}
    with taking_uploads(tmp_path, model) as served:
        assert [outcome(served.url, job)["session"] for job in (running, waiting)] == [
            job["session"] for job in done
        ]


def test_a_killed_server_begins_the_analysis_again(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process(folder, port) as server:
        (job,) = send(url, SAMPLE)
        wait_until(lambda: asking.get(f"{url}/api/analyses/{job['id']}").json()["frames"] > 60, 60)
        os.kill(server.pid, signal.SIGKILL)
        server.wait(10)
    with Store(folder) as store:
        (half,) = store.sessions()
        assert half.state is State.INTERRUPTED
    with process(folder, port):
        done = outcome(url, job)
        assert done["status"] == "done"
        (listed,) = asking.get(f"{url}/api/sessions").json()
        assert listed["session"] == done["session"] and listed["frames"] == 360
    assert {Path(name).parts[0] for name in files_below(folder)} == {done["session"]}


def test_clean_stops_are_not_held_against_a_file(tmp_path: Path, model: ValenceModel) -> None:
    slow = Slow()
    job: dict[str, Any] = {}
    for attempt in range(4):
        slow.began.clear()
        with taking_uploads(tmp_path, model, slow) as served:
            if attempt == 0:
                (job,) = send(served.url, ONE_FACE)
            assert slow.began.wait(10)
    with taking_uploads(tmp_path, model) as served:
        assert outcome(served.url, job)["status"] == "done"


def test_a_file_that_kills_its_worker_twice_is_set_aside(tmp_path: Path, model: ValenceModel) -> None:
    killed: set[int] = set()

    def kill(path: Path, progress: Progress) -> dict[str, Any]:
        if path.name == ONE_FACE.name:
            return {"faces": [], "session": "none"}
        with Workers(1) as workers:
            killed.add(workers.run(os.getpid))
            workers.run(end_this_process)
        raise AssertionError("it went on")

    with taking_uploads(tmp_path, model, kill) as served:
        bad, good = send(served.url, NO_FACE, ONE_FACE)
        error = outcome(served.url, bad)["error"]
        assert "2 times, so it is set aside" in error and len(killed) == 2
        assert outcome(served.url, good)["no_face"], "the queue goes on"
        assert files_below(tmp_path) == {f".uploads/{bad['id']}/{NO_FACE.name}"}
        assert str(Path(tmp_path.name) / ".uploads" / bad["id"]) in error
        assert asking.delete(f"{served.url}/api/analyses/{bad['id']}").status_code == 204
        assert files_below(tmp_path) == set()


def end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_fault_of_ours_is_told_and_the_queue_goes_on(
    tmp_path: Path, model: ValenceModel, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(path: Path, _progress: Progress) -> dict[str, Any]:
        raise RuntimeError(f"a bug with {path}")

    with taking_uploads(tmp_path, model, faulty) as served:
        outcomes = [outcome(served.url, job) for job in send(served.url, ONE_FACE, ONE_FACE)]
    assert [job["error"] for job in outcomes] == [
        "The analysis failed unexpectedly; the server's log says more."
    ] * 2
    assert "a bug with" in caplog.text


def test_deleting_the_session_leaves_nothing_of_the_upload(server: Served) -> None:
    (job,) = send(server.url, ONE_FACE)
    session = outcome(server.url, job)["session"]
    assert files_below(server.store.root)
    assert asking.delete(f"{server.url}/api/analyses/{job['id']}").status_code == 409
    assert asking.delete(f"{server.url}/api/sessions/{session}").status_code == 204
    assert files_below(server.store.root) == set()
    assert not (server.store.root / session).exists()
    assert asking.get(f"{server.url}/api/analyses").json() == []
    database = b"".join(path.read_bytes() for path in server.store.root.glob("valence.db*"))
    assert session.encode() not in database and ONE_FACE.stem.encode() not in database


def test_two_people_at_once(server: Served, clip: Path) -> None:
    results: list[dict[str, Any]] = []

    def person(path: Path) -> None:
        results.append(outcome(server.url, send(server.url, path)[0]))

    people = [threading.Thread(target=person, args=(path,)) for path in (clip, ONE_FACE, clip)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert [job["status"] for job in results] == ["done"] * 3
    assert len({job["session"] for job in results}) == 3
