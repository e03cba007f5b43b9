"""What the queue of analyses keeps on disk, so that it survives a restart.

An upload waits in `<sessions>/.uploads/<job>/` together with `job.json`. Once it is analysed both move
into its session's folder (as `recording.*` and `upload.json`), so that who deletes the session deletes them.

`job.json` is there from the first byte and names the process that took the upload in: another server on the
same sessions folder leaves it to that one for as long as it runs.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from results.sessions.owner import Owner, this_process

UPLOADS = ".uploads"
_WAITING = "job.json"
_DONE = "upload.json"


class Status(StrEnum):
    """Where an analysis stands. QUEUED leads to RUNNING, that to DONE or FAILED; a restart leads back."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """One upload and what became of it."""

    id: str
    input: str
    """The file's name as the person who sent it knows it."""
    created: str
    """ISO 8601, with a zone."""
    status: Status = Status.QUEUED
    file: str = ""
    """The file's name on this disk."""
    session: str | None = None
    error: str | None = None
    """What to tell the person; for FAILED only."""
    no_face: bool = False
    """It failed because nobody is to be seen: another file may do better."""
    attempts: int = 0
    """How often its analysis was begun."""


class Journal:
    """Jobs and uploads under the sessions folder `root`. What is missing or unreadable is left out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uploads = root / UPLOADS

    def new(self) -> tuple[str, Path]:
        """A new job's id and its folder, which exists and is this process's."""
        job_id = secrets.token_hex(8)
        folder = self.folder(job_id)
        folder.mkdir(parents=True)
        _write(folder / _WAITING, {"owner": asdict(this_process())})
        return job_id, folder

    def folder(self, job_id: str) -> Path:
        return self.uploads / job_id

    def file(self, job: Job) -> Path:
        """The upload itself, while it waits."""
        return self.folder(job.id) / job.file

    def save(self, job: Job) -> None:
        """Write the job down as this process's, or in its session's folder once it is done."""
        if job.status is Status.DONE and job.session is not None:
            _write(self.root / job.session / _DONE, asdict(job))
        else:
            _write(self.folder(job.id) / _WAITING, {**asdict(job), "owner": asdict(this_process())})

    def keep(self, job: Job, folder: Path) -> Path:
        """Put the upload into its session's `folder` too, and return its path there.

        The upload stays until `discard`: if the process ends in between, the analysis begins again.
        """
        folder.mkdir(parents=True, exist_ok=True)
        source = self.file(job)
        path = folder / f"recording{source.suffix.lower()}"
        path.unlink(missing_ok=True)
        try:
            os.link(source, path)
        except OSError:  # a file system without hard links
            shutil.copy2(source, path)
        return path

    def discard(self, job_id: str) -> None:
        """Remove the upload and the job's folder; a job in its session's folder stays."""
        shutil.rmtree(self.folder(job_id), ignore_errors=True)

    def discard_file(self, job: Job) -> None:
        """Remove the upload, keep the job."""
        self.file(job).unlink(missing_ok=True)

    def is_kept(self, job: Job) -> bool:
        """Whether a finished job's session is still there."""
        return job.session is not None and (self.root / job.session / _DONE).exists()

    def load(self) -> list[Job]:
        """All jobs but those of other servers that run, oldest first; from now on they are this process's.

        Uploads that were cut off by the end of their process are removed.
        """
        jobs = [_job(_read(path)) for path in self.root.glob(f"*/{_DONE}")]
        for folder in self.uploads.glob("*"):
            content = _read(folder / _WAITING)
            if _is_elsewhere(content):
                continue
            job = _job(content)
            if job is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                self.save(job)
            jobs.append(job)
        return sorted((job for job in jobs if job is not None), key=lambda job: (job.created, job.id))


def _write(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def _read(path: Path) -> dict[str, Any]:
    """What is written there; nothing where it is missing or unreadable."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _job(content: dict[str, Any]) -> Job | None:
    try:
        values = {name: value for name, value in content.items() if name != "owner"}
        return Job(**{**values, "status": Status(content["status"])})
    except (ValueError, KeyError, TypeError):
        return None


def _is_elsewhere(content: dict[str, Any]) -> bool:
    """Whether another process has the job and runs. Of another host's nobody knows: it counts as ended."""
    try:
        owner = Owner(**content["owner"])
    except (KeyError, TypeError):
        return False
    return owner != this_process() and owner.alive() is True
