"""What an older version noted in files is taken over into the table of jobs; and servers beside one
another.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from inference import ValenceModel
from results import Store
from results.sessions.owner import this_process
from tests.web import asking
from tests.web.serving import SAMPLE, free_port, process, wait_until
from tests.web.uploading import ONE_FACE, files_below, outcome, send, taking_uploads
from web.uploads.analyses import Progress


def noted(folder: Path, **values: Any) -> None:
    """A job as the version before the table wrote it down."""
    folder.mkdir(parents=True)
    content = {
        "id": folder.name,
        "input": "Anna.jpg",
        "created": "2026-11-22T12:00:00.123+00:00",
        "status": "queued",
        "file": "Anna.jpg",
        "session": None,
        "error": None,
        "no_face": False,
        "attempts": 1,
    }
    (folder / "job.json").write_text(json.dumps({**content, **values}))


def test_the_journal_of_an_older_version_is_taken_over(tmp_path: Path, model: ValenceModel) -> None:
    root = tmp_path / "sessions"
    for job_id, status in (("aa", "queued"), ("bb", "running"), ("cc", "failed")):
        noted(
            root / ".uploads" / job_id, status=status, error="It was broken." if status == "failed" else None
        )
    for job_id in ("aa", "bb"):
        (root / ".uploads" / job_id / "Anna.jpg").write_bytes(ONE_FACE.read_bytes())
    with Store(root) as store, store.begin("old", source="old.mp4", kind="video") as writer:
        pass
    done = {"id": "dd", "input": "old.mp4", "created": "2026-11-21T12:00:00+00:00", "status": "done"}
    (root / writer.id).mkdir()
    (root / writer.id / "upload.json").write_text(json.dumps({**done, "session": writer.id}))

    with taking_uploads(root, model) as served:
        listed = {job["id"]: job for job in asking.get(f"{served.url}/api/analyses").json()}
        assert listed.keys() == {"aa", "bb", "cc", "dd"}
        assert listed["cc"]["error"] == "It was broken." and listed["dd"]["session"] == writer.id
        assert [outcome(served.url, {"id": job_id})["status"] for job_id in ("aa", "bb")] == ["done", "done"]
        assert not any("job.json" in name or "upload.json" in name for name in files_below(root))
    with taking_uploads(root, model) as served:
        assert {job["id"] for job in asking.get(f"{served.url}/api/analyses").json()} == listed.keys()


def test_the_journal_of_an_older_server_that_still_runs_is_left_to_it(
    tmp_path: Path, model: ValenceModel
) -> None:
    owner = {"host": this_process().host, "pid": os.getppid(), "started": ""}
    owner["started"] = _started(os.getppid())
    noted(tmp_path / ".uploads" / "aa", owner=owner)
    with taking_uploads(tmp_path, model) as served:
        assert asking.get(f"{served.url}/api/analyses").json() == []
    assert files_below(tmp_path) == {".uploads/aa/job.json"}


def _started(pid: int) -> str:
    from results.sessions.owner import _start_of

    return _start_of(pid) or ""


def test_what_is_no_journal_is_left_alone(tmp_path: Path, model: ValenceModel) -> None:
    folder = tmp_path / ".uploads" / "aa"
    folder.mkdir(parents=True)
    for content in ("", "[]", '{"status": "nonsense"}', '{"status": "queued"}'):
        (folder / "job.json").write_text(content)
        with taking_uploads(tmp_path, model) as served:
            assert asking.get(f"{served.url}/api/analyses").json() == []
        assert (folder / "job.json").read_text() == content


class Held:
    """An analysis that waits until it may go on."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, path: Path, progress: Progress) -> dict[str, Any]:
        self.began.set()
        while not self.go.wait(0.01):
            progress(1, 10, 0.1)
        return {"faces": [], "session": "none"}


@pytest.mark.slow
def test_two_servers_share_a_queue_and_one_takes_over_from_the_other(
    tmp_path: Path, model: ValenceModel
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    held = Held()
    with process(tmp_path, port) as other, taking_uploads(tmp_path, model, held) as served:
        (mine,) = send(served.url, ONE_FACE)
        wait_until(lambda: held.began.is_set() or outcome_now(url, mine) == "done", 60)
        others = send(url, SAMPLE, SAMPLE)
        listed = [asking.get(f"{one}/api/analyses").json() for one in (url, served.url)]
        assert {job["id"] for job in listed[0]} == {job["id"] for job in listed[1]}, "both show all"
        wait_until(lambda: "running" in {outcome_now(url, job) for job in others}, 60)
        os.kill(other.pid, signal.SIGKILL)
        other.wait(10)
        held.go.set()
        ends = [outcome(served.url, job) for job in others]
        assert {job["status"] for job in ends} <= {"done", "failed"}
        assert all(job["status"] == "done" or job["no_face"] for job in ends), "by the server that is left"
        sessions = {session.id for session in served.store.sessions()}
        finished = asking.get(f"{served.url}/api/analyses").json()
        assert sessions == {job["session"] for job in finished if job["session"]}, "and nothing half done"


def outcome_now(url: str, job: dict[str, Any]) -> str:
    return str(asking.get(f"{url}/api/analyses/{job['id']}").json()["status"])


def test_a_file_called_as_ours_once_was_is_only_a_bad_file(tmp_path: Path, model: ValenceModel) -> None:
    (tmp_path / "job.json").write_text("{}")
    with taking_uploads(tmp_path / "sessions", model) as served:
        (job,) = send(served.url, tmp_path / "job.json")
        assert "no image or video" in outcome(served.url, job)["error"]
