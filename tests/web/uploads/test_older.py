"""Uploads on disk: whose they are while several servers share a sessions folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from web.uploads.journal import Job, Journal, Status

from inference import ValenceModel
from tests import ROOT
from tests.web import asking
from tests.web.serving import SAMPLE, free_port, process
from tests.web.uploading import files_below, outcome, send, taking_uploads


@contextmanager
def elsewhere(program: str, root: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `program` with a journal of `root`, prints "ready", and stays."""
    code = f"""
import sys
from pathlib import Path
from web.uploads.journal import Job, Journal
journal = Journal(Path(sys.argv[1]))
{program}
print("ready", flush=True)
sys.stdin.read()
"""
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None and running.stdin is not None
        assert running.stdout.readline() == "ready\n"
        yield running
    finally:
        running.kill()
        running.communicate()


def test_a_running_servers_uploads_are_left_to_it(tmp_path: Path) -> None:
    program = """
job_id, _folder = journal.new()
journal.save(Job(id=job_id, input="a.mp4", created="2026-11-22T12:00:00Z"))
_, arriving = journal.new()
(arriving / "b.mp4").write_bytes(b"half of it")
"""
    journal = Journal(tmp_path)
    with elsewhere(program, tmp_path):
        before = files_below(tmp_path)
        assert len(before) == 3
        assert journal.load() == []
        assert files_below(tmp_path) == before

    (job,) = journal.load()
    assert job.input == "a.mp4" and job.status is Status.QUEUED
    assert files_below(tmp_path) == {f".uploads/{job.id}/job.json"}, "what was cut off is gone"


def test_who_takes_an_ended_servers_uploads_keeps_them(tmp_path: Path) -> None:
    program = 'journal.save(Job(id=journal.new()[0], input="a.mp4", created="2026-11-22T12:00:00Z"))'
    with elsewhere(program, tmp_path):
        pass

    with elsewhere("assert len(journal.load()) == 1", tmp_path):
        assert Journal(tmp_path).load() == []


def test_jobs_without_an_owner_are_taken(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    job_id, folder = journal.new()
    journal.save(Job(id=job_id, input="a.mp4", created="2026-11-22T12:00:00Z"))
    content = json.loads((folder / "job.json").read_text())
    del content["owner"]
    (folder / "job.json").write_text(json.dumps(content))

    assert [job.id for job in journal.load()] == [job_id]


@pytest.mark.slow
def test_a_second_server_leaves_the_firsts_queue_alone(tmp_path: Path, model: ValenceModel) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process(tmp_path, port):
        jobs = send(url, SAMPLE, SAMPLE)
        with taking_uploads(tmp_path, model) as second:
            assert asking.get(f"{second.url}/api/analyses").json() == []
            done = [outcome(url, job, 240) for job in jobs]
            assert [job["status"] for job in done] == ["done", "done"]
            assert {one.id for one in second.store.sessions()} == {job["session"] for job in done}


def test_a_file_called_as_the_journals_own_is_only_a_bad_file(tmp_path: Path, model: ValenceModel) -> None:
    (tmp_path / "job.json").write_text("{}")
    with taking_uploads(tmp_path / "sessions", model) as served:
        (job,) = send(served.url, tmp_path / "job.json")
        assert "not a video" in outcome(served.url, job)["error"]
