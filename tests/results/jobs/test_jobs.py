"""The queue of jobs: whose a job is, while servers come and go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from results import Beat, Job, Jobs, JobStatus, Store
from results.database.schema import JobRow
from results.sessions.owner import Owner, this_process
from tests import ROOT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "sessions") as opened:
        yield opened


def everywhere(_job: Job) -> bool:
    return True


def queued(jobs: Jobs, *names: str) -> list[Job]:
    return jobs.queue({jobs.receive(): (name, name) for name in names})


@contextmanager
def elsewhere(program: str, root: Path) -> Iterator[None]:
    """A process that runs `program` with the jobs of `root`, and stays."""
    code = f"""
import sys
from results import Jobs, Store
with Store(sys.argv[1]) as store:
    jobs = Jobs(store.database)
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
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        yield
    finally:
        running.kill()
        running.communicate()


def test_jobs_are_claimed_in_order_and_once(store: Store) -> None:
    jobs = Jobs(store.database)
    another = Jobs(store.database, replace(this_process(), pid=1, host="another"))
    first, second = queued(jobs, "a.mp4", "b.mp4")
    assert [job.input for job in jobs.all()] == ["a.mp4", "b.mp4"]
    claimed = [jobs.claim(everywhere), another.claim(everywhere), jobs.claim(everywhere)]
    assert [job and job.id for job in claimed] == [first.id, second.id, None]
    assert not jobs.fail(second.id, "not mine"), "what another one has is another one's"
    assert another.fail(second.id, "broken")
    assert [job.status for job in jobs.all()] == [JobStatus.RUNNING, JobStatus.FAILED]


def test_only_who_sees_the_file_takes_the_job(store: Store) -> None:
    jobs = Jobs(store.database)
    (job,) = queued(jobs, "a.mp4")
    assert jobs.claim(lambda _job: False) is None
    assert jobs.get(job.id) == job


def test_what_is_coming_in_is_not_listed_and_not_taken(store: Store) -> None:
    jobs = Jobs(store.database)
    job_id = jobs.receive()
    assert jobs.all() == [] and jobs.get(job_id) is None and jobs.claim(everywhere) is None
    assert jobs.take_over() == [], "its server runs"


def test_jobs_of_a_process_that_is_gone_wait_again(store: Store) -> None:
    jobs = Jobs(store.database)
    (job,) = queued(jobs, "a.mp4")
    with elsewhere("assert jobs.claim(lambda job: True); jobs.receive()", store.root):
        assert jobs.take_over() == [] and jobs.claim(everywhere) is None
    (cut_off,) = jobs.take_over()
    assert cut_off not in jobs.known()
    again = jobs.claim(everywhere)
    assert again is not None and again.id == job.id and again.deaths == 0


@pytest.mark.parametrize(("seconds", "taken"), [(5, False), (600, True)])
def test_another_hosts_jobs_wait_again_only_after_a_long_silence(
    store: Store, seconds: float, taken: bool
) -> None:
    jobs = Jobs(store.database)
    (job,) = queued(jobs, "a.mp4")
    another = Jobs(store.database, Owner("another-host", 7, "x"))
    assert another.claim(everywhere) is not None
    quiet = datetime.now(UTC) - timedelta(seconds=seconds)
    with store.database.write() as connection:
        connection.execute(update(JobRow).values(heartbeat=quiet))
    jobs.take_over()
    assert (jobs.claim(everywhere) is not None) is taken
    if taken:
        assert another.beat({job.id: Beat(5)}) == {job.id}, "it learns that the job is not its own any more"
        assert not another.done(job.id, "none")


def test_deaths_are_counted_and_stops_are_not(store: Store) -> None:
    jobs = Jobs(store.database)
    queued(jobs, "a.mp4")
    for died, deaths in ((False, 0), (True, 1), (False, 1), (True, 2)):
        job = jobs.claim(everywhere)
        assert job is not None and jobs.give_back(job.id, died=died)
        (job,) = jobs.all()
        assert job.deaths == deaths


def test_progress_is_seen_by_all_and_a_done_job_goes_with_its_session(store: Store) -> None:
    jobs = Jobs(store.database)
    queued(jobs, "a.mp4")
    job = jobs.claim(everywhere)
    assert job is not None
    assert jobs.beat({job.id: Beat(30, 300, 60.0)}) == set()
    (seen,) = Jobs(store.database).all()
    assert (seen.frames, seen.frames_expected, seen.fps) == (30, 300, 60.0)
    with store.begin("a", source="a.mp4", kind="video") as writer:
        pass
    assert jobs.done(job.id, writer.id)
    (seen,) = jobs.all()
    assert (seen.status, seen.session) == (JobStatus.DONE, writer.id)
    store.delete(writer.id)
    assert jobs.all() == []
