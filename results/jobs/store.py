"""The queue of jobs, in the database: any number of servers take from it, and each job is one server's at a
time.

A job is claimed by its row: of two servers that want it, the one whose UPDATE finds it waiting has it. The
row then names the owner, which gives a sign of life every few seconds; the jobs of an owner that is gone wait
again. What an owner writes of a job is written only as long as it is still the owner.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Update, and_, delete, insert, select, update

from results.database.engine import Database
from results.database.schema import JobRow, SessionRow
from results.jobs.records import Beat, Job, Status
from results.sessions.owner import Owner, this_process

GIVEN_UP_AFTER = timedelta(seconds=30)
"""A job whose owner on another host gave no sign of life for this long waits again."""
_NOBODY: dict[str, Any] = {"owner_host": None, "owner_pid": None, "owner_started": None, "heartbeat": None}
_PROGRESS_NONE: dict[str, Any] = {"frames": 0, "frames_expected": None, "fps": 0.0}


class Jobs:
    """The jobs of a database. Methods raise StoreError when it cannot be used."""

    def __init__(self, database: Database, owner: Owner | None = None) -> None:
        self._database = database
        self._owner = owner or this_process()

    # What comes in

    def receive(self) -> str:
        """A new job whose file is about to come; its id."""
        job_id = secrets.token_hex(8)
        now = datetime.now(UTC)
        values = {"id": job_id, "input": "", "file": "", "created": now, "status": Status.RECEIVING.value}
        self._write(insert(JobRow).values(values | self._mine()))
        return job_id

    def queue(self, files: Mapping[str, tuple[str, str]]) -> list[Job]:
        """Let jobs wait whose files have come: by id the file's name for people and on the disk, all or
        none.
        """
        now = datetime.now(UTC)
        with self._database.write() as connection:
            for number, (job_id, (name, file)) in enumerate(files.items()):
                values = {"input": name, "file": file, "created": now + timedelta(microseconds=number)}
                connection.execute(
                    update(JobRow).where(JobRow.id == job_id).values(values | _waiting()).values(deaths=0)
                )
        return [job for job_id in files if (job := self.get(job_id)) is not None]

    def adopt(self, jobs: Iterable[Job]) -> None:
        """Take over jobs that an older version kept elsewhere; those that are known already stay as they
        are.
        """
        with self._database.write() as connection:
            for job in jobs:
                known = connection.execute(select(JobRow.key).where(JobRow.id == job.id)).first()
                session = select(SessionRow.key).where(SessionRow.id == job.session)
                key = connection.execute(session).scalar_one_or_none() if job.session else None
                if known is not None or (job.status is Status.DONE and key is None):
                    continue
                values = {
                    "id": job.id,
                    "input": job.input,
                    "file": job.file,
                    "created": job.created,
                    "status": job.status.value,
                    "session_key": key,
                    "error": job.error,
                    "no_face": job.no_face,
                }
                connection.execute(insert(JobRow).values(values))

    # What is looked at

    def get(self, job_id: str) -> Job | None:
        """One job; None where there is none of that id whose file has come."""
        found = self._select(JobRow.id == job_id)
        return found[0] if found else None

    def all(self) -> list[Job]:
        """All jobs whose files have come, oldest first. A done one goes with its session."""
        return self._select()

    def owns(self, job_id: str) -> bool:
        """Whether the job is the caller's."""
        with self._database.read() as connection:
            return connection.execute(select(JobRow.key).where(*self._is_own(job_id))).first() is not None

    # What is done

    def claim(self, here: Callable[[Job], bool]) -> Job | None:
        """The next job that waits and whose file is `here`, from now on the caller's; None where there is
        none.
        """
        for job in self._select(JobRow.status == Status.QUEUED.value):
            if not here(job):
                continue  # it is for a server that shares that one's sessions folder
            values = {"status": Status.RUNNING.value, **_PROGRESS_NONE, **self._mine()}
            taken = update(JobRow).where(JobRow.id == job.id, JobRow.status == Status.QUEUED.value)
            if self._write(taken.values(values)):
                return job
        return None

    def beat(self, running: Mapping[str, Beat], receiving: Iterable[str] = ()) -> set[str]:
        """A sign of life; returns which of them are not the caller's any more: removed, or taken over."""
        lost: set[str] = set()
        now = datetime.now(UTC)
        with self._database.write() as connection:
            for job_id, beat in running.items():
                values = {
                    "heartbeat": now,
                    "frames": beat.frames,
                    "frames_expected": beat.frames_expected,
                    "fps": beat.fps,
                }
                if not connection.execute(self._own(job_id).values(values)).rowcount:
                    lost.add(job_id)
            for job_id in receiving:
                connection.execute(self._own(job_id).values(heartbeat=now))
        return lost

    def done(self, job_id: str, session: str) -> bool:
        """The job is done; False where it is not the caller's any more, and nothing was written."""
        key = select(SessionRow.key).where(SessionRow.id == session).scalar_subquery()
        values = {"status": Status.DONE.value, "session_key": key, **_NOBODY}
        return self._write(self._own(job_id).values(values))

    def fail(self, job_id: str, error: str, *, no_face: bool = False) -> bool:
        """The job has failed; `error`: for the person who sent it. False as in `done`."""
        values = {"status": Status.FAILED.value, "error": error, "no_face": no_face, **_NOBODY}
        return self._write(self._own(job_id).values(values))

    def give_back(self, job_id: str, *, died: bool = False) -> bool:
        """The job waits again; `died`: the process that analysed it ended by its fault. False as in
        `done`.
        """
        values = _waiting()
        if died:
            values["deaths"] = JobRow.deaths + 1
        return self._write(self._own(job_id).values(values))

    def remove(self, job_id: str) -> None:
        self._write(delete(JobRow).where(JobRow.id == job_id))

    def take_over(self) -> list[str]:
        """Let the jobs of owners that are gone wait again; returns the ids of those whose files never
        came.
        """
        cut_off = []
        under_way = JobRow.status.in_((Status.RECEIVING.value, Status.RUNNING.value))
        with self._database.read() as connection:
            rows = connection.execute(select(JobRow).where(under_way)).fetchall()
        for row in filter(_is_abandoned, rows):
            seen = and_(JobRow.key == row.key, JobRow.heartbeat == row.heartbeat)
            if row.status == Status.RECEIVING.value:
                if self._write(delete(JobRow).where(seen)):
                    cut_off.append(row.id)
            else:
                self._write(update(JobRow).where(seen).values(_waiting()))
        return cut_off

    def known(self) -> set[str]:
        """The ids of all jobs, those whose files are still coming included."""
        with self._database.read() as connection:
            return set(connection.execute(select(JobRow.id)).scalars())

    # What is common

    def _select(self, *conditions: ColumnElement[bool]) -> list[Job]:
        query = select(JobRow, SessionRow.id.label("session")).outerjoin(
            SessionRow, SessionRow.key == JobRow.session_key
        )
        query = query.where(JobRow.status != Status.RECEIVING.value, *conditions)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(JobRow.created, JobRow.key)).fetchall()
        return [_job(row) for row in rows]

    def _write(self, statement: Any) -> bool:
        """Whether it found a row."""
        with self._database.write() as connection:
            return bool(connection.execute(statement).rowcount)

    def _mine(self) -> dict[str, Any]:
        owner = self._owner
        return {
            "owner_host": owner.host,
            "owner_pid": owner.pid,
            "owner_started": owner.started,
            "heartbeat": datetime.now(UTC),
        }

    def _own(self, job_id: str) -> Update:
        return update(JobRow).where(*self._is_own(job_id))

    def _is_own(self, job_id: str) -> tuple[ColumnElement[bool], ...]:
        owner = self._owner
        return (
            JobRow.id == job_id,
            JobRow.owner_host == owner.host,
            JobRow.owner_pid == owner.pid,
            JobRow.owner_started == owner.started,
        )


def _waiting() -> dict[str, Any]:
    return {"status": Status.QUEUED.value, **_PROGRESS_NONE, **_NOBODY}


def _is_abandoned(row: Row[Any]) -> bool:
    if row.owner_host is None:
        return True
    alive = Owner(row.owner_host, row.owner_pid, row.owner_started).alive()
    return alive is False or (alive is None and datetime.now(UTC) - row.heartbeat > GIVEN_UP_AFTER)


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        input=row.input,
        created=row.created,
        status=Status(row.status),
        file=row.file,
        session=row.session,
        error=row.error,
        no_face=row.no_face,
        deaths=row.deaths,
        frames=row.frames,
        frames_expected=row.frames_expected,
        fps=row.fps,
    )
